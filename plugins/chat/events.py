"""Events of chat in the log: what moderators did. Lines are too many for it and have their own sequence."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from aethex_live.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class LineRemoved(Event):
    """A line was deleted by its author or by a moderator."""

    type: ClassVar[str] = "chat.line_removed"
    channel_id: UUID
    line_id: UUID
    author_id: UUID | None


@dataclass(frozen=True, slots=True, kw_only=True)
class UserRestricted(Event):
    """Somebody was timed out (`until` is set) or banned in a chat; `lines` of theirs were removed."""

    type: ClassVar[str] = "chat.user_restricted"
    channel_id: UUID
    user_id: UUID
    kind: str
    until: datetime | None
    reason: str
    lines: int


@dataclass(frozen=True, slots=True, kw_only=True)
class UserLifted(Event):
    """A timeout or ban was lifted before its end."""

    type: ClassVar[str] = "chat.user_lifted"
    channel_id: UUID
    user_id: UUID
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ModesChanged(Event):
    """A moderator changed how often, what or who may write in a chat; these modes hold now."""

    type: ClassVar[str] = "chat.modes_changed"
    channel_id: UUID
    slow_s: int
    unique_only: bool
    links: str
    min_age_minutes: int
    verified_only: bool
    emotes_only: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldDecided(Event):
    """A moderator let a message through that waited, or did not."""

    type: ClassVar[str] = "chat.held_decided"
    channel_id: UUID
    author_id: UUID
    approved: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class EmoteAdded(Event):
    """An emote was uploaded; with `state` "pending" it waits for an operator, with "approved" it may be used."""

    type: ClassVar[str] = "chat.emote_added"
    channel_id: UUID
    emote_id: UUID
    code: str
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EmoteDecided(Event):
    """An operator let an emote be used that waited, or did not."""

    type: ClassVar[str] = "chat.emote_decided"
    channel_id: UUID
    emote_id: UUID
    code: str
    approved: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class EmoteRemoved(Event):
    """An emote was taken away."""

    type: ClassVar[str] = "chat.emote_removed"
    channel_id: UUID
    emote_id: UUID
    code: str


ALL: tuple[type[Event], ...] = (
    LineRemoved,
    UserRestricted,
    UserLifted,
    ModesChanged,
    HeldDecided,
    EmoteAdded,
    EmoteDecided,
    EmoteRemoved,
)
