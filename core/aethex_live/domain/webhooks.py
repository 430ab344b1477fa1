"""The webhook inbox: what vendors send is verified, stored once, handled once, in the order in which it happened."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from traceback import extract_tb
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import orjson

from aethex_live.domain import webhook_store as store
from aethex_live.domain.webhook_store import Source
from aethex_live.errors import AethexError, NotFound
from aethex_live.events import record
from aethex_live.events.types import ProviderTold
from aethex_live.ids import derived_id
from aethex_live.jobs import OutboxCall, OutboxHandler, Schedule
from aethex_live.models import WebhookEvent
from aethex_live.providers.kinds import Kind
from aethex_live.providers.webhooks import STATES, TYPES, ProviderEvent, Receiving, WebhookRejected, WebhookRequest

if TYPE_CHECKING:
    from aethex_live._runtime.registry import Providers
    from aethex_live.clock import Clock
    from aethex_live.db import Database
    from aethex_live.domain.tidings import Tidings
    from aethex_live.jobs import Jobs

HANDLE: Final = "core.webhook"
ATTEMPTS: Final = 8
TIMEOUT_S: Final = 10.0  # it calls nobody; what a killed worker had in hand is taken up so much sooner
LONGEST_ID: Final = 200
# kinds whose events are about persons: the log hears that something happened, and nothing more
PERSONAL: Final = frozenset({"auth", "email"})
PERSONAL_FACTS: Final = frozenset({"address", "email", "name", "phone", "ip", "receipt_email", "customer_email"})
# headers of the way here and those that may be a secret; signatures are none, they are good for one body at one time
_LEFT_OUT: Final = re.compile(r"auth|cookie|token|secret|password|api-?key|forwarded|^x-real-ip$|^host$|^via$")

log = logging.getLogger(__name__)


class Unreadable(AethexError):
    """A request could not be read by its plugin; it is kept for the operator, and the vendor sends it again."""


class Inbox:
    """Takes requests of vendors in, and has what is new in them handled by the outbox."""

    def __init__(
        self, db: Database, clock: Clock, jobs: Jobs, providers: Providers, tidings: Tidings, *, keep_days: int
    ) -> None:
        self._db = db
        self._clock = clock
        self._jobs = jobs
        self._providers = providers
        self._tidings = tidings
        self._keep_days = keep_days

    def handlers(self) -> list[OutboxHandler]:
        """Who handles events: in the transaction that marks the job done, so that effects happen exactly once."""
        return [OutboxHandler(HANDLE, self._run, timeout_s=TIMEOUT_S, attempts=ATTEMPTS, transactional=True)]

    def schedules(self) -> list[Schedule]:
        """What is done when its time has come."""
        return [Schedule("core.webhooks_prune", timedelta(hours=1), self._prune)]

    def receiver(self, kind: str, name: str) -> Receiving:
        """The provider that a request is for. Raises NotFound; also for one that receives nothing."""
        provider = self._providers.get(Kind(kind), name) if kind in set(Kind) else None
        if not isinstance(provider, Receiving):
            raise NotFound("There is nothing at this address.")
        return provider

    async def take(self, source: Source, request: WebhookRequest) -> int:
        """Verify a request and store what is new in it; how many events that are.

        Raises NotFound for an unknown provider, WebhookRejected for what is not the vendor's, Unreadable for what its
        plugin fails at.
        """
        provider = self.receiver(source.kind, source.provider)
        try:
            events = provider.parse_webhook(request)
            check(source.kind, events)
        except WebhookRejected:
            raise
        except Exception as error:  # noqa: BLE001 - a plugin may raise anything; that it did is the answer
            # the error's own words may be those of the request: they stay with it, out of the log
            log.error("%s can't read a webhook: %s%s", source.provider, type(error).__name__, _place(error))  # noqa: TRY400
            said = f"{type(error).__name__}: {error}".replace("\0", "")[:2000]
            await store.keep(self._db, source, request, open_headers(request.headers), error=said)
            raise Unreadable(f"The plugin of {source.provider} could not read this webhook.") from None
        return await self._store(source, request, events)

    async def _store(self, source: Source, request: WebhookRequest, events: Sequence[ProviderEvent]) -> int:
        known = await store.known(self._db, source, events) if events else set()
        fresh = [event for event in events if event.id not in known]
        if not fresh:
            return 0
        async with self._db.transaction():
            new = await store.add(self._db, source, request, open_headers(request.headers), fresh)
            for row_id in new:
                await self.publish(row_id)
        return len(new)

    async def publish(self, event_id: UUID) -> None:
        """Have an event handled, with the commit of the surrounding transaction."""
        job_id = await self._jobs.publish(HANDLE, {"event": str(event_id)}, plugin="core")
        await WebhookEvent.filter(id=event_id).update(job_id=job_id)

    async def _run(self, call: OutboxCall) -> None:
        """Handle an event, and before it what happened earlier to the same thing and still waits."""
        row = await WebhookEvent.get_or_none(id=UUID(str(call.payload["event"])))
        if row is None or row.state != "new":
            return
        await store.lock(self._db, Source(row.kind, row.provider), row.subject)
        for earlier in await store.older(self._db, row):
            await self._try(earlier)
        await self._handle(row.id)

    async def _try(self, event_id: UUID) -> None:
        """Handle an earlier event; if it fails, its own job tries it again and says why."""
        try:
            async with self._db.transaction():
                await self._handle(event_id)
        except Exception as error:  # noqa: BLE001 - whatever it is, what came later is not held up by it
            log.warning("the webhook event %s failed before a later one: %s", event_id, type(error).__name__)

    async def _handle(self, event_id: UUID) -> None:
        row = await WebhookEvent.get_or_none(id=event_id, state="new")
        if row is None:
            return
        family = STATES.get(row.type)
        if family is not None and not await store.is_newest(self._db, row, family):
            await self._close(row, "stale", "A newer state of the same thing was handled before.")
            return
        note = await self._tidings.heard(Kind(row.kind), row.provider, event_of(row))
        await self._tell(row)
        await self._close(row, "done", note)

    async def _tell(self, row: WebhookEvent) -> None:
        told = ProviderTold(
            kind=row.kind,
            provider=row.provider,
            told=row.type,
            event_id=row.event_id,
            subject=row.subject,
            ref=row.ref,
            happened_at=row.occurred_at,
            data={} if row.kind in PERSONAL else impersonal(row.data),
        )
        # a replay is told again: plugins know the event by its id
        once = derived_id(told.type, row.kind, row.provider, row.event_id, row.runs)
        await record(told, subject=f"{row.kind}:{row.provider}"[:120], id=once, occurred_at=row.occurred_at)

    async def _close(self, row: WebhookEvent, state: str, note: str) -> None:
        now = self._clock.now()
        await WebhookEvent.filter(id=row.id).update(state=state, note=note, handled_at=now, runs=row.runs + 1)

    async def _prune(self) -> None:
        await store.prune(self._db, self._keep_days)


def event_of(row: WebhookEvent) -> ProviderEvent:
    """The event that a row holds."""
    return ProviderEvent(
        id=row.event_id,
        type=row.type,
        subject=row.subject,
        occurred_at=row.occurred_at,
        ref=row.ref,
        data=row.data,
    )


def check(kind: str, events: Sequence[ProviderEvent]) -> None:
    """Raises ValueError for an event that its plugin made wrongly; such a request is kept as unreadable."""
    for event in events:
        if event.type not in TYPES[kind]:
            raise ValueError(f"{event.type!r} is no event of {kind}")
        for name, text in (("id", event.id), ("subject", event.subject), ("ref", event.ref)):
            if text is not None and (not 1 <= len(text) <= LONGEST_ID or "\0" in text):
                raise ValueError(f"its {name} should have 1 to {LONGEST_ID} characters")
        if event.occurred_at.tzinfo is None:
            raise ValueError("its time has no time zone")
        if b"\\u0000" in orjson.dumps(event.data):
            raise ValueError("its data has a NUL character")


def impersonal(data: Mapping[str, Any]) -> dict[str, Any]:
    """The facts of an event but for those about a person, which a plugin should not have put there."""
    return {name: value for name, value in data.items() if name not in PERSONAL_FACTS}


def open_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """The headers that may be kept: none of a secret, and none of the way that the request took."""
    return {
        name: value.replace("\0", "")
        for name, value in headers.items()
        if not _LEFT_OUT.search(name) and len(value) <= 2000
    }


def _place(error: Exception) -> str:
    """Where a plugin failed: file and line, nothing of what it read."""
    frames = extract_tb(error.__traceback__)
    return f" at {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
