"""Requests that wait for a part which is not there yet: woken together, without a timer each."""

from __future__ import annotations

import asyncio
from collections.abc import Callable


class Waiters:
    """Those who wait at one live playlist. `wake` after each part, `expire` about once a second."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self.monotonic = monotonic
        self._waiting: list[tuple[Callable[[], bool], float, asyncio.Future[bool]]] = []

    def __len__(self) -> int:
        return len(self._waiting)

    async def wait(self, ready: Callable[[], bool], timeout: float) -> bool:
        """Wait until `ready()`, at most about `timeout` seconds. True when it is."""
        if ready():
            return True
        future: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting.append((ready, self.monotonic() + timeout, future))
        return await future

    def wake(self) -> None:
        """Answer all whose part is there."""
        waiting, self._waiting = self._waiting, []
        for entry in waiting:
            ready, _, future = entry
            if future.done():
                continue
            if ready():
                future.set_result(True)
            else:
                self._waiting.append(entry)

    def expire(self) -> None:
        """Give up on those who waited too long."""
        now = self.monotonic()
        waiting, self._waiting = self._waiting, []
        for entry in waiting:
            _, deadline, future = entry
            if future.done():
                continue
            if now >= deadline:
                future.set_result(False)
            else:
                self._waiting.append(entry)

    def release(self) -> None:
        """Answer all: nothing more will come."""
        waiting, self._waiting = self._waiting, []
        for _, _, future in waiting:
            if not future.done():
                future.set_result(False)
