"""A reader of the log: who it is, what it gets, and the loop that feeds it from its cursor."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from aethex_live.clock import Clock
from aethex_live.db import Database
from aethex_live.waiting import wait_at_most

from . import _cursors as cursors
from .registry import EventTypes
from .types import Event

TRIES = 3
RETRY_SECONDS = (0.2, 1.0)
_BATCH = 200
_SAVE_SECONDS = 0.5  # how much a crash may make a consumer hear again
_IDLE_SAVE_SECONDS = 5.0
_IDLE_POLL_SECONDS = 1.0

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Recorded:
    """An event with its place in the log. `event` is None when its type is not known here (its plugin is off)."""

    id: UUID
    position: int
    type: str
    version: int
    actor_id: UUID | None
    channel_id: UUID | None
    subject: str
    payload: dict[str, Any]
    occurred_at: datetime
    event: Event | None


@dataclass(frozen=True, slots=True)
class Consumer:
    """A reader of the log with a cursor of its own; it hears every event at least once and in order.

    `name` is the cursor's. A new consumer starts at the head of the log, with `catch_up` at its beginning. Events older
    than `max_age` are skipped; `types` limits what it hears. After three failed tries, of at most `timeout_s` seconds
    each, an event becomes a dead letter and the consumer goes on. Hearing twice is possible: `Recorded.id` tells.
    """

    name: str
    handle: Callable[[Recorded], Awaitable[None]] = field(repr=False)
    catch_up: bool = False
    max_age: timedelta | None = None
    types: frozenset[str] | None = None
    timeout_s: float = 30.0


class Feed:
    """The loop of one consumer; it runs in the leader alone."""

    def __init__(self, db: Database, consumer: Consumer, types: EventTypes, clock: Clock) -> None:
        self._db = db
        self._consumer = consumer
        self._types = types
        self._clock = clock
        self._wake = asyncio.Event()
        self._saved = 0
        self._saved_at = 0.0
        self.position = 0

    def wake(self) -> None:
        """Something may be new."""
        self._wake.set()

    async def run(self) -> None:
        """Feed the consumer until cancelled. Raises `LeadershipLost` when somebody else moves its cursor."""
        self._db.bind()
        self._saved = self.position = await cursors.load(self._db, self._consumer.name, self._consumer.catch_up)
        self._saved_at = time.monotonic()
        while True:
            self._wake.clear()
            if not await self._read_on():
                await self._save(_IDLE_SAVE_SECONDS)
                await wait_at_most(self._wake, _IDLE_POLL_SECONDS)

    async def _read_on(self) -> bool:
        """Handle the next batch; False when the head of the log is reached."""
        head = await cursors.head(self._db)
        if head <= self.position:
            return False
        rows = await cursors.read(self._db, self.position, head, self._consumer.types, _BATCH)
        for row in rows:
            await self._hand_over(self._recorded(row))
            self.position = row["position"]
            await self._save(_SAVE_SECONDS)
        full = len(rows) == _BATCH
        if not full:
            self.position = head
        if rows:
            await self._save(0.0)
        return full

    async def _hand_over(self, recorded: Recorded) -> None:
        oldest = self._consumer.max_age
        if oldest is not None and recorded.occurred_at < self._clock.now() - oldest:
            return
        for attempt in range(1, TRIES + 1):
            try:
                async with asyncio.timeout(self._consumer.timeout_s):
                    await self._consumer.handle(recorded)
            except Exception as error:
                log.warning(
                    "%s failed on %s at %d (try %d of %d): %r",
                    *(self._consumer.name, recorded.type, recorded.position, attempt, TRIES, error),
                    exc_info=attempt == TRIES,
                )
                if attempt == TRIES:
                    await cursors.bury(self._db, self._consumer.name, recorded, error, TRIES)
                else:
                    await asyncio.sleep(RETRY_SECONDS[attempt - 1])
            else:
                return

    def _recorded(self, row: dict[str, Any]) -> Recorded:
        return Recorded(**row, event=self._types.decode(row["type"], row["version"], row["payload"]))

    async def _save(self, every: float) -> None:
        if self.position == self._saved or time.monotonic() - self._saved_at < every:
            return
        await cursors.save(self._db, self._consumer.name, self._saved, self.position)
        self._saved, self._saved_at = self.position, time.monotonic()
