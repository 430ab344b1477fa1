"""Clearing a chat: all messages of a person, or of everybody; the newest within the act, older ones after it."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from aethex_live.domain.rights import Right
from aethex_live.jobs import OutboxCall, OutboxHandler

from . import events
from .moderation import account
from .standing import require_moderator, require_power

if TYPE_CHECKING:
    from aethex_live import PluginContext
    from aethex_live.actor import Actor

    from .acts import Act, Acts, Ledger
    from .standing import Standing

AT_ONCE = 1000  # messages that an act removes itself: more than a page shows, and few enough to hold up nobody
REST = "chat.clear_rest"

_CLEAR = """
update chat_line set deleted_at = $3, deleted_by = $4
where id in (select l.id from chat_line l
             where l.channel_id = $1 and ($2::uuid is null or l.author_id = $2) and l.kind = 'message'
               and l.deleted_at is null and l.seq < $5
             order by l.seq desc limit $6)
returning seq
"""
_NEWEST = 2**63 - 1


class Clearing:
    """Removes many messages by one act that every page understands, however many they are."""

    def __init__(self, context: PluginContext, acts: Acts, ledger: Ledger) -> None:
        self._context = context
        self._acts = acts
        self._ledger = ledger

    async def person(self, channel_id: UUID, user_id: UUID, actor: Actor) -> int:
        """Remove all that a person wrote in this chat; how many were removed at once. Raises a Refusal."""
        async with self._acts.doing(channel_id, account(actor)) as (act, by):
            target = await act.person(user_id)
            require_power(by, target, Right.CHAT_DELETE)
            return await self._clear(act, actor, by, target)

    async def everybody(self, channel_id: UUID, actor: Actor) -> int:
        """Remove all that stands in this chat; how many were removed at once. Raises a Refusal."""
        async with self._acts.doing(channel_id, account(actor)) as (act, by):
            require_moderator(by, Right.CHAT_DELETE)
            return await self._clear(act, actor, by, None)

    async def _clear(self, act: Act, actor: Actor, by: Standing, target: Standing | None) -> int:
        user_id = target.user_id if target else None
        rows = await act.db.fetch(_CLEAR, [act.channel_id, user_id, act.now, by.user_id, _NEWEST, AT_ONCE])
        if len(rows) == AT_ONCE:
            await self._later(act, by, user_id, min(row["seq"] for row in rows))
        about = {"user": str(user_id), "name": target.name} if target else {"user": None, "name": ""}
        act.tell("cleared", {**about, "by": by.name})
        event = events.ChatCleared(channel_id=act.channel_id, user_id=user_id, lines=len(rows))
        subject = f"user:{user_id}" if target else f"channel:{act.channel_id}"
        detail = {"username": target.username} if target else {}
        await self._ledger.write(
            act, actor, "chat.clear", event, subject=subject, detail={**detail, "lines": len(rows)}
        )
        return len(rows)

    async def _later(self, act: Act, by: Standing, user_id: UUID | None, before: int) -> None:
        payload = {
            "channel": str(act.channel_id),
            "user": str(user_id) if user_id else None,
            "by": str(by.user_id),
            "before": before,
        }
        await self._context.jobs.publish(REST, payload, plugin=self._context.name)

    def handler(self) -> OutboxHandler:
        """Removes what an act has left, in parts, none of which holds up those who write."""
        return OutboxHandler(topic=REST, run=self._rest, timeout_s=300)

    async def _rest(self, call: OutboxCall) -> None:
        given = call.payload
        user_id = UUID(given["user"]) if given["user"] else None
        before, now = int(given["before"]), self._context.clock.now()
        while True:
            values = [UUID(given["channel"]), user_id, now, UUID(given["by"]), before, AT_ONCE]
            rows = await self._context.db.fetch(_CLEAR, values)
            if len(rows) < AT_ONCE:
                return
            before = min(row["seq"] for row in rows)
