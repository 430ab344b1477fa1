"""Dead letters: events that a consumer could not handle, to be read, handed over again, or forgotten."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from aethex_live.db import Database

_PAGE = """
select letter.id, letter.consumer, letter.event_id, letter.error, letter.attempts, letter.created_at,
  coalesce(event.type, '') as type, coalesce(event.subject, '') as subject
from core_event_dead_letter letter left join core_event event on event.id = letter.event_id
where $1::uuid is null or letter.id < $1 order by letter.id desc limit $2
"""


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """An event that a consumer gave up; `type` and `subject` are the event's, empty when it is gone."""

    id: UUID
    consumer: str
    event_id: UUID
    error: str
    attempts: int
    created_at: datetime
    type: str
    subject: str


async def dead_letters(db: Database, *, before: UUID | None = None, limit: int = 50) -> list[DeadLetter]:
    """Dead letters, the newest first; page on with the last one's id as `before`."""
    return [DeadLetter(**row) for row in await db.fetch(_PAGE, [before, limit])]


async def count_dead_letters(db: Database) -> int:
    """How many there are."""
    return int((await db.fetch("select count(*) as n from core_event_dead_letter"))[0]["n"])


async def discard(db: Database, letter_id: UUID) -> bool:
    """Forget a dead letter; False when it is not there."""
    return bool(await db.execute("delete from core_event_dead_letter where id = $1", [letter_id]))
