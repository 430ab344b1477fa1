"""The numbers of a chat: one row of core_topic, whose lock puts all writers of a channel in order."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, NamedTuple
from uuid import UUID

if TYPE_CHECKING:
    from aethex_live.db import Database

PREFIX = "chat"
OWN = "chatown"
NOW = "chatnow"  # the same sequence without the delay, for moderators

_ADVANCE = """
insert into core_topic (name, seq, epoch) values ($1, $2, $3)
on conflict (name) do update set seq = core_topic.seq + excluded.seq
returning seq, epoch
"""


class Place(NamedTuple):
    """The newest number of a chat and the epoch of its numbers."""

    seq: int
    epoch: str


def topic_of(channel_id: UUID, prefix: str = PREFIX) -> str:
    """The realtime topic of a channel's chat, as viewers hear it."""
    return f"{prefix}:{channel_id}"


def own_topic(channel_id: UUID, user_id: UUID) -> str:
    """Where an author hears what is not for others, or not yet."""
    return f"{OWN}:{channel_id}:{user_id}"


def channel_of(topic: str) -> UUID | None:
    """The channel of a topic, or None for what is no topic of ours."""
    prefix, _, rest = topic.partition(":")
    try:
        found = UUID(rest)
    except ValueError:
        return None
    # only the canonical form: one chat must not have two topics
    return found if prefix in (PREFIX, NOW) and str(found) == rest else None


async def advance(db: Database, channel_id: UUID, count: int) -> Place:
    """Take `count` numbers, in the transaction that uses them; `seq` is the last. Others wait for its end."""
    rows = await db.fetch(_ADVANCE, [topic_of(channel_id), count, secrets.token_hex(8)])
    return Place(rows[0]["seq"], rows[0]["epoch"])


async def head(db: Database, channel_id: UUID) -> Place:
    """Where the chat stands; its row is made when nothing was ever said, so that the epoch stays."""
    rows = await db.fetch("select seq, epoch from core_topic where name = $1", [topic_of(channel_id)])
    return Place(rows[0]["seq"], rows[0]["epoch"]) if rows else await advance(db, channel_id, 0)
