"""What moderators do: delete, time out, ban, lift. Each is a row, an event and an audit entry at once."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from aethex_live.domain.rights import Right
from aethex_live.errors import Conflict, Invalid, NotFound, Unauthenticated
from aethex_live.ids import uuid7

from . import events
from .acts import Act, Acts, Ledger
from .lines import Entry, find
from .standing import Restricted, RestrictionKind, Standing, require_moderator, require_power

if TYPE_CHECKING:
    from aethex_live.actor import Actor

PRESETS = (60, 600, 3600, 86_400)  # seconds: what the menus offer
LONGEST_TIMEOUT = 14 * 86_400  # seconds
LONGEST_BAN = 5 * 366 * 86_400  # seconds; a longer one is one without an end
BAN_PRESETS = (86_400, 7 * 86_400, 30 * 86_400, 365 * 86_400)  # seconds: what the menus offer beside "for good"
LONGEST_REASON = 200  # characters
RIGHT_OF: Mapping[RestrictionKind, Right] = {"timeout": Right.CHAT_TIMEOUT, "ban": Right.CHAT_BAN}

_LIFT = """
update chat_restriction set lifted_at = $3, lifted_by = $4
where channel_id = $1 and user_id = $2 and lifted_at is null
"""
_RESTRICT = """
insert into chat_restriction (id, channel_id, user_id, kind, until, reason, by, created_at)
values ($1, $2, $3, $4, $5, $6, $7, $8)
"""
_CLEAR = """
update chat_line set deleted_at = $3, deleted_by = $4
where channel_id = $1 and author_id = $2 and kind = 'message' and deleted_at is null and created_at > $5
returning id, seq
"""
_ANSWER = """
update chat_appeal set state = 'approved', decided_at = $3, decided_by = $4
where channel_id = $1 and user_id = $2 and state = 'open'
"""
_DELETE = "update chat_line set deleted_at = $2, deleted_by = $3 where id = $1 and deleted_at is null"


class Moderation:
    """The acts. Each raises Unauthenticated, Forbidden or NotFound, and is told to all pages when done."""

    def __init__(self, acts: Acts, ledger: Ledger, *, remove_recent_s: int) -> None:
        self._acts = acts
        self._ledger = ledger
        self._recent = timedelta(seconds=remove_recent_s)

    async def delete(self, channel_id: UUID, line_id: UUID, actor: Actor) -> None:
        """Remove a line: by its author, or by who may act on them. Removing it again changes nothing."""
        async with self._acts.doing(channel_id, account(actor)) as (act, by):
            line = await find(act.db, channel_id, line_id)
            if line is None:
                raise NotFound("There is no such message in this chat.")
            await self._require_say(act, by, line)
            if not await act.db.execute(_DELETE, [line.id, act.now, by.user_id]):
                return
            act.tell("removed", {"ids": [str(line.id)], "by": by.name})
            await self._ledger.write(
                act,
                actor,
                "chat.delete",
                events.LineRemoved(channel_id=channel_id, line_id=line.id, author_id=line.author.id),
                subject=f"chat_line:{line.id}",
                detail=_about(line),
            )

    async def _require_say(self, act: Act, by: Standing, line: Entry) -> None:
        if line.author.id == by.user_id:
            return
        author = (await act.people(line.author.id)).get(line.author.id) if line.author.id else None
        if author is None:  # the account is gone, so there is nobody to protect
            require_moderator(by, Right.CHAT_DELETE)
        else:
            require_power(by, author, Right.CHAT_DELETE)

    async def time_out(
        self, channel_id: UUID, user_id: UUID, actor: Actor, *, seconds: int, reason: str = ""
    ) -> Restricted:
        """Shut somebody out for a while. A timeout that runs is replaced."""
        if not 1 <= seconds <= LONGEST_TIMEOUT:
            raise Invalid(f"A timeout lasts 1 to {LONGEST_TIMEOUT:,} seconds (14 days).", field="seconds")
        return await self._restrict(channel_id, user_id, actor, "timeout", seconds, check_reason(reason))

    async def ban(
        self, channel_id: UUID, user_id: UUID, actor: Actor, *, seconds: int | None = None, reason: str = ""
    ) -> Restricted:
        """Shut somebody out until it is lifted, or until `seconds` are over. A ban that holds is replaced."""
        if seconds is not None and not 1 <= seconds <= LONGEST_BAN:
            raise Invalid(f"A ban lasts 1 to {LONGEST_BAN:,} seconds (5 years), or has no end.", field="seconds")
        return await self._restrict(channel_id, user_id, actor, "ban", seconds, check_reason(reason))

    async def _restrict(
        self,
        channel_id: UUID,
        user_id: UUID,
        actor: Actor,
        kind: RestrictionKind,
        seconds: int | None,
        reason: str,
    ) -> Restricted:
        async with self._acts.doing(channel_id, account(actor)) as (act, by):
            target = await act.person(user_id)
            require_power(by, target, RIGHT_OF[kind])
            if kind == "timeout" and target.restricted is not None and target.restricted.kind == "ban":
                raise Conflict(f"{target.name} is banned already; lift the ban first.")
            until = act.now + timedelta(seconds=seconds) if seconds is not None else None
            await self._store(act, by, target, kind, until, reason)
            removed = await self._clear(act, by, target)
            act.tell("restricted", _shown(target, by, kind, until, seconds))
            event = events.UserRestricted(
                channel_id=channel_id,
                user_id=user_id,
                kind=kind,
                until=until,
                reason=reason,
                lines=len(removed),
            )
            detail = {
                "username": target.username,
                "seconds": seconds,
                "reason": reason,
                "lines": len(removed),
                **_before(target),
            }
            await self._ledger.write(act, actor, f"chat.{kind}", event, subject=f"user:{user_id}", detail=detail)
        return Restricted(kind=kind, until=until, reason=reason, since=act.now)

    async def _store(
        self, act: Act, by: Standing, target: Standing, kind: str, until: datetime | None, reason: str
    ) -> None:
        await act.db.execute(_LIFT, [act.channel_id, target.user_id, act.now, by.user_id])
        values = [uuid7(), act.channel_id, target.user_id, kind, until, reason, by.user_id, act.now]
        await act.db.execute(_RESTRICT, values)

    async def _clear(self, act: Act, by: Standing, target: Standing) -> list[UUID]:
        """Remove what they wrote last; moderators expect it of a timeout, and pages show it at once."""
        if not self._recent:
            return []
        values = [act.channel_id, target.user_id, act.now, by.user_id, act.now - self._recent]
        rows = await act.db.fetch(_CLEAR, values)
        ids = [row["id"] for row in sorted(rows, key=lambda row: row["seq"])]
        if ids:
            act.tell("removed", {"ids": [str(line_id) for line_id in ids], "by": by.name})
        return ids

    async def lift(self, channel_id: UUID, user_id: UUID, actor: Actor) -> None:
        """End a timeout or ban. Raises Conflict when there is none."""
        async with self._acts.doing(channel_id, account(actor)) as (act, by):
            target = await act.person(user_id)
            # an operator of the site may have been shut out before becoming one: owners can undo that
            if by.role != "owner" or target.user_id == by.user_id:
                require_power(by, target)
            if target.restricted is None:
                raise Conflict(f"{target.name} is neither timed out nor banned here.")
            require_moderator(by, RIGHT_OF[target.restricted.kind])
            await self.lift_within(act, actor, by, target)

    async def lift_within(self, act: Act, actor: Actor, by: Standing, target: Standing) -> None:
        """The same within a deed that has asked for the rights already."""
        assert target.restricted is not None, "asked for before"
        user_id, kind = target.user_id, target.restricted.kind
        await act.db.execute(_LIFT, [act.channel_id, user_id, act.now, by.user_id])
        # who is let in has no need to ask for it any more
        await act.db.execute(_ANSWER, [act.channel_id, user_id, act.now, by.user_id])
        act.tell("lifted", {"user": str(user_id), "name": target.name, "by": by.name})
        event = events.UserLifted(channel_id=act.channel_id, user_id=user_id, kind=kind)
        detail = {"username": target.username, "kind": kind, **_before(target)}
        await self._ledger.write(act, actor, "chat.lift", event, subject=f"user:{user_id}", detail=detail)


def _before(target: Standing) -> dict[str, Any]:
    """What held until then, for the log."""
    held = target.restricted
    if held is None:
        return {}
    return {"before": {"kind": held.kind, "until": held.until.isoformat() if held.until else None}}


def _about(line: Entry) -> dict[str, Any]:
    """What the log keeps of a removed message; `user` finds it again among all that concerns a person."""
    kept = {"username": line.author.username, "text": line.text}
    return {**kept, "user": str(line.author.id)} if line.author.id else kept


def _shown(target: Standing, by: Standing, kind: str, until: datetime | None, seconds: int | None) -> dict[str, Any]:
    """What all pages hear of a restriction; the reason is for the person and the moderators."""
    return {
        "user": str(target.user_id),
        "name": target.name,
        "kind": kind,
        "until": until.isoformat() if until else None,
        "seconds": seconds,
        "by": by.name,
    }


def account(actor: Actor) -> UUID:
    """The account of an actor. Raises Unauthenticated for guests."""
    if actor.user_id is None:
        raise Unauthenticated("Sign in first.")
    return actor.user_id


def check_reason(reason: str) -> str:
    """One line of reason. Raises Invalid about `reason`."""
    line = " ".join("".join(c for c in reason if c.isprintable() or c.isspace()).split())
    if len(line) > LONGEST_REASON:
        raise Invalid(f"Use at most {LONGEST_REASON} characters.", field="reason")
    return line
