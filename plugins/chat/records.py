"""What moderators look up: who is shut out, and the log of acts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Any
from uuid import UUID

from .modes import WORDS, said

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
  and ($4::text is null or a.action = $4)
  and ($5::uuid is null or a.subject = 'user:' || $5::text or a.detail ->> 'user' = $5::text)
  and ($6::text is null or lower(a.actor_name) = $6 or lower(a.detail ->> 'username') = $6)
order by a.id desc limit $3
"""
_RECENT = """
select count(*) filter (where l.deleted_at is null) as standing,
       count(*) filter (where l.deleted_at is not null) as removed
from chat_line l where l.channel_id = $1 and l.author_id = $2 and l.kind = 'message'
"""

ACTIONS: Mapping[str, str] = MappingProxyType(
    {
        "chat.delete": "Deleted a message",
        "chat.clear": "Cleared messages",
        "chat.warn": "Warned",
        "chat.acknowledge": "Understood a warning",
        "chat.timeout": "Timed out",
        "chat.ban": "Banned",
        "chat.lift": "Lifted",
        "chat.appeal": "Asked to be let in again",
        "chat.appeal_approve": "Granted a request",
        "chat.appeal_deny": "Denied a request",
        "chat.note": "Wrote a note",
        "chat.unnote": "Deleted a note",
        "chat.modes": "Changed the modes",
        "chat.shield_on": "Turned shield mode on",
        "chat.shield_off": "Turned shield mode off",
        "chat.shield_modes": "Chose the modes of shield mode",
        "chat.rules": "Changed the rules",
        "chat.pin": "Pinned",
        "chat.unpin": "Took the pinned message away",
        "chat.emote_added": "Added an emote",
        "chat.emote_approved": "Let an emote be used",
        "chat.emote_denied": "Denied an emote",
        "chat.emote_removed": "Took an emote away",
        "chat.approve": "Let a message through",
        "chat.deny": "Did not let a message through",
    }
)


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
    """An entry of the log: who did what to whom and why; `action` is one of ACTIONS."""

    id: UUID
    at: datetime
    actor_id: UUID | None
    actor: str
    action: str
    subject: str
    detail: Mapping[str, Any]

    @property
    def changes(self) -> Sequence[tuple[str, str, str]]:
        """For acts about modes: what was changed, from what, to what, in words."""
        if self.action not in ("chat.modes", "chat.shield_modes"):
            return ()
        changed = {name: (said(name, old), said(name, new)) for name, (old, new) in self.detail.items()}
        return [(words, *changed[name]) for name, words in WORDS.items() if name in changed]

    @property
    def before(self) -> tuple[str, datetime | None] | None:
        """For acts about people: kind and end of the timeout or ban that held until then."""
        held = self.detail.get("before")
        if not isinstance(held, Mapping):
            return None
        until = held.get("until")
        return str(held.get("kind", "")), datetime.fromisoformat(until) if until else None


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


async def acts(
    db: Database,
    channel_id: UUID,
    *,
    before: UUID | None = None,
    limit: int = 50,
    action: str | None = None,
    about: UUID | None = None,
    person: str | None = None,
) -> list[ActRow]:
    """The log of the channel's chat, newest first; `before` as above.

    `action` is one kind of act, `about` whom it concerns, `person` the user name of who did it or whom it concerns.
    """
    name = person.strip().removeprefix("@").lower() if person else None
    rows = await db.fetch(_ACTS, [channel_id, before, limit, action or None, about, name or None])
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
