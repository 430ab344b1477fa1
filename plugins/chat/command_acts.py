"""Carries slash commands out: who may, how many, and /help; the tables of commands stand in modules of their own."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from aethex_live.errors import Forbidden, NotFound, TooMany, Unauthenticated

from .commands import Argument, Command, Commands, Order, parse
from .refusals import span
from .standing import require_moderator, standings

if TYPE_CHECKING:
    from aethex_live import PluginContext
    from aethex_live.actor import Actor

    from .standing import Standing

RATE, PER = 30, timedelta(seconds=30)  # commands of one account


@dataclass(frozen=True, slots=True)
class Answered:
    """What a command answers, to the person alone who gave it."""

    text: str


class CommandLine:
    """Carries out commands. A line that begins with a slash is never said in the chat, whatever becomes of it."""

    def __init__(self, context: PluginContext, tables: Iterable[Sequence[Command]]) -> None:
        self._context = context
        self._table = Commands()
        which = Argument(name="command", kind="command", required=False)
        self._table.add(
            [Command(name="help", arguments=(which,), run=self._help, help="lists your commands, or explains one.")]
        )
        for commands in tables:
            self._table.add(commands)

    async def run(self, channel_id: UUID, actor: Actor, text: str) -> Answered:
        """Do what a line says. Raises a Refusal: not signed in, no right, wrong usage, or what the act refuses."""
        if actor.user_id is None:
            raise Unauthenticated("Sign in to write in chat.")
        self._context.domain.accounts.check_may_act(actor)
        await self._count(actor.user_id)
        command, values = parse(text, self._table)
        me = await self._standing(channel_id, actor.user_id)
        if command.right is not None:
            require_moderator(me, command.right)
        if command.needed and not actor.has_scope(command.needed):
            raise Forbidden(f"This token may not use /{command.name}: it needs the scope “{command.needed}”.")
        return Answered(await command.run(Order(channel_id=channel_id, actor=actor, values=values)))

    async def offered(self, channel_id: UUID, actor: Actor) -> Sequence[Command]:
        """What the actor may use in this chat. Raises Unauthenticated or NotFound."""
        if actor.user_id is None:
            raise Unauthenticated("Sign in to write in chat.")
        return self._table.offered(await self._standing(channel_id, actor.user_id))

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

    async def _help(self, order: Order) -> str:
        offered = {command.name: command for command in await self.offered(order.channel_id, order.actor)}
        name = order.values["command"]
        if name is None:
            return f"Your commands: {', '.join(command.usage for command in offered.values())}."
        if name not in offered:
            raise NotFound(f"You have no command “/{name[:30]}”: /help lists yours.", field="text")
        return f"{offered[name].usage} - {offered[name].help}"
