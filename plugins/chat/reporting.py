"""Messages and people of a chat as things that can be reported, with what was said beside them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

from aethex_live.hookspecs.moderation import Neighbour, Reportable

if TYPE_CHECKING:
    from aethex_live.db import Database

LINE, PERSON = "chat.line", "chat.person"
BESIDE = 5  # messages before and after a message
LAST = 20  # messages of a person

_LINE = """
select l.id, l.seq, l.channel_id, l.author_id, l.author_name, l.text, l.created_at, c.slug, c.name
from chat_line l join core_channel c on c.id = l.channel_id
where l.id = $1 and l.kind = 'message' and l.deleted_at is null
"""
# removed ones, too: moderators may have acted before somebody reports
_BESIDE = """
select l.author_name, l.text, l.created_at, l.seq from (
  (select * from chat_line b where b.channel_id = $1 and b.seq < $2 and b.kind = 'message'
   order by b.seq desc limit $3)
  union all
  (select * from chat_line b where b.channel_id = $1 and b.seq >= $2 and b.kind = 'message'
   order by b.seq limit $3 + 1)
) l order by l.seq
"""
_PERSON = """
select u.id, u.display_name, c.id as channel_id, c.slug, c.name
from core_user u join core_channel c on c.id = $1 and c.delete_at is null
where u.id = $2 and exists (select 1 from chat_line l where l.channel_id = $1 and l.author_id = $2
                            and l.kind = 'message')
"""
_SAID = """
select l.author_name, l.text, l.created_at from chat_line l
where l.channel_id = $1 and l.author_id = $2 and l.kind = 'message' order by l.seq desc limit $3
"""


async def describe(db: Database, kind: str, subject_id: str) -> Reportable | None:
    """A message that stands, or a person who wrote in a chat; None for other kinds and what is not there."""
    if kind == LINE and (line_id := _uuid(subject_id)):
        rows = await db.fetch(_LINE, [line_id])
        return await _line(db, rows[0]) if rows else None
    if kind == PERSON and len(subject_id) == 64:
        channel_id, user_id = _uuid(subject_id[:32]), _uuid(subject_id[32:])
        rows = await db.fetch(_PERSON, [channel_id, user_id]) if channel_id and user_id else []
        return await _person(db, rows[0]) if rows else None
    return None


async def _line(db: Database, row: Mapping[str, Any]) -> Reportable:
    author = row["author_id"]
    beside = await db.fetch(_BESIDE, [row["channel_id"], row["seq"], BESIDE])
    return Reportable(
        title=f"Message in the chat of {row['name']}",
        path=f"/{row['slug']}/live",
        text=row["text"],
        at=row["created_at"],
        author_id=UUID(str(author)) if author else None,
        author_name=row["author_name"],
        channel_id=UUID(str(row["channel_id"])),
        act_path=f"{_card(row['slug'], author)}&line={row['id']}" if author else "",
        around=_neighbours(beside, row["seq"]),
    )


async def _person(db: Database, row: Mapping[str, Any]) -> Reportable:
    said = await db.fetch(_SAID, [row["channel_id"], row["id"], LAST])
    return Reportable(
        title=f"{row['display_name']} in the chat of {row['name']}",
        path=f"/{row['slug']}/live",
        author_id=UUID(str(row["id"])),
        author_name=row["display_name"],
        channel_id=UUID(str(row["channel_id"])),
        act_path=_card(row["slug"], row["id"]),
        around=_neighbours(said[::-1]),
    )


def _neighbours(rows: Sequence[Mapping[str, Any]], subject: int | None = None) -> list[Neighbour]:
    return [
        Neighbour(
            name=row["author_name"],
            text=row["text"],
            at=row["created_at"],
            subject=subject is not None and row["seq"] == subject,
        )
        for row in rows
    ]


def _card(slug: str, user_id: object) -> str:
    return f"/p/chat/{slug}/people/{user_id}?next=/p/chat/{slug}"


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
