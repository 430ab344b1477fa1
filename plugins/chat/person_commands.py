"""Slash commands about people: shutting out and letting in, warning, notes, removing what they wrote."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from aethex_live.domain.rights import Right
from aethex_live.errors import Conflict, NotFound

from .commands import Argument, Command, Order
from .refusals import span

if TYPE_CHECKING:
    from aethex_live.db import Database

    from .clearing import Clearing
    from .moderation import Moderation
    from .notes import Notes
    from .warning_acts import Warnings

TIMEOUT = 600  # seconds, when nothing is said

_PERSON = "select id, display_name from core_user where username_key = $1"
_LAST = """
select id from chat_line where channel_id = $1 and author_id = $2 and kind = 'message' and deleted_at is null
order by seq desc limit 1
"""

_WHOM = Argument(name="name", kind="person")
_TIME = Argument(name="time", kind="time", required=False)
_REASON = Argument(name="reason", kind="text", required=False)


class PersonCommands:
    """`/timeout`, `/ban` and the others, for moderators with the right that each names."""

    def __init__(
        self, db: Database, moderation: Moderation, clearing: Clearing, warnings: Warnings, notes: Notes
    ) -> None:
        self._db = db
        self._moderation = moderation
        self._clearing = clearing
        self._warnings = warnings
        self._notes = notes

    def commands(self) -> list[Command]:
        """What the table of commands takes in."""
        timeout, ban, delete = Right.CHAT_TIMEOUT, Right.CHAT_BAN, Right.CHAT_DELETE
        words = Argument(name="reason", kind="text")
        note = Argument(name="text", kind="text")
        return [
            Command(
                name="timeout",
                arguments=(_WHOM, _TIME, _REASON),
                right=timeout,
                run=self._time_out,
                help="shuts somebody out for a while, such as 30s, 10m, 2h or 7d; 10 minutes when nothing is said.",
            ),
            Command(
                name="ban",
                arguments=(_WHOM, _TIME, _REASON),
                right=ban,
                run=self._ban,
                help="shuts somebody out for good, or for as long as you say.",
            ),
            Command(
                name="unban",
                arguments=(_WHOM,),
                right=ban,
                run=self._lift,
                help="lets somebody write again who is banned or timed out.",
            ),
            Command(
                name="untimeout",
                arguments=(_WHOM,),
                right=timeout,
                run=self._lift,
                help="lets somebody write again who is timed out.",
            ),
            Command(
                name="warn",
                arguments=(_WHOM, words),
                right=timeout,
                run=self._warn,
                help="tells somebody what was wrong; they write again when they have said that they understand.",
            ),
            Command(
                name="note",
                arguments=(_WHOM, note),
                right=timeout,
                run=self._note,
                help="writes down something about somebody for the other moderators.",
            ),
            Command(
                name="delete",
                arguments=(_WHOM,),
                right=delete,
                run=self._delete,
                help="removes the last message of somebody.",
            ),
            Command(
                name="clear",
                arguments=(Argument(name="name", kind="person", required=False),),
                right=delete,
                run=self._clear,
                help="removes all messages of somebody, or without a name those of everybody.",
            ),
        ]

    async def _time_out(self, order: Order) -> str:
        user_id, name = await self._person(order)
        seconds = TIMEOUT if order.values["time"] is None else order.values["time"]
        reason = order.values["reason"] or ""
        await self._moderation.time_out(order.channel_id, user_id, order.actor, seconds=seconds, reason=reason)
        return f"{name} is timed out for {span(seconds)}."

    async def _ban(self, order: Order) -> str:
        user_id, name = await self._person(order)
        seconds, reason = order.values["time"], order.values["reason"] or ""
        await self._moderation.ban(order.channel_id, user_id, order.actor, seconds=seconds, reason=reason)
        return f"{name} is banned for {span(seconds)}." if seconds else f"{name} is banned."

    async def _lift(self, order: Order) -> str:
        user_id, name = await self._person(order)
        await self._moderation.lift(order.channel_id, user_id, order.actor)
        return f"{name} can write again."

    async def _warn(self, order: Order) -> str:
        user_id, name = await self._person(order)
        await self._warnings.warn(order.channel_id, user_id, order.actor, reason=order.values["reason"])
        return f"{name} is warned, and writes again when they have said that they understand."

    async def _note(self, order: Order) -> str:
        user_id, name = await self._person(order)
        await self._notes.write(order.channel_id, user_id, order.actor, order.values["text"])
        return f"The note stands on the card of {name}, for moderators alone."

    async def _delete(self, order: Order) -> str:
        user_id, name = await self._person(order)
        rows = await self._db.fetch(_LAST, [order.channel_id, user_id])
        if not rows:
            raise Conflict(f"No message of {name} stands in this chat.", field="text")
        await self._moderation.delete(order.channel_id, rows[0]["id"], order.actor)
        return f"The last message of {name} is removed."

    async def _clear(self, order: Order) -> str:
        if order.values["name"] is None:
            await self._clearing.everybody(order.channel_id, order.actor)
            return "All messages are removed."
        user_id, name = await self._person(order)
        await self._clearing.person(order.channel_id, user_id, order.actor)
        return f"All messages of {name} are removed."

    async def _person(self, order: Order) -> tuple[UUID, str]:
        """Whom a command is about: id and name. Raises NotFound."""
        rows = await self._db.fetch(_PERSON, [order.values["name"]])
        if not rows:
            raise NotFound(f"There is nobody called @{order.values['name']}.", field="text")
        return rows[0]["id"], rows[0]["display_name"]
