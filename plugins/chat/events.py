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
    """Somebody was timed out, or banned (without an end when `until` is None); `lines` of theirs were removed."""

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
    followers_only: bool = False
    follow_minutes: int = 0
    subscribers_only: bool = False
    delay_s: int = 0
    hold_newcomers: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RulesChanged(Event):
    """A moderator changed the rules of a chat; `rules_version` is greater when everybody accepts them anew."""

    type: ClassVar[str] = "chat.rules_changed"
    channel_id: UUID
    rules_version: int
    there: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Pinned(Event):
    """A moderator put a message (`line_id`), or words of their own, above a chat."""

    type: ClassVar[str] = "chat.pinned"
    channel_id: UUID
    line_id: UUID | None
    until: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Unpinned(Event):
    """A moderator took away what stood above a chat."""

    type: ClassVar[str] = "chat.unpinned"
    channel_id: UUID


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


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatCleared(Event):
    """A moderator removed all messages of a person, or (without one) of everybody; `lines` of them at once."""

    type: ClassVar[str] = "chat.cleared"
    channel_id: UUID
    user_id: UUID | None
    lines: int


@dataclass(frozen=True, slots=True, kw_only=True)
class UserWarned(Event):
    """A moderator warned somebody, who writes again when they have said that they understand."""

    type: ClassVar[str] = "chat.user_warned"
    channel_id: UUID
    user_id: UUID
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WarningAcknowledged(Event):
    """Somebody said that they understand a warning."""

    type: ClassVar[str] = "chat.warning_acknowledged"
    channel_id: UUID
    user_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteChanged(Event):
    """A moderator wrote a note about somebody, or (`written` is false) deleted one of theirs."""

    type: ClassVar[str] = "chat.note_changed"
    channel_id: UUID
    user_id: UUID
    written: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AppealMade(Event):
    """Somebody who is shut out of a chat asked to be let in again."""

    type: ClassVar[str] = "chat.appeal_made"
    channel_id: UUID
    user_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class AppealDecided(Event):
    """A moderator let somebody in again who had asked for it, or did not."""

    type: ClassVar[str] = "chat.appeal_decided"
    channel_id: UUID
    user_id: UUID
    approved: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ShieldTurned(Event):
    """A moderator turned the shield mode of a chat on or off."""

    type: ClassVar[str] = "chat.shield_turned"
    channel_id: UUID
    on: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ShieldChosen(Event):
    """A moderator chose the modes that the shield mode of a chat turns on."""

    type: ClassVar[str] = "chat.shield_chosen"
    channel_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonBlocked(Event):
    """Somebody wants to read nothing of somebody else in chats; nobody but `user_id` may be told."""

    type: ClassVar[str] = "chat.person_blocked"
    user_id: UUID
    blocked_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonUnblocked(Event):
    """They want to read them again; nobody but `user_id` may be told."""

    type: ClassVar[str] = "chat.person_unblocked"
    user_id: UUID
    blocked_id: UUID


ALL: tuple[type[Event], ...] = (
    LineRemoved,
    UserRestricted,
    UserLifted,
    ModesChanged,
    RulesChanged,
    Pinned,
    Unpinned,
    HeldDecided,
    EmoteAdded,
    EmoteDecided,
    EmoteRemoved,
    ChatCleared,
    UserWarned,
    WarningAcknowledged,
    NoteChanged,
    AppealMade,
    AppealDecided,
    ShieldTurned,
    ShieldChosen,
    PersonBlocked,
    PersonUnblocked,
)
