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

from .sequence import advance, topic_of
from .standing import Standing, standings

if TYPE_CHECKING:
    from aethex_live.actor import Actor
    from aethex_live.clock import Clock
    from aethex_live.db import Database
    from aethex_live.domain.audit import Audit
    from aethex_live.realtime import Realtime

_INSERT = """
insert into chat_line
    (id, channel_id, seq, author_id, author_name, role, kind, mentions, act, client_id, created_at)
values ($1, $2, $3, $4, $5, $6, 'act', '[]', $7, $8, $9)
"""


class News(NamedTuple):
    """What pages hear of an act: the event's name and data."""

    name: str
    data: Mapping[str, Any]


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

    def tell(self, name: str, data: Mapping[str, Any]) -> None:
        """Say something to all pages, at the end."""
        self.news.append(News(name, data))


class Acts:
    """Opens deeds: everything inside of one is done or nothing is, and only then it is told."""

    def __init__(self, db: Database, clock: Clock, realtime: Realtime) -> None:
        self._db = db
        self._clock = clock
        self._realtime = realtime

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
            place = await advance(self._db, channel_id, len(act.news))
            first = place.seq - len(act.news) + 1
            for seq, news in enumerate(act.news, first):
                await self._insert(act, actor, seq, news)
        for seq, news in enumerate(act.news, first):
            self._realtime.publish(topic_of(channel_id), news.name, news.data, seq=seq, epoch=place.epoch)

    async def _insert(self, act: Act, actor: Standing, seq: int, news: News) -> None:
        line_id = uuid7()
        stored = {"name": news.name, "data": dict(news.data)}
        await self._db.execute(
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
            ],
        )


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
