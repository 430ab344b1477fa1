"""Hands facts to the journal: in order per ingest, again and again until it has taken them."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Final

from .ports import Connected, Disconnected, Ended, Fact, Journal, RecordingReady, Started

log = logging.getLogger(__name__)

_LIMIT: Final = 15.0
_PAUSES: Final = (0.5, 1.0, 2.0, 5.0, 10.0, 30.0)

Step = Callable[[], Awaitable[None]]


class Reporter:
    """Lines of work, one per ingest: facts to write, and what may happen only after they are written."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._lines: dict[str, deque[Step]] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}

    def tell(self, fact: Fact) -> None:
        """Write this fact down as soon as those before it are."""
        self.then(fact.ingest_id, lambda: self.write(fact))

    def then(self, name: str, step: Step) -> None:
        """Do `step` when all before it on this line is done; it is repeated until it does not raise."""
        line = self._lines.setdefault(name, deque())
        line.append(step)
        if name not in self._tasks:
            self._tasks[name] = asyncio.get_running_loop().create_task(self._work(name, line))

    async def drain(self, timeout: float) -> bool:
        """Wait until all is written, at most `timeout` seconds, then give up. True when all was."""
        try:
            async with asyncio.timeout(timeout):
                while self._tasks:
                    await asyncio.wait(list(self._tasks.values()))
        except TimeoutError:
            late = list(self._tasks.values())
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
            return False
        return True

    async def _work(self, name: str, line: deque[Step]) -> None:
        try:
            while line:
                await self._persist(name, line[0])
                line.popleft()
        finally:
            del self._tasks[name], self._lines[name]

    async def _persist(self, name: str, step: Step) -> None:
        for attempt in range(1_000_000):
            try:
                await step()
            except Exception:  # whatever fails outside, the facts of a broadcast have to be written
                pause = _PAUSES[min(attempt, len(_PAUSES) - 1)]
                log.warning(
                    "what happened on ingest %s could not be written, again in %g s",
                    name,
                    pause,
                    exc_info=True,
                )
                await asyncio.sleep(pause)
            else:
                return

    async def write(self, fact: Fact) -> None:
        """Give one fact to the journal, now. Raises what the journal raises, and TimeoutError after 15 s."""
        async with asyncio.timeout(_LIMIT):
            match fact:
                case Connected():
                    await self._journal.connected(fact)
                case Disconnected():
                    await self._journal.disconnected(fact)
                case Started():
                    await self._journal.started(fact)
                case Ended():
                    await self._journal.ended(fact)
                case RecordingReady():
                    await self._journal.recording_ready(fact)
