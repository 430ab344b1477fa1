"""Messages as things that can be reported, for whichever plugin takes reports."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from aethex_live.hookspecs.moderation import Reportable

if TYPE_CHECKING:
    from aethex_live.db import Database

KIND = "chat.line"
_LINE = """
select l.id, l.channel_id, l.author_id, l.author_name, l.text, l.created_at, c.slug, c.name
from chat_line l join core_channel c on c.id = l.channel_id
where l.id = $1 and l.kind = 'message' and l.deleted_at is null
"""


async def describe(db: Database, kind: str, subject_id: str) -> Reportable | None:
    """A message that stands; None for other kinds and for what was removed."""
    try:
        number = UUID(subject_id) if kind == KIND else None
    except ValueError:
        number = None
    rows = await db.fetch(_LINE, [number]) if number else []
    return _reportable(rows[0]) if rows else None


def _reportable(row: dict[str, object]) -> Reportable:
    author = row["author_id"]
    card = f"/p/chat/{row['slug']}/people/{author}?line={row['id']}&next=/p/chat/{row['slug']}"
    return Reportable(
        title=f"Message in the chat of {row['name']}",
        path=f"/{row['slug']}/live",
        text=str(row["text"]),
        at=row["created_at"],  # type: ignore[arg-type]  # a column of the database
        author_id=UUID(str(author)) if author else None,
        author_name=str(row["author_name"]),
        channel_id=UUID(str(row["channel_id"])),
        act_path=card if author else "",
    )
