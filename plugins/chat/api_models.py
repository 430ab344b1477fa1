"""What the API of chat takes and gives; times are ISO 8601 in UTC."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from aethex_live.web.api import PageQuery

from .barriers import Barrier
from .held import HeldRow
from .lines import Entry
from .records import ActRow, ShutOutRow
from .standing import Standing
from .warning_acts import OpenWarning


class Body(BaseModel):
    """A request's body: unknown fields are refused, so that a misspelt one is noticed."""

    model_config = ConfigDict(extra="forbid")


class MessageIn(Body):
    """A message to send."""

    text: str = Field(max_length=4000)
    client_id: str = Field(
        min_length=1, max_length=36, description="your own id of it; the same again is no second one"
    )
    reply_to: UUID | None = Field(default=None, description="the message that it answers")


class RestrictionIn(Body):
    """A timeout or a ban."""

    user: UUID
    kind: Literal["timeout", "ban"] = Field(default="timeout", description="null `seconds` are a ban in any case")
    seconds: int | None = Field(
        default=None,
        description="1 to 1209600 (14 days) of a timeout, to 158112000 (5 years) of a ban; null is a ban for good",
    )
    reason: str = Field(default="", max_length=1000)


class ModesIn(Body):
    """The modes that shall hold; what is left out is off."""

    slow_s: int = Field(default=0, description="seconds between two messages of one person, up to 600; 0: no slow mode")
    unique_only: bool = Field(default=False, description="refuse what the person said in the last ten minutes")
    links: Literal["allow", "hold", "refuse"] = "allow"
    min_age_minutes: int = Field(default=0, description="how old an account must be to write, up to 129600 (90 days)")
    verified_only: bool = Field(default=False, description="only accounts with a confirmed e-mail address may write")
    emotes_only: bool = Field(default=False, description="take emotes, emoji and spaces alone")
    followers_only: bool = Field(default=False, description="only followers may write, where a plugin knows them")
    follow_minutes: int = Field(default=0, description="how old the follow must be, up to 129600 (90 days)")
    subscribers_only: bool = Field(default=False, description="only subscribers may write; taken as above")
    delay_s: int = Field(default=0, description="seconds that viewers see everything later, up to 10")
    hold_newcomers: bool = Field(default=False, description="hold the first message of a person for a moderator")


class ModesOut(BaseModel):
    """The modes that hold; `sentences` say them in words."""

    slow_s: int
    unique_only: bool
    links: Literal["allow", "hold", "refuse"]
    min_age_minutes: int
    verified_only: bool
    emotes_only: bool
    followers_only: bool
    follow_minutes: int
    subscribers_only: bool
    delay_s: int
    hold_newcomers: bool
    sentences: list[str]


class MessageQuery(BaseModel):
    """Which part of the history."""

    before: int | None = Field(default=None, ge=0, le=2**63 - 1, description="`next` of the page before")
    limit: int = Field(default=50, ge=1, le=100)


class AuthorOut(BaseModel):
    """Who wrote; `id` is null when the account is gone. `bot`: a program, not a person."""

    id: UUID | None
    username: str
    name: str
    bot: bool = False


class QuoteOut(BaseModel):
    """The beginning of the message that is answered; empty when that was removed."""

    id: UUID
    user: UUID | None
    name: str
    text: str
    removed: bool


class BadgeOut(BaseModel):
    """What a plugin gave an author to wear."""

    key: str
    label: str
    icon: str


class EmoteRef(BaseModel):
    """An emote that stands in a message as `:code:`; the list of emotes has its pictures."""

    code: str
    id: UUID
    animated: bool = Field(description="it moves")


class MessageOut(BaseModel):
    """A message; `role` is what its author was when writing."""

    id: UUID
    seq: int
    author: AuthorOut
    role: Literal["owner", "moderator", "member"]
    text: str
    mentions: list[str]
    emotes: list[EmoteRef]
    reply: QuoteOut | None
    at: datetime
    removed: bool
    removed_by: str
    badges: list[BadgeOut] = []
    accent: Literal["", "note", "good", "warn"] = ""


class Messages(BaseModel):
    """A part of the history, newest first."""

    items: list[MessageOut]
    next: int | None = Field(default=None, description="give it as `before` for the next page; null: that was all")


class MessagePlace(BaseModel):
    """Where a message stands."""

    id: UUID
    seq: int
    at: datetime


class AnswerOut(BaseModel):
    """What a command answers to who gave it."""

    answer: str


class HeldPlace(BaseModel):
    """A message that waits for a moderator."""

    id: UUID
    held: Literal[True] = True


class HeldOut(BaseModel):
    """A message that waits, and why."""

    id: UUID
    author: AuthorOut
    text: str
    reason: str
    at: datetime


class HeldList(BaseModel):
    """A part of what waits, oldest first."""

    items: list[HeldOut]
    next: UUID | None = Field(default=None, description="give it as `after` for the next page; null: that was all")


class HeldQuery(BaseModel):
    """Which part of what waits."""

    after: UUID | None = Field(default=None, description="`next` of the page before")
    limit: int = Field(default=50, ge=1, le=100)


class DecideIn(Body):
    """Whether a message that waits is let through."""

    approve: bool


class RestrictedOut(BaseModel):
    """A timeout or ban; `until` is null for a ban without an end."""

    kind: Literal["timeout", "ban"]
    until: datetime | None
    reason: str
    may_appeal: bool = Field(default=False, description="long enough to ask moderators to be let in again")


class WarningOut(BaseModel):
    """A warning that has to be acknowledged before its receiver writes again."""

    id: UUID
    reason: str
    by: str
    at: datetime


class ActionOut(BaseModel):
    """What one can do about something, and where on this site."""

    label: str
    path: str


class BarrierOut(BaseModel):
    """Why an account can't write whatever it writes; `retry_after` seconds, where waiting is enough."""

    code: str
    detail: str
    action: ActionOut | None
    retry_after: float | None


class MeOut(BaseModel):
    """What an account is in a chat."""

    id: UUID
    username: str
    name: str
    role: Literal["owner", "moderator", "member"]
    restricted: RestrictedOut | None
    warning: WarningOut | None = None
    barrier: BarrierOut | None = None


class RestrictionOut(BaseModel):
    """Somebody who is shut out."""

    id: UUID
    user: AuthorOut
    kind: str
    until: datetime | None
    reason: str
    by: str
    since: datetime


class Restrictions(BaseModel):
    """Who is shut out."""

    items: list[RestrictionOut]
    next: UUID | None = None


class ActOut(BaseModel):
    """An entry of the log; what `detail` holds follows from `action`."""

    id: UUID
    at: datetime
    actor: str
    action: str = Field(description="such as chat.delete, chat.ban, chat.modes, chat.emote_added")
    subject: str
    detail: dict[str, Any]


class LogQuery(PageQuery):
    """Which part of the log."""

    action: str | None = Field(default=None, max_length=80, description="one kind of act, such as chat.ban")
    person: str | None = Field(default=None, max_length=50, description="user name of who did it or whom it concerns")


class Acts(BaseModel):
    """A part of the log."""

    items: list[ActOut]
    next: UUID | None = None


def message_out(entry: Entry) -> MessageOut:
    """A message as the API gives it; who may not see a removed one never gets here with it."""
    quote = entry.quote
    return MessageOut.model_validate(
        {
            "id": entry.id,
            "seq": entry.seq,
            "author": {name: getattr(entry.author, name) for name in AuthorOut.model_fields},
            "role": entry.role,
            "text": entry.text,
            "mentions": list(entry.mentions),
            "emotes": list(entry.emotes),
            "reply": quote.as_json() if quote else None,
            "at": entry.at,
            "removed": entry.removed,
            "removed_by": entry.removed_by,
            "badges": list(entry.badges),
            "accent": entry.accent,
        }
    )


def person_out(standing: Standing, warning: OpenWarning | None = None, barrier: Barrier | None = None) -> MeOut:
    """What somebody is in a chat."""
    restricted = standing.restricted
    return MeOut(
        id=standing.user_id,
        username=standing.username,
        name=standing.name,
        role=standing.role,
        restricted=RestrictedOut(
            kind=restricted.kind,
            until=restricted.until,
            reason=restricted.reason,
            may_appeal=restricted.may_appeal,
        )
        if restricted
        else None,
        warning=warning_out(warning) if warning else None,
        barrier=BarrierOut.model_validate(barrier.as_json()) if barrier else None,
    )


def warning_out(warning: OpenWarning) -> WarningOut:
    """A warning."""
    return WarningOut(id=warning.id, reason=warning.reason, by=warning.by, at=warning.at)


def restriction_out(row: ShutOutRow) -> RestrictionOut:
    """A row of the list of people who are shut out."""
    return RestrictionOut(
        id=row.id,
        user=AuthorOut(id=row.user_id, username=row.username, name=row.name),
        kind=row.kind,
        until=row.until,
        reason=row.reason,
        by=row.by,
        since=row.since,
    )


def held_out(row: HeldRow) -> HeldOut:
    """A message that waits."""
    author = AuthorOut(id=row.user_id, username=row.username, name=row.name)
    return HeldOut(id=row.id, author=author, text=row.text, reason=row.reason, at=row.at)


def act_out(row: ActRow) -> ActOut:
    """A row of the log."""
    return ActOut.model_validate(
        {
            "id": row.id,
            "at": row.at,
            "actor": row.actor,
            "action": row.action,
            "subject": row.subject,
            "detail": dict(row.detail),
        }
    )
