"""Hooks of moderation. Provisional until auto-moderation is built."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from aethex_live.hookspecs._marker import spec
from aethex_live.hookspecs.chat import DraftMessage


class Verdict(enum.IntEnum):
    """What a review says; the strictest of all answers counts."""

    ALLOW = 0
    HOLD = 1
    REJECT = 2


@dataclass(frozen=True, slots=True)
class Review:
    """A verdict and the reason that the author (REJECT) or the moderators (HOLD) read."""

    verdict: Verdict
    reason: str


@spec("ask", limit=0.5, provisional=True)
async def review_chat_message(draft: DraftMessage) -> Review | None:
    """Judge a message before it is stored. None: no opinion. An implementation that fails has none either."""
