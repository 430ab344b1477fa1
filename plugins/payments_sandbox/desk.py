"""What all parts of the pretend vendor share: its time, one change at a time, keys that hold once, events."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

from aethex_live.clock import Clock
from aethex_live.db import Database
from aethex_live.ids import uuid7
from aethex_live.jobs import Jobs
from aethex_live.providers.payment_checks import check_key

from .errors import NAME, conflict
from .models import Key, Notice, State

PLUGIN = "payments_sandbox"
DELIVER = f"{PLUGIN}.deliver"
_ALONE = "select pg_advisory_xact_lock(hashtextextended('payments_sandbox', 0))"


class Desk:
    """Tools of one process; the truth is in the rows."""

    def __init__(self, db: Database, jobs: Jobs, clock: Clock) -> None:
        self.db = db
        self.clock = clock
        self._jobs = jobs

    @asynccontextmanager
    async def changing(self) -> AsyncIterator[None]:
        """A transaction that no other change of the sandbox meets: one lock for all, for nothing here is busy."""
        async with self.db.transaction():
            await self.db.fetch(_ALONE)
            yield

    async def now(self) -> datetime:
        """The sandbox's time: the site's, and what its clock was moved on."""
        state = await self.state()
        return self.clock.now() + timedelta(seconds=state.ahead_s)

    async def state(self) -> State:
        """The row about the sandbox itself."""
        self.db.bind()
        state, _ = await State.get_or_create(id=1)
        return state

    async def once(self, operation: str, key: str, said: object, make: Callable[[], Awaitable[str]]) -> str:
        """What `make` returned when the key was first used, in one transaction with what it did.

        Raises Conflict for a key that stood for something else.
        """
        check_key(key, NAME, operation)
        digest = hashlib.sha256(repr(said).encode()).hexdigest()
        async with self.changing():
            known = await Key.get_or_none(id=f"{operation}:{key}")
            if known is None:
                result = await make()
                await Key.create(id=f"{operation}:{key}", said=digest, result=result)
                return result
            if known.said != digest:
                raise conflict("This idempotency key stood for another request.", operation, "idempotency_error")
            return known.result

    async def tell(
        self, type_: str, subject: str, became: str, data: dict[str, Any], *, at: datetime, ref: str | None = None
    ) -> None:
        """Write an event down and have it sent, with the change that it is about."""
        holding = (await self.state()).holding
        notice = await Notice.create(
            event_id=new_id("evt"),
            type=type_,
            subject=subject,
            ref=ref,
            data=data | {"fact": f"{subject}:{became}"},
            occurred_at=at,
            held=holding,
        )
        if not holding:
            await self.send(notice.event_id)

    async def send(self, event_id: str, *, after_s: float | None = None) -> None:
        """Have an event sent (again), at once or after so many seconds; inside a transaction."""
        at = None if after_s is None else self.clock.now() + timedelta(seconds=after_s)
        await self._jobs.publish(DELIVER, {"event": event_id}, plugin=PLUGIN, available_at=at)


def new_id(prefix: str) -> str:
    """A new id such as pay_0190…; those of a kind sort by their time."""
    return f"{prefix}_{uuid7().hex}"
