"""What somebody is in a chat, and who may act on whom."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal
from uuid import UUID

from aethex_live.domain.rights import CHAT, Right, rights_of
from aethex_live.errors import Forbidden

if TYPE_CHECKING:
    from aethex_live.db import Database

Role = Literal["owner", "moderator", "member"]
RestrictionKind = Literal["timeout", "ban"]
SHORT = timedelta(hours=1)  # a timeout that is not longer is sat out

_MISSING = {
    Right.CHAT_DELETE: "The owner of this channel has not given you the right to delete messages.",
    Right.CHAT_TIMEOUT: "The owner of this channel has not given you the right to time people out.",
    Right.CHAT_BAN: "The owner of this channel has not given you the right to ban people or to lift bans.",
    Right.CHAT_MODES: "The owner of this channel has not given you the right to change the modes of the chat.",
    Right.CHAT_EMOTES: "The owner of this channel has not given you the right to look after the emotes.",
}
_QUERY = """
select u.id, u.username, u.display_name, u.state, b.state as person_state, u.role as site_role, c.owner_id,
       r.kind, r.until, r.reason, r.created_at as restricted_at,
       m.rights,
       exists (select 1 from chat_warning w
               where w.channel_id = c.id and w.user_id = u.id and w.acknowledged_at is null) as warned
from core_channel c
join core_user u on u.id = any($2)
left join core_user b on b.id = u.bot_of_id
left join core_channel_moderator m on m.channel_id = c.id and m.user_id = u.id
left join chat_restriction r on r.channel_id = c.id and r.user_id = u.id and r.lifted_at is null
                            and (r.until is null or r.until > $3)
where c.id = $1 and c.delete_at is null
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Restricted:
    """A timeout or ban that holds since `since`; `until` is None for a ban without an end."""

    kind: RestrictionKind
    until: datetime | None
    reason: str
    since: datetime

    @property
    def may_appeal(self) -> bool:
        """Whether it is long enough to ask moderators for mercy: a ban, or a timeout of more than an hour."""
        return self.kind == "ban" or self.until is None or self.until - self.since > SHORT


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """An account as one channel's chat sees it; a moderator is who has at least one right in the chat.

    A bot is active only while the person is who answers for it.
    `warned`: a moderator warned them, and they have not said yet that they understand.
    """

    user_id: UUID
    username: str
    name: str
    role: Role
    active: bool
    restricted: Restricted | None
    rights: frozenset[Right] = frozenset()
    bot: bool = False
    warned: bool = False

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
            rights=_rights(row),
            active=row["state"] == "active" and row["person_state"] in (None, "active"),
            bot=row["person_state"] is not None,
            restricted=_restricted(row),
            warned=row["warned"],
        )
        for row in rows
    }


def _restricted(row: Mapping[str, Any]) -> Restricted | None:
    if not row["kind"]:
        return None
    return Restricted(kind=row["kind"], until=row["until"], reason=row["reason"], since=row["restricted_at"])


def _role(row: Mapping[str, Any]) -> Role:
    if row["owner_id"] == row["id"] or row["site_role"] == "operator":
        return "owner"
    return "moderator" if _rights(row) else "member"


def _rights(row: Mapping[str, Any]) -> frozenset[Right]:
    if row["owner_id"] == row["id"] or row["site_role"] == "operator":
        return frozenset(CHAT)
    return rights_of(row["rights"] or ()) & frozenset(CHAT)


def require_moderator(actor: Standing | None, right: Right | None = None) -> Standing:
    """The actor, when it may moderate, and if given has this right. Raises Forbidden."""
    if actor is None or actor.role == "member" or not actor.active:
        raise Forbidden("Only the owner and the moderators of this channel may do this.")
    if actor.restricted is not None:
        raise Forbidden("You are shut out of this chat yourself; somebody else has to do this.")
    if right is not None and right not in actor.rights:
        raise Forbidden(_MISSING[right], code="right-missing")
    return actor


def require_power(actor: Standing | None, target: Standing, right: Right | None = None) -> None:
    """Raises Forbidden when the actor may not act on the target, or has not this right."""
    actor = require_moderator(actor, right)
    if actor.user_id == target.user_id:
        raise Forbidden("You can't do this to yourself.")
    if target.role == "owner":
        raise Forbidden(f"{target.name} owns this channel or runs this site; nobody can do this to them.")
    if target.role == "moderator" and actor.role != "owner":
        raise Forbidden(f"{target.name} is a moderator, too; only the owner of the channel can do this to them.")


def may_act(actor: Standing | None, target: Standing, right: Right | None = None) -> bool:
    """Whether the actor may act on the target at all, or in this way."""
    try:
        require_power(actor, target, right)
    except Forbidden:
        return False
    return True
