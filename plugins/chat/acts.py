"""Writing acts of moderators: rows in the chat's own sequence, in the deed's own transaction."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID

from aethex_live.errors import NotFound
from aethex_live.events import Event, record
from aethex_live.ids import uuid7

from .delays import Told
from .sequence import advance
from .standing import Standing, standings

if TYPE_CHECKING:
    from aethex_live.actor import Actor
    from aethex_live.clock import Clock
    from aethex_live.db import Database
    from aethex_live.domain.audit import Audit

    from .delays import Delays

_INSERT = """
insert into chat_line
    (id, channel_id, seq, author_id, author_name, role, kind, mentions, act, client_id, created_at, reply_to,
     visible_at)
select $1, $2, $3, $4, $5, $6, 'act', '[]', $7, $8, $9::timestamptz, $10::uuid,
       (select max(p.visible_at) from chat_line p where p.channel_id = $2 and p.visible_at > $9::timestamptz)
returning visible_at
"""
_UNPIN = """
delete from chat_pin p using chat_line l
where p.channel_id = $1 and l.id = p.line and l.deleted_at is not null
returning p.id
"""


class News(NamedTuple):
    """What pages hear of an act: the event's name and data, and the message that it is about."""

    name: str
    data: Mapping[str, Any]
    about: UUID | None = None


class Act:
    """Deed in progress: the chat's sequence is locked, `now` is its time, `tell` adds to what pages hear."""

    def __init__(self, db: Database, channel_id: UUID, now: datetime) -> None:
        self.db = db
        self.channel_id = channel_id
        self.now = now
        self.news: list[News] = []

    async def people(self, *user_ids: UUID) -> dict[UUID, Standing]:
        """What these accounts are in the chat at this moment."""
        return await standings(self.db, self.channel_id, list(user_ids), self.now)

    async def person(self, user_id: UUID) -> Standing:
        """One of them. Raises NotFound."""
        found = (await self.people(user_id)).get(user_id)
        if found is None:
            raise NotFound("There is no such account.", field="user")
        return found

    def tell(self, name: str, data: Mapping[str, Any], *, about: UUID | None = None) -> None:
        """Say something to all pages, at the end; `about` is the message whose words `data` repeats."""
        self.news.append(News(name, data, about))


class Acts:
    """Opens deeds: everything inside of one is done or nothing is, and only then it is told."""

    def __init__(self, db: Database, clock: Clock, delays: Delays) -> None:
        self._db = db
        self._clock = clock
        self._delays = delays

    @asynccontextmanager
    async def doing(self, channel_id: UUID, actor_id: UUID) -> AsyncIterator[tuple[Act, Standing]]:
        """A deed of the actor in the channel. Lines and other acts of this chat wait for its end."""
        async with self._db.transaction():
            await advance(self._db, channel_id, 0)
            act = Act(self._db, channel_id, self._clock.now())
            actor = (await act.people(actor_id)).get(actor_id)
            if actor is None:
                raise NotFound("There is no such chat; it may have gone with its channel.")
            yield act, actor
            await self._unpin(act, actor)
            place = await advance(self._db, channel_id, len(act.news))
            first = place.seq - len(act.news) + 1
            due = None
            for seq, news in enumerate(act.news, first):
                due = await self._insert(act, actor, seq, news)
        told = [Told(seq, news.name, news.data) for seq, news in enumerate(act.news, first)]
        self._delays.tell_acts(channel_id, told, place.epoch, due)

    async def _unpin(self, act: Act, actor: Standing) -> None:
        """A pinned message that this deed removes stands above the chat no more."""
        if any(news.name in ("removed", "cleared") for news in act.news):
            for row in await self._db.fetch(_UNPIN, [act.channel_id]):
                act.tell("unpinned", {"id": str(row["id"]), "by": actor.name})

    async def _insert(self, act: Act, actor: Standing, seq: int, news: News) -> datetime | None:
        """Store an act; answers when viewers come to it in the sequence, None: at once."""
        line_id = uuid7()
        stored = {"name": news.name, "data": dict(news.data)}
        rows = await self._db.fetch(
            _INSERT,
            [
                line_id,
                act.channel_id,
                seq,
                actor.user_id,
                actor.name,
                actor.role,
                stored,
                str(line_id),
                act.now,
                news.about,
            ],
        )
        found: datetime | None = rows[0]["visible_at"]
        return found


class Ledger:
    """Writes down what was done, in the transaction of the deed: its event in the log and its audit entry."""

    def __init__(self, audit: Audit) -> None:
        self._audit = audit

    async def write(
        self, act: Act, actor: Actor, action: str, event: Event, *, subject: str, detail: Mapping[str, Any]
    ) -> None:
        """Both at once; `action` is the word that the log of acts shows, `detail` what it says more."""
        await record(event, subject=subject, actor=actor.user_id, channel=act.channel_id)
        await self._audit.write(action, actor=actor, subject=subject, channel_id=act.channel_id, detail=detail)
