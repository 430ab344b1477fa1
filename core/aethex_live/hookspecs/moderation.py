"""Hooks of moderation. Provisional until auto-moderation is built."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbour:
    """What somebody said beside the thing that is reported; `subject`: it is that thing itself."""

    name: str
    text: str
    at: datetime
    subject: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Reportable:
    """Something that can be reported, as it is at this moment: what it says, whose it is, where it stands.

    `path` leads to it on this site; `act_path`, if given, to where a moderator of the channel acts on it. `around` is
    what was said beside it, oldest first: kept with the report, because words are judged by what they answer.
    """

    title: str
    path: str
    text: str = ""
    at: datetime | None = None
    author_id: UUID | None = None
    author_name: str = ""
    channel_id: UUID | None = None
    act_path: str = ""
    around: Sequence[Neighbour] = ()


@spec("ask", provisional=True)
async def describe_reportable(kind: str, subject_id: str) -> Reportable | None:
    """Describe what somebody wants to report; `kind` begins with the plugin's name and a dot ("chat.line").

    None for kinds of others, and for what is not there or not public.
    """


@spec("ask", limit=0.5, provisional=True)
async def review_chat_message(draft: DraftMessage) -> Review | None:
    """Judge a message before it is stored. None: no opinion. An implementation that fails has none either."""
