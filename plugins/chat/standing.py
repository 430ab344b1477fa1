"""What somebody is in a chat, and who may act on whom."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Literal
from uuid import UUID

from aethex_live.errors import Forbidden

if TYPE_CHECKING:
    from aethex_live.db import Database

Role = Literal["owner", "moderator", "member"]
RestrictionKind = Literal["timeout", "ban"]

_QUERY = """
select u.id, u.username, u.display_name, u.state, u.role as site_role, c.owner_id,
       r.kind, r.until, r.reason,
       exists (select 1 from core_channel_moderator m
               where m.channel_id = c.id and m.user_id = u.id and m.rights @> '["chat"]') as moderates
from core_channel c
join core_user u on u.id = any($2)
left join chat_restriction r on r.channel_id = c.id and r.user_id = u.id and r.lifted_at is null
                            and (r.until is null or r.until > $3)
where c.id = $1
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Restricted:
    """A timeout or ban that holds; `until` is None for a ban."""

    kind: RestrictionKind
    until: datetime | None
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """An account as one channel's chat sees it."""

    user_id: UUID
    username: str
    name: str
    role: Role
    active: bool
    restricted: Restricted | None

    @property
    def moderates(self) -> bool:
        """Whether this is the owner or a moderator, and not shut out themselves."""
        return self.role != "member" and self.active and self.restricted is None


async def standings(db: Database, channel_id: UUID, user_ids: list[UUID], now: datetime) -> dict[UUID, Standing]:
    """What these accounts are in the channel; unknown ones are left out, all of them when the channel is."""
    rows = await db.fetch(_QUERY, [channel_id, user_ids, now])
    return {
        row["id"]: Standing(
            user_id=row["id"],
            username=row["username"],
            name=row["display_name"],
            role=_role(row),
            active=row["state"] == "active",
            restricted=Restricted(kind=row["kind"], until=row["until"], reason=row["reason"]) if row["kind"] else None,
        )
        for row in rows
    }


def _role(row: dict[str, object]) -> Role:
    if row["owner_id"] == row["id"] or row["site_role"] == "operator":
        return "owner"
    return "moderator" if row["moderates"] else "member"


def require_moderator(actor: Standing | None) -> Standing:
    """The actor, when it may moderate at all. Raises Forbidden."""
    if actor is None or actor.role == "member" or not actor.active:
        raise Forbidden("Only the owner and the moderators of this channel may do this.")
    if actor.restricted is not None:
        raise Forbidden("You are shut out of this chat yourself; somebody else has to do this.")
    return actor


def require_power(actor: Standing | None, target: Standing) -> None:
    """Raises Forbidden when the actor may not act on the target."""
    actor = require_moderator(actor)
    if actor.user_id == target.user_id:
        raise Forbidden("You can't do this to yourself.")
    if target.role == "owner":
        raise Forbidden(f"{target.name} owns this channel or runs this site; nobody can do this to them.")
    if target.role == "moderator" and actor.role != "owner":
        raise Forbidden(f"{target.name} is a moderator, too; only the owner of the channel can do this to them.")


def may_act(actor: Standing | None, target: Standing) -> bool:
    """Whether the actor may delete the target's lines, time them out or ban them."""
    try:
        require_power(actor, target)
    except Forbidden:
        return False
    return True
