"""What the slash commands do: the acts of moderators that also have buttons, and /help."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from aethex_live.domain.rights import Right
from aethex_live.errors import Conflict, Forbidden, NotFound, TooMany, Unauthenticated
from aethex_live.scopes import Scope

from .commands import Argument, Command, Commands, Order, parse
from .modes import SLOWEST
from .refusals import span
from .standing import require_moderator, standings

if TYPE_CHECKING:
    from aethex_live import PluginContext
    from aethex_live.actor import Actor

    from .clearing import Clearing
    from .mode_acts import ModeActs
    from .moderation import Moderation
    from .notes import Notes
    from .shield import ShieldActs
    from .standing import Standing
    from .warning_acts import Warnings

RATE, PER = 30, timedelta(seconds=30)  # commands of one account
TIMEOUT = 600  # seconds, when nothing is said
SLOW = 30  # seconds, when nothing is said

_PERSON = "select id, display_name from core_user where username_key = $1"
_LAST = """
select id from chat_line where channel_id = $1 and author_id = $2 and kind = 'message' and deleted_at is null
order by seq desc limit 1
"""

WHOM = Argument(name="name", kind="person")
TIME = Argument(name="time", kind="time", required=False)
REASON = Argument(name="reason", kind="text", required=False)
SWITCH = Argument(name="on|off", kind="switch", required=False)


@dataclass(frozen=True, slots=True)
class Answered:
    """What a command answers, to the person alone who gave it."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Deeds:
    """The acts that commands carry out."""

    moderation: Moderation
    clearing: Clearing
    warnings: Warnings
    notes: Notes
    modes: ModeActs
    shield: ShieldActs


class CommandLine:
    """Carries out commands. A line that begins with a slash is never said in the chat, whatever becomes of it."""

    def __init__(self, context: PluginContext, deeds: Deeds) -> None:
        self._context = context
        self._deeds = deeds
        self.table = Commands()
        self.table.add(self._about_people())
        self.table.add(self._about_chats())

    async def run(self, channel_id: UUID, actor: Actor, text: str) -> Answered:
        """Do what a line says. Raises a Refusal: not signed in, no right, wrong usage, or what the act refuses."""
        if actor.user_id is None:
            raise Unauthenticated("Sign in to write in chat.")
        self._context.domain.accounts.check_may_act(actor)
        await self._count(actor.user_id)
        command, values = parse(text, self.table)
        me = await self._standing(channel_id, actor.user_id)
        if command.right is not None:
            require_moderator(me, command.right)
            if not actor.has_scope(Scope.MODERATE):
                raise Forbidden(f"This token may not moderate: /{command.name} needs the scope “moderate”.")
        return Answered(await command.run(Order(channel_id=channel_id, actor=actor, values=values)))

    async def offered(self, channel_id: UUID, actor: Actor) -> Sequence[Command]:
        """What the actor may use in this chat. Raises Unauthenticated or NotFound."""
        if actor.user_id is None:
            raise Unauthenticated("Sign in to write in chat.")
        return self.table.offered(await self._standing(channel_id, actor.user_id))

    async def _standing(self, channel_id: UUID, user_id: UUID) -> Standing:
        now = self._context.clock.now()
        me = (await standings(self._context.db, channel_id, [user_id], now)).get(user_id)
        if me is None:
            raise NotFound("There is no such chat; it may have gone with its channel.")
        return me

    async def _count(self, user_id: UUID) -> None:
        verdict = await self._context.limiter.hit(f"chat.command:{user_id}", RATE, PER)
        if not verdict.allowed:
            wait = max(1.0, verdict.retry_after_s)
            raise TooMany(f"These are many commands; send this one again in {span(wait)}.", retry_after=wait)

    async def _person(self, order: Order) -> tuple[UUID, str]:
        """Whom a command is about: id and name. Raises NotFound."""
        rows = await self._context.db.fetch(_PERSON, [order.values["name"]])
        if not rows:
            raise NotFound(f"There is nobody called @{order.values['name']}.", field="text")
        return rows[0]["id"], rows[0]["display_name"]

    # --- about people

    def _about_people(self) -> list[Command]:
        timeout, ban, delete = Right.CHAT_TIMEOUT, Right.CHAT_BAN, Right.CHAT_DELETE
        words = Argument(name="reason", kind="text")
        note = Argument(name="text", kind="text")
        return [
            Command(
                name="timeout",
                arguments=(WHOM, TIME, REASON),
                right=timeout,
                run=self._time_out,
                help="shuts somebody out for a while, such as 30s, 10m, 2h or 7d; 10 minutes when nothing is said.",
            ),
            Command(
                name="ban",
                arguments=(WHOM, TIME, REASON),
                right=ban,
                run=self._ban,
                help="shuts somebody out for good, or for as long as you say.",
            ),
            Command(
                name="unban",
                arguments=(WHOM,),
                right=ban,
                run=self._lift,
                help="lets somebody write again who is banned or timed out.",
            ),
            Command(
                name="untimeout",
                arguments=(WHOM,),
                right=timeout,
                run=self._lift,
                help="lets somebody write again who is timed out.",
            ),
            Command(
                name="warn",
                arguments=(WHOM, words),
                right=timeout,
                run=self._warn,
                help="tells somebody what was wrong; they write again when they have said that they understand.",
            ),
            Command(
                name="note",
                arguments=(WHOM, note),
                right=timeout,
                run=self._note,
                help="writes down something about somebody for the other moderators.",
            ),
            Command(
                name="delete",
                arguments=(WHOM,),
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
        await self._deeds.moderation.time_out(order.channel_id, user_id, order.actor, seconds=seconds, reason=reason)
        return f"{name} is timed out for {span(seconds)}."

    async def _ban(self, order: Order) -> str:
        user_id, name = await self._person(order)
        seconds, reason = order.values["time"], order.values["reason"] or ""
        await self._deeds.moderation.ban(order.channel_id, user_id, order.actor, seconds=seconds, reason=reason)
        return f"{name} is banned for {span(seconds)}." if seconds else f"{name} is banned."

    async def _lift(self, order: Order) -> str:
        user_id, name = await self._person(order)
        await self._deeds.moderation.lift(order.channel_id, user_id, order.actor)
        return f"{name} can write again."

    async def _warn(self, order: Order) -> str:
        user_id, name = await self._person(order)
        await self._deeds.warnings.warn(order.channel_id, user_id, order.actor, reason=order.values["reason"])
        return f"{name} is warned, and writes again when they have said that they understand."

    async def _note(self, order: Order) -> str:
        user_id, name = await self._person(order)
        await self._deeds.notes.write(order.channel_id, user_id, order.actor, order.values["text"])
        return f"The note stands on the card of {name}, for moderators alone."

    async def _delete(self, order: Order) -> str:
        user_id, name = await self._person(order)
        rows = await self._context.db.fetch(_LAST, [order.channel_id, user_id])
        if not rows:
            raise Conflict(f"No message of {name} stands in this chat.", field="text")
        await self._deeds.moderation.delete(order.channel_id, rows[0]["id"], order.actor)
        return f"The last message of {name} is removed."

    async def _clear(self, order: Order) -> str:
        if order.values["name"] is None:
            await self._deeds.clearing.everybody(order.channel_id, order.actor)
            return "All messages are removed."
        user_id, name = await self._person(order)
        await self._deeds.clearing.person(order.channel_id, user_id, order.actor)
        return f"All messages of {name} are removed."

    # --- about chats

    def _about_chats(self) -> list[Command]:
        modes = Right.CHAT_MODES
        which = Argument(name="command", kind="command", required=False)
        return [
            Command(name="help", arguments=(which,), run=self._help, help="lists your commands, or explains one."),
            Command(
                name="slow",
                arguments=(TIME,),
                right=modes,
                run=self._slow,
                help="turns slow mode on: one message of a person every 30 seconds, or as you say.",
            ),
            Command(name="slowoff", right=modes, run=self._slow_off, help="turns slow mode off."),
            Command(
                name="uniquechat",
                arguments=(SWITCH,),
                right=modes,
                run=self._unique,
                help="refuses what a person said in the last ten minutes.",
            ),
            Command(
                name="emoteonly",
                arguments=(SWITCH,),
                right=modes,
                run=self._emotes_only,
                help="takes emotes and emoji alone.",
            ),
            Command(
                name="shield",
                arguments=(SWITCH,),
                right=modes,
                run=self._shield,
                help="turns shield mode on or off: the strict modes that were chosen for it.",
            ),
        ]

    async def _help(self, order: Order) -> str:
        offered = {command.name: command for command in await self.offered(order.channel_id, order.actor)}
        name = order.values["command"]
        if name is None:
            return f"Your commands: {', '.join(command.usage for command in offered.values())}."
        if name not in offered:
            raise NotFound(f"You have no command “/{name[:30]}”: /help lists yours.", field="text")
        return f"{offered[name].usage} - {offered[name].help}"

    async def _slow(self, order: Order) -> str:
        seconds = SLOW if order.values["time"] is None else order.values["time"]
        return await self._change(order, slow_s=min(seconds, SLOWEST + 1))

    async def _slow_off(self, order: Order) -> str:
        return await self._change(order, slow_s=0)

    async def _unique(self, order: Order) -> str:
        return await self._change(order, unique_only=order.values["on|off"] is not False)

    async def _emotes_only(self, order: Order) -> str:
        return await self._change(order, emotes_only=order.values["on|off"] is not False)

    async def _change(self, order: Order, **changed: int | bool) -> str:
        modes = await self._deeds.modes.change_some(order.channel_id, order.actor, **changed)
        return " ".join(modes.sentences) or "All modes are off."

    async def _shield(self, order: Order) -> str:
        on = order.values["on|off"] is not False
        await self._deeds.shield.turn(order.channel_id, order.actor, on=on)
        return "Shield mode is on." if on else "Shield mode is off; what held before holds again."
