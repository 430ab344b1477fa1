"""Writing a batch of lines: one transaction that takes their numbers and stores them, then the news."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

import orjson
from asyncpg import ForeignKeyViolationError
from tortoise.exceptions import IntegrityError

from aethex_live.errors import AethexError, NotFound, Unavailable

from .batches import BUSY, Stored, Waiting
from .delays import LATER, Told
from .lines import Entry
from .refusals import shut_out, warned
from .sequence import advance
from .standing import standings

if TYPE_CHECKING:
    from aethex_live.clock import Clock
    from aethex_live.db import Database

    from .delays import Delays

log = logging.getLogger(__name__)

# who was shut out a moment ago is left out here, behind the lock of the sequence: no line comes after the act
_INSERT = f"""
insert into chat_line
    (id, channel_id, seq, author_id, author_name, role, kind, text, mentions, reply_to, client_id, badges, accent,
     emotes, created_at, visible_at)
select w.id, $1, $2 + w.place, w.author_id, w.author_name, w.role, 'message', w.text, w.mentions::jsonb,
       w.reply_to, w.client_id, w.badges::jsonb, w.accent, w.emotes::jsonb, $3::timestamptz, {LATER}
from unnest($4::uuid[], $5::uuid[], $6::text[], $7::text[], $8::text[], $9::text[], $10::uuid[], $11::text[],
            $12::text[], $13::text[], $14::text[])
     with ordinality
     as w (id, author_id, author_name, role, text, mentions, reply_to, client_id, badges, accent, emotes,
           place)
where not exists (select 1 from chat_restriction r where r.channel_id = $1 and r.user_id = w.author_id
                  and r.lifted_at is null and (r.until is null or r.until > $3))
  and not exists (select 1 from chat_warning g where g.channel_id = $1 and g.user_id = w.author_id
                  and g.acknowledged_at is null)
on conflict do nothing
returning id, visible_at
"""  # noqa: S608 - the only thing put in is a constant of the module delays
_REPEATED = """
select l.author_id, l.client_id, l.id, l.seq, l.created_at from chat_line l
join unnest($2::uuid[], $3::text[]) as w (author_id, client_id)
  on l.author_id = w.author_id and l.client_id = w.client_id
where l.channel_id = $1
"""


class _Contested(AethexError):
    """Not every line of the batch could be stored; ends the transaction."""


class LineWriter:
    """Stores batches of a chat and tells its topic."""

    def __init__(self, db: Database, clock: Clock, delays: Delays) -> None:
        self._db = db
        self._clock = clock
        self._delays = delays

    async def write(self, channel_id: UUID, batch: Sequence[Waiting]) -> None:
        """Store the lines and settle each: its place, or why not. Repeats get the place of the first."""
        self._db.bind()
        try:
            await self._store(channel_id, batch)
        except (_Contested, IntegrityError) as failure:
            # rare: a repeat through another process, somebody shut out meanwhile, an account that went
            rest = await self._sift(channel_id, batch)
            if len(rest) == len(batch) == 1:
                rest[0].settle(_reason(failure))
                return
            for part in (rest,) if len(rest) < len(batch) else ([line] for line in rest):
                if part:
                    await self.write(channel_id, part)

    async def _store(self, channel_id: UUID, batch: Sequence[Waiting]) -> None:
        now = self._clock.now()
        async with self._db.transaction():
            place = await advance(self._db, channel_id, len(batch))
            first = place.seq - len(batch)
            rows = await self._db.fetch(_INSERT, [channel_id, first, now, *_columns(batch)])
            if len(rows) < len(batch):
                raise _Contested("Chat could not take this message; send it again.")
        for seq, line in enumerate(batch, first + 1):
            line.settle(Stored(line.id, seq, now))
        told = [Told(seq, "line", _entry(line, seq, now).as_json()) for seq, line in enumerate(batch, first + 1)]
        self._delays.tell(channel_id, told, place.epoch, rows[0]["visible_at"])

    async def _sift(self, channel_id: UUID, batch: Sequence[Waiting]) -> list[Waiting]:
        """Settle what is stored already and what may not be stored; the rest is for another try."""
        authors = [line.author_id for line in batch]
        rows = await self._db.fetch(_REPEATED, [channel_id, authors, [line.client_id for line in batch]])
        known = {(row["author_id"], row["client_id"]): Stored(row["id"], row["seq"], row["created_at"]) for row in rows}
        people = await standings(self._db, channel_id, authors, self._clock.now())
        rest = []
        for line in batch:
            person = people.get(line.author_id)
            if line.key in known:
                line.settle(known[line.key])
            elif person is not None and person.restricted is not None:
                line.settle(shut_out(person.restricted, self._clock.now()))
            elif person is not None and person.warned:
                line.settle(warned())
            else:
                rest.append(line)
        return rest


def _reason(failure: Exception) -> Exception:
    """Why a line can't be stored that stands alone in its batch."""
    if isinstance(failure.__cause__, ForeignKeyViolationError):
        return NotFound("This chat or your account is not there any more.")
    log.error("a line can't be stored", exc_info=failure)
    return Unavailable(BUSY, retry_after=2.0)


def _columns(batch: Sequence[Waiting]) -> list[object]:
    return [
        [line.id for line in batch],
        [line.author_id for line in batch],
        [line.author.name for line in batch],
        [line.role for line in batch],
        [line.text for line in batch],
        # as text: a list of lists would be taken for an array of two dimensions
        [orjson.dumps(line.mentions).decode() for line in batch],
        [line.quote.id if line.quote else None for line in batch],
        [line.client_id for line in batch],
        [orjson.dumps(line.badges).decode() if line.badges else None for line in batch],
        [line.accent for line in batch],
        [orjson.dumps(line.emotes).decode() if line.emotes else None for line in batch],
    ]


def _entry(line: Waiting, seq: int, now: datetime) -> Entry:
    return Entry(
        id=line.id,
        seq=seq,
        author=line.author,
        role=line.role,
        text=line.text,
        mentions=line.mentions,
        quote=line.quote,
        at=now,
        client_id=line.client_id,
        badges=line.badges,
        accent=line.accent,
        emotes=line.emotes,
    )
