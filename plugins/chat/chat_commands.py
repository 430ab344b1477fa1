"""Slash commands about a chat as a whole: its modes and shield mode."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aethex_live.domain.rights import Right

from .commands import Argument, Command, Order
from .modes import SLOWEST

if TYPE_CHECKING:
    from .mode_acts import ModeActs
    from .shield import ShieldActs

SLOW = 30  # seconds, when nothing is said

_TIME = Argument(name="time", kind="time", required=False)
_SWITCH = Argument(name="on|off", kind="switch", required=False)


class ChatCommands:
    """`/slow`, `/shield` and the others, for moderators with the right to change the modes."""

    def __init__(self, modes: ModeActs, shield: ShieldActs) -> None:
        self._modes = modes
        self._shield_acts = shield

    def commands(self) -> list[Command]:
        """What the table of commands takes in."""
        modes = Right.CHAT_MODES
        return [
            Command(
                name="slow",
                arguments=(_TIME,),
                right=modes,
                run=self._slow,
                help="turns slow mode on: one message of a person every 30 seconds, or as you say.",
            ),
            Command(name="slowoff", right=modes, run=self._slow_off, help="turns slow mode off."),
            Command(
                name="uniquechat",
                arguments=(_SWITCH,),
                right=modes,
                run=self._unique,
                help="refuses what a person said in the last ten minutes.",
            ),
            Command(
                name="emoteonly",
                arguments=(_SWITCH,),
                right=modes,
                run=self._emotes_only,
                help="takes emotes and emoji alone.",
            ),
            Command(
                name="shield",
                arguments=(_SWITCH,),
                right=modes,
                run=self._shield,
                help="turns shield mode on or off: the strict modes that were chosen for it.",
            ),
        ]

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
        modes = await self._modes.change_some(order.channel_id, order.actor, **changed)
        return " ".join(modes.sentences) or "All modes are off."

    async def _shield(self, order: Order) -> str:
        on = order.values["on|off"] is not False
        await self._shield_acts.turn(order.channel_id, order.actor, on=on)
        return "Shield mode is on." if on else "Shield mode is off; what held before holds again."
