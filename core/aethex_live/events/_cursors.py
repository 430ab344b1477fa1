"""The SQL of cursors and dead letters."""

import traceback
from typing import TYPE_CHECKING, Any
from uuid import UUID

from aethex_live.db import Database
from aethex_live.errors import AethexError
from aethex_live.ids import uuid7

if TYPE_CHECKING:
    from .consumers import Recorded

_COLUMNS = "id, position, type, version, actor_id, channel_id, subject, payload, occurred_at"
_LONGEST_ERROR = 4000


class LeadershipLost(AethexError):
    """Another process moves the cursors: this one must stop feeding."""


async def head(db: Database) -> int:
    """The last position of the log; 0 when it is empty."""
    rows = await db.fetch("select coalesce(max(position), 0) as head from core_event")
    return int(rows[0]["head"])


async def load(db: Database, consumer: str, catch_up: bool) -> int:
    """The consumer's position; a new consumer is put at the head of the log, or at its beginning to catch up."""
    start = 0 if catch_up else await head(db)
    insert = "insert into core_event_cursor (consumer, position) values ($1, $2) on conflict (consumer) do nothing"
    await db.execute(insert, [consumer, start])
    rows = await db.fetch("select position from core_event_cursor where consumer = $1", [consumer])
    return int(rows[0]["position"])


async def save(db: Database, consumer: str, before: int, after: int) -> None:
    """Move the cursor; `LeadershipLost` when it is not where this process left it."""
    update = "update core_event_cursor set position = $3, updated_at = now() where consumer = $1 and position = $2"
    if not await db.execute(update, [consumer, before, after]):
        raise LeadershipLost(f"The cursor of {consumer} was moved by another process.")


async def read(db: Database, after: int, upto: int, types: frozenset[str] | None, limit: int) -> list[dict[str, Any]]:
    """The events in (after, upto], in order."""
    where = "position > $1 and position <= $2 and ($3::text[] is null or type = any($3))"
    sql = f"select {_COLUMNS} from core_event where {where} order by position limit $4"  # noqa: S608 - constants
    return await db.fetch(sql, [after, upto, sorted(types) if types is not None else None, limit])


async def one(db: Database, event_id: UUID) -> dict[str, Any] | None:
    """A single event of the log by its id."""
    rows = await db.fetch(f"select {_COLUMNS} from core_event where id = $1", [event_id])  # noqa: S608 - constants
    return rows[0] if rows else None


async def bury(db: Database, consumer: str, recorded: "Recorded", error: Exception, attempts: int) -> None:
    """Keep an event that a consumer could not handle, with the end of the traceback."""
    text = "".join(traceback.format_exception(error))[-_LONGEST_ERROR:].replace("\0", "")
    insert = """
        insert into core_event_dead_letter (id, consumer, event_id, position, error, attempts)
        values ($1, $2, $3, $4, $5, $6)
        on conflict (consumer, event_id) do update
        set error = excluded.error, attempts = core_event_dead_letter.attempts + excluded.attempts"""
    await db.execute(insert, [uuid7(), consumer, recorded.id, recorded.position, text, attempts])
