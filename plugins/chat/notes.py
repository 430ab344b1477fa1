"""Notes of moderators about people, read by the moderators of the channel alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from aethex_live.domain.rights import Right
from aethex_live.errors import Conflict, Forbidden, Invalid, NotFound
from aethex_live.ids import uuid7

from . import events
from .moderation import account
from .standing import require_moderator, require_power

if TYPE_CHECKING:
    from aethex_live.actor import Actor
    from aethex_live.db import Database

    from .acts import Acts, Ledger

LONGEST = 500  # characters
MOST = 50  # notes about one person in one channel

_COUNT = "select count(*) as count from chat_note where channel_id = $1 and user_id = $2"
_INSERT = """
insert into chat_note (id, channel_id, user_id, author_id, author_name, text, created_at)
values ($1, $2, $3, $4, $5, $6, $7)
"""
_ONE = "select id, user_id, author_id from chat_note where id = $2 and channel_id = $1"
_DELETE = "delete from chat_note where id = $1"
_LIST = """
select id, author_id, author_name, text, created_at from chat_note
where channel_id = $1 and user_id = $2 order by id desc
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteRow:
    """A note; `author_id` is None when that account is gone."""

    id: UUID
    author_id: UUID | None
    author: str
    text: str
    at: datetime


async def notes_about(db: Database, channel_id: UUID, user_id: UUID) -> list[NoteRow]:
    """All notes about a person in a channel, the newest first."""
    return [
        NoteRow(
            id=row["id"],
            author_id=row["author_id"],
            author=row["author_name"],
            text=row["text"],
            at=row["created_at"],
        )
        for row in await db.fetch(_LIST, [channel_id, user_id])
    ]


class Notes:
    """Writes and deletes notes. What they say stands in no log: whoever deletes theirs takes the words back."""

    def __init__(self, acts: Acts, ledger: Ledger) -> None:
        self._acts = acts
        self._ledger = ledger

    async def write(self, channel_id: UUID, user_id: UUID, actor: Actor, text: str) -> UUID:
        """Write a note about somebody; its id. Needs the right for timeouts. Raises a Refusal."""
        said = check_words(text, "Write what the other moderators should know.", field="text")
        async with self._acts.doing(channel_id, account(actor)) as (act, by):
            target = await act.person(user_id)
            require_power(by, target, Right.CHAT_TIMEOUT)
            if (await act.db.fetch(_COUNT, [channel_id, user_id]))[0]["count"] >= MOST:
                raise Conflict(f"There are {MOST} notes about {target.name} already: delete one first.")
            note_id = uuid7()
            await act.db.execute(_INSERT, [note_id, channel_id, user_id, by.user_id, by.name, said, act.now])
            event = events.NoteChanged(channel_id=channel_id, user_id=user_id, written=True)
            detail = {"username": target.username}
            await self._ledger.write(act, actor, "chat.note", event, subject=f"user:{user_id}", detail=detail)
        return note_id

    async def delete(self, channel_id: UUID, note_id: UUID, actor: Actor) -> None:
        """Delete a note of one's own; the owner may delete all. Raises a Refusal."""
        async with self._acts.doing(channel_id, account(actor)) as (act, by):
            require_moderator(by, Right.CHAT_TIMEOUT)
            rows = await act.db.fetch(_ONE, [channel_id, note_id])
            if not rows:
                raise NotFound("This note is not there any more.")
            if rows[0]["author_id"] != by.user_id and by.role != "owner":
                raise Forbidden("Only who wrote a note, or the owner of the channel, may delete it.")
            await act.db.execute(_DELETE, [note_id])
            user_id = rows[0]["user_id"]
            target = (await act.people(user_id)).get(user_id)
            event = events.NoteChanged(channel_id=channel_id, user_id=user_id, written=False)
            detail = {"username": target.username if target else ""}
            await self._ledger.write(act, actor, "chat.unnote", event, subject=f"user:{user_id}", detail=detail)


def check_words(text: str, missing: str, *, field: str, longest: int = LONGEST) -> str:
    """The text on one line, without controls. Raises Invalid about `field` when it is empty (`missing`) or too long."""
    said = " ".join("".join(c for c in text if c.isprintable() or c.isspace() or c == "\u200d").split())
    if not said and missing:
        raise Invalid(missing, field=field)
    if len(said) > longest:
        raise Invalid(f"Use at most {longest:,} characters; these are {len(said):,}.", field=field)
    return said
