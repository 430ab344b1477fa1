"""Blocks: of whom somebody wants to read nothing, in all chats of the site; the blocked never learn of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from aethex_live.errors import Conflict, Invalid, NotFound
from aethex_live.events import record
from aethex_live.ids import uuid7

from .events import PersonBlocked, PersonUnblocked
from .moderation import account

if TYPE_CHECKING:
    from aethex_live.actor import Actor
    from aethex_live.clock import Clock
    from aethex_live.db import Database
    from aethex_live.realtime import Realtime

MINE = "chatme"  # tells all pages of a person what they chose on one of them
MOST = 1000

_FIND = "select id, username, display_name from core_user where id = $1 and state = 'active'"
_NAMED = "select id from core_user where username_key = $1 and state = 'active'"
# the row of the account puts those in order who block for one person at the same moment
_LOCK = "select id from core_user where id = $1 for update"
_COUNT = "select count(*) as count from chat_block where user_id = $1"
_INSERT = """
insert into chat_block (id, user_id, blocked_id, created_at) values ($1, $2, $3, $4)
on conflict (user_id, blocked_id) do nothing
"""
_DELETE = "delete from chat_block where user_id = $1 and blocked_id = $2"
_IDS = "select blocked_id from chat_block where user_id = $1"
_HAS = "select 1 from chat_block where user_id = $1 and blocked_id = $2"
_LIST = """
select b.id, b.blocked_id, u.username, u.display_name, b.created_at
from chat_block b join core_user u on u.id = b.blocked_id
where b.user_id = $1 and ($2::uuid is null or b.id < $2)
order by b.id desc limit $3
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Blocked:
    """Somebody whom the person who asks has blocked."""

    id: UUID
    user_id: UUID
    username: str
    name: str
    since: datetime


def my_topic(user_id: UUID) -> str:
    """Where the pages of a person hear what they chose on another one."""
    return f"{MINE}:{user_id}"


class Blocks:
    """Everybody's own list. Only its owner ever reads it."""

    def __init__(self, db: Database, clock: Clock, realtime: Realtime) -> None:
        self._db = db
        self._clock = clock
        self._realtime = realtime

    async def block(self, actor: Actor, user_id: UUID) -> None:
        """Read nothing of an account any more; again it changes nothing.

        Raises Unauthenticated, NotFound, Invalid for oneself, Conflict above 1,000.
        """
        me = account(actor)
        if me == user_id:
            raise Invalid("You can't block yourself.", field="user")
        async with self._db.transaction():
            if not await self._db.fetch(_FIND, [user_id]):
                raise NotFound("There is no such account.", field="user")
            await self._db.fetch(_LOCK, [me])
            if await self._db.fetch(_HAS, [me, user_id]):
                return
            if (await self._db.fetch(_COUNT, [me]))[0]["count"] >= MOST:
                raise Conflict(f"You can block at most {MOST:,} people; unblock somebody first.")
            await self._db.execute(_INSERT, [uuid7(), me, user_id, self._clock.now()])
            await record(PersonBlocked(user_id=me, blocked_id=user_id), subject=f"user:{me}", actor=me)
        self._tell(me)

    async def unblock(self, actor: Actor, user_id: UUID) -> None:
        """Read them again. Raises Unauthenticated, and NotFound for somebody who is not blocked."""
        me = account(actor)
        async with self._db.transaction():
            if not await self._db.execute(_DELETE, [me, user_id]):
                raise NotFound("You have not blocked this person.", field="user")
            await record(PersonUnblocked(user_id=me, blocked_id=user_id), subject=f"user:{me}", actor=me)
        self._tell(me)

    def _tell(self, me: UUID) -> None:
        """Of several changes at one moment pages hear once, so they ask for the list."""
        self._realtime.publish(my_topic(me), "blocks", {})

    async def named(self, username: str) -> UUID:
        """The account of a name, as people type it. Raises NotFound about `username`."""
        rows = await self._db.fetch(_NAMED, [username.strip().removeprefix("@").lower()])
        if not rows:
            raise NotFound("There is nobody of this name.", field="username")
        found: UUID = rows[0]["id"]
        return found

    async def ids_of(self, user_id: UUID) -> frozenset[UUID]:
        """Whom an account has blocked."""
        return frozenset(row["blocked_id"] for row in await self._db.fetch(_IDS, [user_id]))

    async def list(self, actor: Actor, *, before: UUID | None = None, limit: int = 100) -> list[Blocked]:
        """Whom the actor has blocked, the newest first; `before` is the id of the last row of the page before."""
        return [
            Blocked(
                id=row["id"],
                user_id=row["blocked_id"],
                username=row["username"],
                name=row["display_name"],
                since=row["created_at"],
            )
            for row in await self._db.fetch(_LIST, [account(actor), before, limit])
        ]
