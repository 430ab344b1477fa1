"""The face of jobs: publish a command, carry commands out, run schedules, look after the dead."""

import asyncio
import logging
import random
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from aethex_live.db import Database
from aethex_live.errors import AethexError, PluginError

from . import outbox
from ._queue import WakeQueue
from .contracts import DeadJob, GiveUp, OutboxCall, OutboxHandler, Schedule
from .outbox import Lease, Taken
from .schedules import Schedules

POLL_SECONDS = 2.0  # behind NOTIFY, should one be lost
BACKOFF_SECONDS = 5.0
LONGEST_BACKOFF_SECONDS = 3600.0
DRAIN_SECONDS = 15.0
KEEP_DONE_DAYS = 7

log = logging.getLogger(__name__)


class Jobs:
    """Outbox and schedules of one process. Publishing works at once; `start` makes this process a worker.

    `is_on` says whether a plugin's work may run: rows of a plugin that is off wait for it.
    """

    def __init__(
        self, db: Database, *, concurrency: int = 8, is_on: Callable[[str], bool] = lambda _plugin: True
    ) -> None:
        self._db = db
        self._concurrency = concurrency
        self._is_on = is_on
        self._handlers: dict[str, tuple[str, OutboxHandler]] = {}
        self._schedules = Schedules(db, is_on)
        self._queue = WakeQueue(db, self._run_row, concurrency)
        self._wake = asyncio.Event()
        self._running: set[asyncio.Future[None]] = set()
        self._claiming: asyncio.Task[None] | None = None
        self._deaf: Callable[[], None] | None = None
        self.add_schedules("core", [Schedule("core.outbox_prune", timedelta(hours=1), self._prune)])

    def add_handlers(self, plugin: str, handlers: Iterable[OutboxHandler]) -> None:
        """Take the handlers of a plugin. Raises `PluginError` for a topic that is taken or not named `plugin.…`."""
        for handler in handlers:
            if not handler.topic.startswith(f"{plugin}."):
                raise PluginError(f"The plugin {plugin} handles {handler.topic!r}: topics must begin with {plugin}.")
            if handler.topic in self._handlers:
                raise PluginError(f"The topic {handler.topic} has two handlers: of {plugin}, and an earlier one.")
            self._handlers[handler.topic] = (plugin, handler)

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

        Returns the row's id, or None when a row with this `dedupe` key was published before. Raises `AethexError` outside
        of a transaction: the command belongs to the change that calls for it.
        """
        if not self._db.in_transaction:
            raise AethexError(f"{topic} must be published inside `async with db.transaction()`, with its change.")
        return await outbox.publish(self._db, topic, payload, plugin, dedupe, available_at)

    async def start(self) -> None:
        """Begin to carry out rows and schedules in this process."""
        if self._claiming is not None:
            return
        await self._queue.start()
        self._deaf = self._db.listen(outbox.CHANNEL, lambda _payload: self._wake.set())
        self._claiming = asyncio.create_task(self._claim_on(), name="outbox")
        self._schedules.start()

    async def stop(self, seconds: float = DRAIN_SECONDS) -> None:
        """Take nothing new, let what runs finish for `seconds`, cancel the rest (it is tried again by somebody)."""
        task, self._claiming = self._claiming, None
        if task is None:
            return
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        if self._deaf is not None:
            self._deaf()
        if self._running:
            await asyncio.wait(set(self._running), timeout=seconds)
        await self._schedules.stop(seconds)
        await self._queue.stop()

    async def dead(self, *, limit: int = 50, before: UUID | None = None) -> list[DeadJob]:
        """Rows that were given up, the newest first; page on with the last one's id as `before`."""
        return await outbox.dead(self._db, limit, before)

    async def retry(self, row_id: UUID) -> None:
        """Begin a dead row anew. Raises `AethexError` when it is not there or not dead."""
        if not await outbox.revive(self._db, row_id):
            raise AethexError(f"There is no dead job {row_id}.")

    async def counts(self) -> dict[str, int]:
        """How many rows are in each state (new, sent, done, dead)."""
        return await outbox.counts(self._db)

    async def settle(self, seconds: float = 10.0) -> None:
        """Wait until no row of a known topic is in hand or due within 0.5 s; `TimeoutError` after `seconds`."""
        async with asyncio.timeout(seconds):
            while self._running or await outbox.busy(self._db, list(self._handlers), within=0.5):
                await asyncio.sleep(0.02)

    async def _prune(self) -> None:
        await outbox.prune(self._db, KEEP_DONE_DAYS)

    def _limits(self) -> dict[str, tuple[float, int]]:
        return {
            topic: (handler.timeout_s, handler.attempts)
            for topic, (plugin, handler) in self._handlers.items()
            if self._is_on(plugin)
        }

    async def _claim_on(self) -> None:
        """Lease due rows and put them into the queue, never more than the workers will soon get to."""
        self._db.bind()
        while True:
            self._wake.clear()
            wait = POLL_SECONDS
            try:
                wait = await self._claim()
            except Exception:
                log.exception("The outbox can't be read, trying again.")
            try:
                await asyncio.wait_for(self._wake.wait(), max(wait, 0.01))
            except TimeoutError:
                continue

    async def _claim(self) -> float:
        """One look at the outbox; seconds until the next one."""
        limits = self._limits()
        due = await outbox.due_in(self._db, list(limits)) if limits else None
        if due is None or due > 0:
            return min(POLL_SECONDS, due or POLL_SECONDS)
        room = 2 * self._concurrency - await self._queue.depth()
        if room > 0:
            for lease in await outbox.claim(self._db, limits, room):
                await self._queue.put(lease)
        return 0.02 if room > 0 else 0.1

    async def _run_row(self, lease: Lease) -> None:
        """One row, as the queue's worker calls it."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._running.add(done)
        try:
            self._db.bind()
            if self._claiming is None:
                await outbox.release(self._db, lease)
                return
            await self._attempt(lease)
        finally:
            self._running.discard(done)
            done.set_result(None)
            self._wake.set()

    async def _attempt(self, lease: Lease) -> None:
        topic = await outbox.topic_of(self._db, lease.id)
        plugin, handler = self._handlers.get(topic or "", ("", None))
        if handler is None or not self._is_on(plugin):
            await outbox.release(self._db, lease)
            return
        taken = await outbox.take(self._db, lease, handler.timeout_s)
        if taken is None:
            return
        call = OutboxCall(taken.lease.id, taken.payload, taken.attempt, str(taken.lease.id))
        try:
            async with asyncio.timeout(handler.timeout_s):
                await self._carry_out(handler, call, taken)
        except asyncio.CancelledError:
            await outbox.release(self._db, taken.lease)  # the process stops: another one may go on at once
            raise
        except TimeoutError:
            await self._failed(handler, taken, f"It took longer than {handler.timeout_s:g} s.", last=False)
        except GiveUp as error:
            await self._failed(handler, taken, str(error), last=True)
        except Exception as error:
            log.exception("The job %s (%s) failed in attempt %d.", call.id, taken.topic, call.attempt)
            await self._failed(handler, taken, f"{type(error).__name__}: {error}", last=False)

    async def _carry_out(self, handler: OutboxHandler, call: OutboxCall, taken: Taken) -> None:
        if handler.transactional:
            async with self._db.transaction():
                if await outbox.lock(self._db, taken.lease):
                    await handler.run(call)
                    await outbox.finish(self._db, taken.lease)
            return
        await handler.run(call)
        if not await outbox.finish(self._db, taken.lease):
            log.warning("The job %s (%s) outlived its lease and may run twice.", call.id, taken.topic)

    async def _failed(self, handler: OutboxHandler, taken: Taken, error: str, *, last: bool) -> None:
        dead = last or taken.attempt >= handler.attempts
        await outbox.fail(self._db, taken.lease, error, retry_in=None if dead else backoff(taken.attempt))


def backoff(attempt: int) -> float:
    """Seconds to wait after a failed attempt: doubling, bounded, with a third of jitter."""
    return float(min(BACKOFF_SECONDS * 2 ** (attempt - 1), LONGEST_BACKOFF_SECONDS) * random.uniform(0.67, 1.0))  # noqa: S311
