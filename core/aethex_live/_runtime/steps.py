"""Runs coroutines of plugins: as far as they go at once, the rest, if any, in a task of its own.

A task for every hook costs 10 us, and most hooks never wait. But what a coroutine learns at its start about
the task that it runs in (asyncio.timeout does) must stay true. So a parked task, the carrier, counts as the
current one at the start, and takes the coroutine over only when it waits.
"""

from __future__ import annotations

import asyncio
from asyncio.tasks import _enter_task, _leave_task  # asyncio's documented interface for own kinds of task
from collections.abc import Callable, Coroutine, Generator, Iterable, Mapping
from contextvars import Context, copy_context
from typing import Any

GRACE_S = 0.1  # for a cancelled coroutine to clean up, before it is left alone
Step = Coroutine[Any, Any, None]


class _Rest:
    """A coroutine that waits, awaitable from another task, in the context that it began in."""

    __slots__ = ("_context", "_coroutine", "_yielded")

    def __init__(self, coroutine: Step, context: Context, yielded: Any) -> None:
        self._coroutine = coroutine
        self._context = context
        self._yielded = yielded

    def cancel(self) -> None:
        """Cancel what the coroutine waits for, as its task would."""
        if isinstance(self._yielded, asyncio.Future):
            self._yielded.cancel()

    def __await__(self) -> Generator[Any, Any, None]:
        run, yielded = self._context.run, self._yielded
        try:
            while True:
                try:
                    sent = yield yielded
                except GeneratorExit:
                    self._coroutine.close()
                    raise
                except BaseException as error:  # noqa: BLE001  (a cancellation goes to the coroutine)
                    yielded = run(self._coroutine.throw, error)
                else:
                    yielded = run(self._coroutine.send, sent)
        except StopIteration:
            return


class Carrier:
    """A parked task that stands in for the start of a coroutine and carries the rest."""

    __slots__ = ("_rest", "_wake", "loop", "task")

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self._wake: asyncio.Future[None] = loop.create_future()
        self._rest: _Rest | None = None
        # an empty context: a parked task must not keep somebody's request alive
        self.task: asyncio.Task[None] = loop.create_task(self._carry(), name="plugin call", context=Context())
        # nobody waits for a parked task that goes with its stage; asyncio marks its own ones in the same way
        self.task._log_destroy_pending = False  # type: ignore[attr-defined]  # typeshed leaves it out

    @property
    def fresh(self) -> bool:
        """Whether it still waits for its coroutine, and nobody has tried to cancel it."""
        return self._rest is None and not self.task.cancelling()

    def begin(self, coroutine: Step) -> bool:
        """Run the coroutine as far as it goes. False: it waits, and `task` ends with it."""
        context = copy_context()
        try:
            yielded = context.run(coroutine.send, None)
        except StopIteration:
            return True
        self._rest = _Rest(coroutine, context, yielded)
        if not self._wake.done():
            self._wake.set_result(None)
        return False

    async def _carry(self) -> None:
        try:
            await self._wake
        except asyncio.CancelledError:
            if self._rest is None:
                raise
            self._rest.cancel()
        if self._rest is not None:
            await self._rest


class Stage:
    """Where coroutines of plugins take their steps; one for an app."""

    def __init__(self) -> None:
        self._spare: Carrier | None = None
        self._strays: set[asyncio.Task[None]] = set()

    def enter(self, caller: asyncio.Task[Any] | None) -> Carrier:
        """A carrier that counts as the current task, in place of the caller's, until `leave`."""
        loop = asyncio.get_running_loop()
        carrier, self._spare = self._spare, None
        if carrier is None or carrier.loop is not loop or carrier.task.done():
            carrier = Carrier(loop)
        if caller is not None:
            _leave_task(loop, caller)
        _enter_task(loop, carrier.task)
        return carrier

    def leave(self, carrier: Carrier, caller: asyncio.Task[Any] | None) -> None:
        """Make the caller's task the current one again, and keep an unused carrier for the next time."""
        _leave_task(carrier.loop, carrier.task)
        if caller is not None:
            _enter_task(carrier.loop, caller)
        if not carrier.fresh:
            return
        if self._spare is None:
            self._spare = carrier
        else:
            carrier.task.cancel()

    def renew(self, carrier: Carrier) -> Carrier:
        """Another carrier in place of one that has got its coroutine."""
        renewed = Carrier(carrier.loop)
        _leave_task(carrier.loop, carrier.task)
        _enter_task(carrier.loop, renewed.task)
        return renewed

    async def settle(
        self, waiting: Mapping[int, asyncio.Task[None]], limit: float | None, late: Callable[[int], None]
    ) -> None:
        """Wait for the tasks, at most `limit` seconds; cancel what is not done then, and leave it alone.

        `late` is told the position of each before it is cancelled: what it says from then on must not count.
        """
        try:
            _, pending = await asyncio.wait(waiting.values(), timeout=limit)
        except asyncio.CancelledError:
            self._abandon(waiting.values())
            raise
        if pending:
            for index, task in waiting.items():
                if task in pending:
                    late(index)
            self._abandon(pending)
            await asyncio.wait(pending, timeout=GRACE_S)

    def _abandon(self, tasks: Iterable[asyncio.Task[None]]) -> None:
        for task in tasks:
            if not task.done():
                task.cancel()
                self._strays.add(task)
                task.add_done_callback(self._strays.discard)

    @property
    def strays(self) -> int:
        """Coroutines that go on although they were cancelled."""
        return len(self._strays)

    def close(self) -> None:
        """End the spare carrier."""
        if self._spare is not None:
            self._spare.task.cancel()
            self._spare = None
