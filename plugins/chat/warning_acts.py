"""Warnings: a moderator's words that somebody has to acknowledge before they write again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from aethex_live.domain.rights import Right
from aethex_live.errors import Conflict, Invalid, NotFound
from aethex_live.ids import uuid7

from . import events
from .moderation import account, check_reason
from .standing import require_power

if TYPE_CHECKING:
    from aethex_live.actor import Actor
    from aethex_live.db import Database

    from .acts import Acts, Ledger

_OPEN = """
select w.id, w.reason, w.created_at, b.display_name as by_name
from chat_warning w left join core_user b on b.id = w.by
where w.channel_id = $1 and w.user_id = $2 and w.acknowledged_at is null
"""
_INSERT = """
insert into chat_warning (id, channel_id, user_id, reason, by, created_at) values ($1, $2, $3, $4, $5, $6)
"""
_ACKNOWLEDGE = """
update chat_warning set acknowledged_at = $4
where id = $3 and channel_id = $1 and user_id = $2 and acknowledged_at is null
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenWarning:
    """A warning that somebody has not acknowledged; `by` is empty when that account is gone."""

    id: UUID
    reason: str
    by: str
    at: datetime


async def open_warning(db: Database, channel_id: UUID, user_id: UUID) -> OpenWarning | None:
    """The warning that keeps a person from writing, or None."""
    rows = await db.fetch(_OPEN, [channel_id, user_id])
    if not rows:
        return None
    row = rows[0]
    return OpenWarning(id=row["id"], reason=row["reason"], by=row["by_name"] or "", at=row["created_at"])


class Warnings:
    """Warns, and takes the answer. The words go to the person and the moderators alone."""

    def __init__(self, acts: Acts, ledger: Ledger) -> None:
        self._acts = acts
        self._ledger = ledger

    async def warn(self, channel_id: UUID, user_id: UUID, actor: Actor, *, reason: str) -> UUID:
        """Warn a person; the id of the warning. Needs the right for timeouts. Raises a Refusal."""
        said = check_reason(reason)
        if not said:
            raise Invalid("Say what you warn about: the person reads it before they can write again.", field="reason")
        async with self._acts.doing(channel_id, account(actor)) as (act, by):
            target = await act.person(user_id)
            require_power(by, target, Right.CHAT_TIMEOUT)
            if target.warned:
                raise Conflict(f"{target.name} is warned already and has not said yet that they understand.")
            warning_id = uuid7()
            await act.db.execute(_INSERT, [warning_id, channel_id, user_id, said, by.user_id, act.now])
            act.tell("warned", {"user": str(user_id), "name": target.name, "by": by.name})
            event = events.UserWarned(channel_id=channel_id, user_id=user_id, reason=said)
            detail = {"username": target.username, "reason": said}
            await self._ledger.write(act, actor, "chat.warn", event, subject=f"user:{user_id}", detail=detail)
        return warning_id

    async def acknowledge(self, channel_id: UUID, warning_id: UUID, actor: Actor) -> None:
        """Say that one understands. Raises NotFound when there is no such warning, or not any more."""
        user_id = account(actor)
        async with self._acts.doing(channel_id, user_id) as (act, me):
            if not await act.db.execute(_ACKNOWLEDGE, [channel_id, user_id, warning_id, act.now]):
                raise NotFound("There is no such warning any more; reload the page and write.")
            act.tell("acknowledged", {"user": str(user_id), "name": me.name})
            event = events.WarningAcknowledged(channel_id=channel_id, user_id=user_id)
            detail = {"username": me.username}
            await self._ledger.write(act, actor, "chat.acknowledge", event, subject=f"user:{user_id}", detail=detail)
