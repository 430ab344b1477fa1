"""Carrying out outbox rows: lease what is due, have it run, write down how it went."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from aethex_live.db import Database
from aethex_live.errors import PluginError
from aethex_live.waiting import end_task, wait_at_most

from . import outbox
from .contracts import GiveUp, OutboxCall, OutboxHandler
from .outbox import Lease, Taken

if TYPE_CHECKING:
    from ._queue import WakeQueue

POLL_SECONDS = 2.0  # behind NOTIFY, should one be lost
BACKOFF_SECONDS = 5.0
LONGEST_BACKOFF_SECONDS = 3600.0

log = logging.getLogger(__name__)


class Runner:
    """The worker of one process: its handlers, its claims, its rows in hand."""

    def __init__(self, db: Database, concurrency: int, is_on: Callable[[str], bool]) -> None:
        self._db = db
        self._concurrency = concurrency
        self._is_on = is_on
        self._handlers: dict[str, tuple[str, OutboxHandler]] = {}
        self._made: WakeQueue | None = None
        self._wake = asyncio.Event()
        self._in_hand: set[asyncio.Future[None]] = set()
        self._claiming: asyncio.Task[None] | None = None
        self._deaf: Callable[[], None] | None = None

    @property
    def _queue(self) -> WakeQueue:
        """SAQ, which is read and made only where jobs run: it and its driver take a tenth of a start."""
        if self._made is None:
            from ._queue import WakeQueue

            self._made = WakeQueue(self._db, self._run_row, self._concurrency)
        return self._made

    @property
    def topics(self) -> list[str]:
        """The topics that have a handler here."""
        return list(self._handlers)

    @property
    def in_hand(self) -> int:
        """How many rows run here."""
        return len(self._in_hand)

    def add(self, plugin: str, handlers: Iterable[OutboxHandler]) -> None:
        """Take the handlers of a plugin. Raises `PluginError` for a topic that is taken or misnamed."""
        for handler in handlers:
            if not handler.topic.startswith(f"{plugin}."):
                raise PluginError(f"The plugin {plugin} handles {handler.topic!r}: topics must begin with {plugin}.")
            if handler.topic in self._handlers:
                raise PluginError(f"The topic {handler.topic} has two handlers: of {plugin}, and an earlier one.")
            self._handlers[handler.topic] = (plugin, handler)

    async def start(self) -> None:
        """Begin to carry out rows."""
        if self._claiming is not None:
            return
        await self._queue.start()
        self._deaf = self._db.listen(outbox.CHANNEL, lambda _payload: self._wake.set())
        self._claiming = asyncio.create_task(self._claim_on(), name="outbox")

    async def stop(self, seconds: float) -> None:
        """Take nothing new, let what runs finish for `seconds`, cancel the rest."""
        task, self._claiming = self._claiming, None
        if task is None:
            return
        await end_task(task)
        if self._deaf is not None:
            self._deaf()
        if self._in_hand:
            await asyncio.wait(set(self._in_hand), timeout=seconds)
        await self._queue.stop()

    def _limits(self) -> dict[str, tuple[float, int]]:
        """Time limit and attempts of each topic whose plugin is on."""
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
            await wait_at_most(self._wake, max(wait, 0.01))

    async def _claim(self) -> float:
        """One look at the outbox; seconds until the next one."""
        limits = self._limits()
        due = await outbox.due_in(self._db, list(limits)) if limits else None
        if due is None or due > 0:
            return min(POLL_SECONDS, due or POLL_SECONDS)
        room = self._concurrency - await self._queue.waiting()
        if room > 0:
            for lease in await outbox.claim(self._db, limits, room):
                await self._queue.put(lease)
        return 0.02 if room > 0 else 0.1

    async def _run_row(self, lease: Lease) -> None:
        """One row, as the queue's worker calls it."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._in_hand.add(done)
        try:
            self._db.bind()
            topic = await outbox.topic_of(self._db, lease.id)
            plugin, handler = self._handlers.get(topic or "", ("", None))
            if handler is None or self._claiming is None or not self._is_on(plugin):
                await outbox.release(self._db, lease)
            elif (taken := await outbox.take(self._db, lease, handler.timeout_s)) is not None:
                await self._attempt(handler, taken)
        finally:
            self._in_hand.discard(done)
            done.set_result(None)
            self._wake.set()

    async def _attempt(self, handler: OutboxHandler, taken: Taken) -> None:
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
    longest = min(BACKOFF_SECONDS * 2 ** min(attempt - 1, 30), LONGEST_BACKOFF_SECONDS)
    return float(longest * random.uniform(0.67, 1.0))  # noqa: S311 - spreads load, guards nothing
