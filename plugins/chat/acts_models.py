"""What the API of moderators' acts takes and gives; times are ISO 8601 in UTC."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, Field

from . import appeals
from .api_models import ActOut, AuthorOut, Body, MessageOut, ModesOut, WarningOut, act_out, message_out, warning_out
from .commands import Command
from .history import Record
from .notes import NoteRow
from .shield import Shield


class Removed(BaseModel):
    """How many messages were removed at once; older ones of many follow within seconds."""

    removed: int


class WarningIn(Body):
    """A warning."""

    user: UUID
    reason: str = Field(max_length=4000, description="1 to 200 characters, which its receiver reads")


class Made(BaseModel):
    """The id of what was made."""

    id: UUID


class AppealIn(Body):
    """A request to be let in again."""

    text: str = Field(max_length=4000, description="1 to 500 characters")


class AppealOut(BaseModel):
    """A request as its author sees it."""

    id: UUID
    text: str
    state: Literal["open", "approved", "denied", "over"]
    at: datetime
    decided_at: datetime | None
    answer: str


class OwnAppeal(BaseModel):
    """The newest request of the account that asks; null when there was none."""

    appeal: AppealOut | None


class WaitingOut(BaseModel):
    """A request that waits, and what its author is shut out for."""

    id: UUID
    author: AuthorOut
    text: str
    at: datetime
    kind: Literal["timeout", "ban"]
    until: datetime | None
    reason: str
    by: str
    since: datetime


class WaitingList(BaseModel):
    """A part of what waits, oldest first."""

    items: list[WaitingOut]
    next: UUID | None = Field(default=None, description="give it as `after` for the next page; null: that was all")


class AnswerIn(Body):
    """Whether somebody is let in again, and what they read about it."""

    approve: bool
    answer: str = Field(default="", max_length=4000, description="up to 500 characters")


class NoteIn(Body):
    """A note about a person."""

    text: str = Field(max_length=4000, description="1 to 500 characters, for moderators alone")


class NoteOut(BaseModel):
    """A note about a person; `author_id` is null when that account is gone."""

    id: UUID
    author_id: UUID | None
    author: str
    text: str
    at: datetime


class RecordOut(BaseModel):
    """What moderators read of a person: the newest messages, notes and acts, 50 each, newest first."""

    created_at: datetime
    messages: list[MessageOut]
    notes: list[NoteOut]
    acts: list[ActOut]
    warning: WarningOut | None


class ShieldOut(BaseModel):
    """Shield mode: whether it is on, since when and by whom, and what it turns on."""

    on: bool
    since: datetime | None
    by: str
    preset: ModesOut


class ShieldIn(Body):
    """Whether shield mode is on."""

    on: bool


class CommandOut(BaseModel):
    """A slash command."""

    name: str
    usage: str
    help: str


class CommandList(BaseModel):
    """The commands that the account that asks may use in this chat."""

    items: list[CommandOut]


def own_out(own: appeals.Own | None) -> OwnAppeal:
    """A request as its author sees it."""
    if own is None:
        return OwnAppeal(appeal=None)
    return OwnAppeal(
        appeal=AppealOut(
            id=own.id, text=own.text, state=own.state, at=own.at, decided_at=own.decided_at, answer=own.answer
        )
    )


def waiting_out(row: appeals.Waiting) -> WaitingOut:
    """A request as moderators see it."""
    return WaitingOut.model_validate(
        {
            "id": row.id,
            "author": {"id": row.user_id, "username": row.username, "name": row.name},
            "text": row.text,
            "at": row.at,
            "kind": row.kind,
            "until": row.until,
            "reason": row.reason,
            "by": row.by,
            "since": row.since,
        }
    )


def note_out(note: NoteRow) -> NoteOut:
    """A note."""
    return NoteOut(id=note.id, author_id=note.author_id, author=note.author, text=note.text, at=note.at)


def record_out(record: Record) -> RecordOut:
    """The record of a person."""
    return RecordOut(
        created_at=record.created_at,
        messages=[message_out(entry) for entry in record.lines],
        notes=[note_out(note) for note in record.notes],
        acts=[act_out(row) for row in record.acts],
        warning=warning_out(record.warning) if record.warning else None,
    )


def shield_out(shield: Shield) -> ShieldOut:
    """Shield mode."""
    return ShieldOut(on=shield.on, since=shield.since, by=shield.by, preset=ModesOut(**shield.preset.as_json()))


def command_out(command: Command) -> CommandOut:
    """A command."""
    return CommandOut(name=command.name, usage=command.usage, help=command.help)
