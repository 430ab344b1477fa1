"""Who may load a recording, as the core's rows say; remembered for a moment, forgotten when it changes."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Final, Literal

log = logging.getLogger(__name__)

Openness = Literal["open", "private", "gone"]
Ask = Callable[[str], Awaitable[Openness]]
_LIFE: Final = 30.0
"""Seconds that an answer counts, should the news of a change be lost."""
_LIMIT: Final = 3.0
_MOST: Final = 10_000


class OpennessUnknown(RuntimeError):
    """The rows can't be read at the moment, and nothing is remembered."""


class RecordingOpenness:
    """Answers from memory; asks when it does not know."""

    def __init__(self, ask: Ask, monotonic: Callable[[], float]) -> None:
        self._ask, self._monotonic = ask, monotonic
        self._known: dict[str, tuple[Openness, float]] = {}

    async def of(self, recording_id: str) -> Openness:
        """Who may load it. Raises OpennessUnknown."""
        known = self._known.get(recording_id)
        if known is not None and self._monotonic() < known[1] + _LIFE:
            return known[0]
        try:
            async with asyncio.timeout(_LIMIT):
                answer = await self._ask(recording_id)
        except Exception as error:  # whatever keeps the rows from being read
            if known is not None:
                log.warning("who may load recording %s can't be read, the last answer counts: %s", recording_id, error)
                return known[0]
            raise OpennessUnknown from error
        if len(self._known) >= _MOST:
            self._known.clear()
        self._known[recording_id] = (answer, self._monotonic())
        return answer

    def forget(self, recording_id: str) -> None:
        """It changed: ask again."""
        self._known.pop(recording_id, None)

    def forget_all(self) -> None:
        """Many changed."""
        self._known.clear()


async def always_open(recording_id: str) -> Openness:
    """The answer where nobody keeps rows of recordings."""
    return "open"
