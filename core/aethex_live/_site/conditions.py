"""Writes down which vendors do not answer, so that the log, the command line and other processes know it too."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from aethex_live.domain.provider_facts import condition_of, note_trouble, sentence
from aethex_live.providers import Kind
from aethex_live.waiting import end_task

if TYPE_CHECKING:
    from aethex_live.platform import Platform

EVERY_S = 5.0

log = logging.getLogger("aethex.providers")


class Conditions:
    """Looks every few seconds at what calls have shown; asks no vendor by itself."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._troubled: set[tuple[Kind, str]] = set()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin."""
        if self._task is None:
            self._task = asyncio.create_task(self._run(), name="provider-conditions")

    async def stop(self) -> None:
        """End."""
        task, self._task = self._task, None
        await end_task(task)

    async def _run(self) -> None:
        self._platform.db.bind()
        while True:
            await asyncio.sleep(EVERY_S)
            try:
                async with asyncio.timeout(10):
                    await self.tick()
            except Exception:
                log.exception("how vendors do could not be written down")

    async def tick(self) -> None:
        """Look at every live provider once."""
        providers, clock = self._platform.providers, self._platform.clock
        for kind in Kind:
            for name in providers.names(kind):
                condition = condition_of(providers.get(kind, name))
                if condition is None:
                    continue
                key = (kind, name)
                if not condition.healthy:
                    if key not in self._troubled:
                        log.warning("%s %s", sentence(name, condition), condition.failure)
                    self._troubled.add(key)
                    await note_trouble(kind, name, condition, clock.now())
                elif key in self._troubled:
                    self._troubled.discard(key)
                    log.info("%s answers again", name)
                    await note_trouble(kind, name, None, clock.now())
