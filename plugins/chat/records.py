"""What moderators look up: who is shut out, and the log of acts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

if TYPE_CHECKING:
    from aethex_live.db import Database

_RESTRICTED = """
select r.id, r.user_id, r.kind, r.until, r.reason, r.created_at, u.username, u.display_name,
       b.display_name as by_name
from chat_restriction r
join core_user u on u.id = r.user_id
left join core_user b on b.id = r.by
where r.channel_id = $1 and r.lifted_at is null and (r.until is null or r.until > $2)
  and ($3::uuid is null or r.id < $3)
order by r.id desc limit $4
"""
_ACTS = """
select a.id, a.at, a.actor_id, a.actor_name, a.action, a.subject, a.detail
from core_audit_entry a
where a.channel_id = $1 and a.action like 'chat.%' and ($2::uuid is null or a.id < $2)
order by a.id desc limit $3
"""
_RECENT = """
select count(*) filter (where l.deleted_at is null) as standing,
       count(*) filter (where l.deleted_at is not null) as removed
from chat_line l where l.channel_id = $1 and l.author_id = $2 and l.kind = 'message'
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShutOutRow:
    """Somebody who may not write at the moment."""

    id: UUID
    user_id: UUID
    username: str
    name: str
    kind: str
    until: datetime | None
    reason: str
    by: str
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ActRow:
    """An entry of the log: who did what to whom and why. `action` is chat.delete, .timeout, .ban or .lift."""

    id: UUID
    at: datetime
    actor_id: UUID | None
    actor: str
    action: str
    subject: str
    detail: Mapping[str, Any]

    @property
    def changes(self) -> str:
        """For modes: what was changed, from what to what."""
        if self.action != "chat.modes":
            return ""
        return ", ".join(f"{name}: {old} → {new}" for name, (old, new) in self.detail.items())


async def shut_out_people(
    db: Database, channel_id: UUID, now: datetime, *, before: UUID | None = None, limit: int = 100
) -> list[ShutOutRow]:
    """Who is timed out or banned, the newest first; `before` is the id of the last row of the page before."""
    rows = await db.fetch(_RESTRICTED, [channel_id, now, before, limit])
    return [
        ShutOutRow(
            id=row["id"],
            user_id=row["user_id"],
            username=row["username"],
            name=row["display_name"],
            kind=row["kind"],
            until=row["until"],
            reason=row["reason"],
            by=row["by_name"] or "",
            since=row["created_at"],
        )
        for row in rows
    ]


async def acts(db: Database, channel_id: UUID, *, before: UUID | None = None, limit: int = 50) -> list[ActRow]:
    """The log of the channel's chat, newest first; `before` as above."""
    rows = await db.fetch(_ACTS, [channel_id, before, limit])
    return [
        ActRow(
            id=row["id"],
            at=row["at"],
            actor_id=row["actor_id"],
            actor=row["actor_name"],
            action=row["action"],
            subject=row["subject"],
            detail=row["detail"],
        )
        for row in rows
    ]


async def counts(db: Database, channel_id: UUID, user_id: UUID) -> tuple[int, int]:
    """How many messages of an account stand in the chat, and how many were removed."""
    row = (await db.fetch(_RECENT, [channel_id, user_id]))[0]
    return row["standing"], row["removed"]
