"""The face of jobs: publish a command, carry commands out, run schedules, look after the dead."""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from aethex_live.db import Database
from aethex_live.errors import AethexError

from . import outbox
from ._runner import Runner
from .contracts import DeadJob, OutboxHandler, Schedule, ScheduleRow, WaitingJob
from .schedules import Schedules

DRAIN_SECONDS = 15.0
KEEP_DONE_DAYS = 7


class Jobs:
    """Outbox and schedules of one process. Publishing works at once; `start` makes this process a worker.

    `is_on` says whether a plugin's work may run: rows of a plugin that is off wait for it. `concurrency` is how many
    rows run at once in this process.
    """

    def __init__(
        self, db: Database, *, concurrency: int = 8, is_on: Callable[[str], bool] = lambda _plugin: True
    ) -> None:
        self._db = db
        self._runner = Runner(db, concurrency, is_on)
        self._schedules = Schedules(db, is_on)
        self.add_schedules("core", [Schedule("core.outbox_prune", timedelta(hours=1), self._prune)])

    def add_handlers(self, plugin: str, handlers: Iterable[OutboxHandler]) -> None:
        """Take the handlers of a plugin. Raises `PluginError` for a topic that is taken or not named `plugin.…`."""
        self._runner.add(plugin, handlers)

    def add_schedules(self, plugin: str, schedules: Iterable[Schedule]) -> None:
        """Take the schedules of a plugin. Raises `PluginError` for a name that is taken or not named `plugin.…`."""
        for schedule in schedules:
            self._schedules.add(plugin, schedule)

    async def publish(
        self,
        topic: str,
        payload: Mapping[str, Any],
        *,
        plugin: str,
        dedupe: str | None = None,
        available_at: datetime | None = None,
    ) -> UUID | None:
        """Want something done, as soon as the surrounding transaction is committed (or at `available_at`).

        Returns the row's id, or None when a row with this `dedupe` key was published before. Raises `AethexError`
        outside of a transaction: the command belongs to the change that calls for it.
        """
        if not self._db.in_transaction:
            raise AethexError(f"{topic} must be published inside `async with db.transaction()`, with its change.")
        return await outbox.publish(self._db, topic, payload, plugin, dedupe, available_at)

    async def start(self) -> None:
        """Begin to carry out rows and schedules in this process."""
        await self._runner.start()
        self._schedules.start()

    async def stop(self, seconds: float = DRAIN_SECONDS) -> None:
        """Take nothing new, let what runs finish for `seconds`, cancel the rest (somebody tries it again)."""
        await asyncio.gather(self._runner.stop(seconds), self._schedules.stop(seconds))

    async def dead(self, *, limit: int = 50, before: UUID | None = None) -> list[DeadJob]:
        """Rows that were given up, the newest first; page on with the last one's id as `before`."""
        return await outbox.dead(self._db, limit, before)

    async def retry(self, row_id: UUID) -> None:
        """Begin a dead row anew. Raises `AethexError` when it is not there or not dead."""
        if not await outbox.revive(self._db, row_id):
            raise AethexError(f"There is no dead job {row_id}.")

    async def discard(self, row_id: UUID) -> None:
        """Forget a dead row. Raises `AethexError` when it is not there or not dead."""
        if not await outbox.discard(self._db, row_id):
            raise AethexError(f"There is no dead job {row_id}.")

    async def waiting(self, *, limit: int = 50) -> list[WaitingJob]:
        """Rows that are not done yet, those due first."""
        return await outbox.waiting(self._db, limit)

    async def oldest_due(self) -> float:
        """For how many seconds the row that waits longest has been due; 0 when none is."""
        return await outbox.oldest_due(self._db)

    async def schedules(self) -> list[ScheduleRow]:
        """What runs again and again, by name, with when it is due."""
        return await self._schedules.rows()

    async def counts(self) -> dict[str, int]:
        """How many rows are in each state (new, sent, done, dead)."""
        return await outbox.counts(self._db)

    async def settle(self, seconds: float = 10.0) -> None:
        """Wait until no row of a known topic is in hand or due within 0.5 s; `TimeoutError` after `seconds`."""
        async with asyncio.timeout(seconds):
            # a row may be in another process's hands: there is no event to wait for
            while self._runner.in_hand or await outbox.busy(self._db, self._runner.topics, within=0.5):  # noqa: ASYNC110
                await asyncio.sleep(0.02)

    async def _prune(self) -> None:
        await outbox.prune(self._db, KEEP_DONE_DAYS)
