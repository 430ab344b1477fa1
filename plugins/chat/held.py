"""Messages that wait for a moderator: kept, told to moderators by their number alone, let through or not."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from aethex_live.domain.rights import Right
from aethex_live.errors import Conflict, Forbidden, NotFound, TooMany
from aethex_live.events import record
from aethex_live.ids import uuid7
from aethex_live.jobs import Schedule

from . import events
from .batches import Stored
from .moderation import account
from .sequence import OWN, own_topic
from .standing import Standing, require_moderator, standings

if TYPE_CHECKING:
    from aethex_live import PluginContext
    from aethex_live.actor import Actor

PREFIX = "chatheld"  # tells moderators how many wait; what they say is asked for with a proof of the right
MOST_OF_ONE = 5
MOST_OF_ALL = 300
KEPT = timedelta(days=7)

_INSERT = """
insert into chat_held (id, channel_id, author_id, text, reply_to, client_id, reason, created_at)
select $1, $2, $3, $4, $5, $6, $7, $8
where (select count(*) from chat_held where channel_id = $2 and decided_at is null) < $9
  and (select count(*) from chat_held where channel_id = $2 and author_id = $3 and decided_at is null) < $10
on conflict (channel_id, author_id, client_id) do nothing
returning id
"""
_SAME = "select id, approved from chat_held where channel_id = $1 and author_id = $2 and client_id = $3"
_COUNT = "select count(*) as count from chat_held where channel_id = $1 and decided_at is null"
_WAITING = """
select h.id, h.author_id, u.username, u.display_name, h.text, h.reason, h.created_at
from chat_held h join core_user u on u.id = h.author_id
where h.channel_id = $1 and h.decided_at is null and ($2::uuid is null or h.id > $2)
order by h.id limit $3
"""
_TAKE = """
select id, author_id, text, reply_to, client_id from chat_held
where id = $1 and channel_id = $2 and decided_at is null for update
"""
_DECIDE = "update chat_held set decided_at = $2, decided_by = $3, approved = $4 where id = $1"
_PRUNE = "delete from chat_held where created_at < $1"


@dataclass(frozen=True, slots=True)
class Held:
    """What an author gets whose message waits."""

    id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldRow:
    """A message that waits, as moderators see it; `reason` says why it was held."""

    id: UUID
    user_id: UUID
    username: str
    name: str
    text: str
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Keep:
    """A message on its way into the queue."""

    channel_id: UUID
    author_id: UUID
    text: str
    reply_to: UUID | None
    client_id: str
    reason: str


Store = Callable[[UUID, Standing, str, UUID | None, str], Awaitable[Stored]]
"""Writes a message of an author into a channel's chat: channel, author, text, reply_to, client_id."""


class HeldMessages:
    """The queue of every chat. Moderators with the right to delete messages decide; nobody else sees what waits."""

    def __init__(self, context: PluginContext, store: Store) -> None:
        self._context = context
        self._store = store

    async def keep(self, wanted: Keep) -> Held:
        """Let a message wait; the same `client_id` again is the same message.

        Raises TooMany when too many wait already, Forbidden when a moderator has decided against it.
        """
        values = [uuid7(), wanted.channel_id, wanted.author_id, wanted.text, wanted.reply_to, wanted.client_id]
        now = self._context.clock.now()
        rows = await self._context.db.fetch(_INSERT, [*values, wanted.reason[:200], now, MOST_OF_ALL, MOST_OF_ONE])
        if rows:
            await self._tell(wanted.channel_id)
            return Held(rows[0]["id"])
        same = await self._context.db.fetch(_SAME, [wanted.channel_id, wanted.author_id, wanted.client_id])
        if not same:
            raise TooMany(
                "Messages of yours wait for a moderator already: wait until they are looked at.",
                retry_after=30.0,
                code="chat-held-many",
            )
        if same[0]["approved"] is False:
            raise Forbidden("A moderator did not let this message through.", field="text", code="chat-denied")
        return Held(same[0]["id"])

    async def count(self, channel_id: UUID) -> int:
        """How many wait in a chat."""
        return int((await self._context.db.fetch(_COUNT, [channel_id]))[0]["count"])

    async def waiting(
        self, channel_id: UUID, actor: Actor, *, after: UUID | None = None, limit: int = 50
    ) -> list[HeldRow]:
        """What waits, oldest first. Raises Unauthenticated or Forbidden."""
        await self._require(channel_id, actor)
        rows = await self._context.db.fetch(_WAITING, [channel_id, after, limit])
        return [
            HeldRow(
                id=row["id"],
                user_id=row["author_id"],
                username=row["username"],
                name=row["display_name"],
                text=row["text"],
                reason=row["reason"],
                at=row["created_at"],
            )
            for row in rows
        ]

    async def decide(self, channel_id: UUID, held_id: UUID, actor: Actor, *, approve: bool) -> None:
        """Let a message through, as said now, or not. Raises Forbidden, NotFound, or Conflict about its author.

        A crash in between leaves it waiting; let through again it is the same line.
        """
        by = await self._require(channel_id, actor)
        db, now = self._context.db, self._context.clock.now()
        async with db.transaction():
            rows = await db.fetch(_TAKE, [held_id, channel_id])
            if not rows:
                raise NotFound("This message does not wait any more: somebody else has decided.")
            row = rows[0]
            if approve:
                await self._let_through(channel_id, row, now)
            await db.execute(_DECIDE, [held_id, now, by.user_id, approve])
            event = events.HeldDecided(channel_id=channel_id, author_id=row["author_id"], approved=approve)
            subject = f"user:{row['author_id']}"
            await record(event, subject=subject, actor=by.user_id, channel=channel_id)
            action = "chat.approve" if approve else "chat.deny"
            author = (await standings(db, channel_id, [row["author_id"]], now)).get(row["author_id"])
            detail = {"username": author.username if author else "", "text": row["text"]}
            await self._context.domain.audit.write(
                action, actor=actor, subject=subject, channel_id=channel_id, detail=detail
            )
        if not approve:
            topic = own_topic(channel_id, row["author_id"])
            self._context.realtime.publish(topic, "denied", {"client_id": row["client_id"]})
        await self._tell(channel_id)

    async def _let_through(self, channel_id: UUID, row: Any, now: datetime) -> None:
        author = (await standings(self._context.db, channel_id, [row["author_id"]], now)).get(row["author_id"])
        if author is None or not author.active:
            raise Conflict("The account of its author is closed: it can only be denied.")
        if author.restricted is not None:
            raise Conflict(f"{author.name} is shut out of this chat: lift that first, or deny the message.")
        await self._store(channel_id, author, row["text"], row["reply_to"], row["client_id"])

    async def may_hear(self, topic: str, actor: Actor) -> bool:
        """Whether the actor may hear one of the topics here."""
        prefix, _, rest = topic.partition(":")
        channel, _, person = rest.partition(":")
        if prefix == OWN:
            return actor.user_id is not None and person == str(actor.user_id)
        try:
            await self._require(UUID(channel), actor)
        except (ValueError, Forbidden):
            return False
        return not person

    def schedules(self) -> list[Schedule]:
        """Forgets what is older than a week, decided or not."""
        return [Schedule("chat.held_prune", timedelta(hours=6), self._prune)]

    async def _prune(self) -> None:
        await self._context.db.execute(_PRUNE, [self._context.clock.now() - KEPT])

    async def _tell(self, channel_id: UUID) -> None:
        self._context.realtime.publish(f"{PREFIX}:{channel_id}", "held", {"waiting": await self.count(channel_id)})

    async def _require(self, channel_id: UUID, actor: Actor) -> Standing:
        user_id, now = account(actor), self._context.clock.now()
        found = (await standings(self._context.db, channel_id, [user_id], now)).get(user_id)
        return require_moderator(found, Right.CHAT_DELETE)
