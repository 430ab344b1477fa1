"""Tasks of the engine: held until they end, and ended with it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine


class Tasks:
    """`bind` runs first in every task: the place to bind the database, as no request does it here."""

    def __init__(self, bind: Callable[[], object] | None) -> None:
        self._bind = bind
        self._running: set[asyncio.Task[None]] = set()

    def spawn(self, work: Coroutine[object, object, None], name: str) -> asyncio.Task[None]:
        """Run a coroutine that handles its own errors."""
        task = asyncio.get_running_loop().create_task(self._run(work), name=name)
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return task

    async def _run(self, work: Coroutine[object, object, None]) -> None:
        if self._bind is not None:
            self._bind()
        await work

    async def stop(self, seconds: float) -> None:
        """Let what runs end within `seconds`, then cancel it."""
        running = [task for task in self._running if task is not asyncio.current_task()]
        if not running:
            return
        _, late = await asyncio.wait(running, timeout=seconds)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)
