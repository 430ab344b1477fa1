"""The sentences of chat's refusals that several parts say."""

from __future__ import annotations

import math
from datetime import datetime, timedelta

from babel.dates import format_timedelta

from aethex_live.errors import Forbidden, Refusal, TooMany

from .standing import Restricted


class ShutOut(Forbidden):
    """The author is timed out or banned in this chat."""

    code = "chat-restricted"


class Warned(Forbidden):
    """A moderator warned the author, who has not said yet that they understand."""

    code = "chat-warned"


def span(seconds: float) -> str:
    """A length of time in the unit that a person would use: 600 -> 10 minutes."""
    return format_timedelta(timedelta(seconds=max(1, math.ceil(round(seconds, 2)))), locale="en")


def shut_out(restricted: Restricted, now: datetime) -> Refusal:
    """What somebody reads who may not write at the moment."""
    because = f" Reason: {restricted.reason}" if restricted.reason else ""
    if restricted.until is None:
        return ShutOut(f"You are banned from this chat.{because}")
    left = max(1.0, (restricted.until - now).total_seconds())
    how = "banned from" if restricted.kind == "ban" else "timed out in"
    return ShutOut(f"You are {how} this chat for another {span(left)}.{because}", retry_after=left)


def warned() -> Refusal:
    """What somebody reads who has not said yet that they understand a warning."""
    return Warned("A moderator warned you: read it above the field, and press “I understand” to write again.")


def too_fast(seconds: float) -> Refusal:
    """What somebody reads who writes more than the chat takes."""
    wait = max(1.0, seconds)
    return TooMany(f"You are writing very fast; send this again in {span(wait)}.", retry_after=wait)
