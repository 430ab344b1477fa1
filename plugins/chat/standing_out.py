"""Slash commands of what stands out in a chat: pins and announcements."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aethex_live.domain.rights import Right
from aethex_live.ids import uuid7

from .commands import Argument, Command, Order
from .held import Held

if TYPE_CHECKING:
    from .announcements import Announcements
    from .pins import Pins

_TEXT = Argument(name="text", kind="text")


class StandingOut:
    """`/pin`, `/unpin` and `/announce`, for moderators with the right to change the modes."""

    def __init__(self, pins: Pins, announcements: Announcements) -> None:
        self._pins = pins
        self._announcements = announcements

    def commands(self) -> list[Command]:
        """What the table of commands takes in."""
        return [
            Command(
                name="pin",
                arguments=(_TEXT,),
                right=Right.CHAT_MODES,
                run=self._pin,
                help="puts words above the chat until they are taken away.",
            ),
            Command(
                name="unpin", right=Right.CHAT_MODES, run=self._unpin, help="takes away what stands above the chat."
            ),
            Command(
                name="announce",
                arguments=(_TEXT,),
                right=Right.CHAT_MODES,
                run=self._announce,
                help="says something that stands out from the other messages.",
            ),
        ]

    async def _pin(self, order: Order) -> str:
        await self._pins.pin(order.channel_id, order.actor, text=order.values["text"])
        return "This stands above the chat now."

    async def _unpin(self, order: Order) -> str:
        await self._pins.unpin(order.channel_id, order.actor)
        return "Nothing stands above the chat any more."

    async def _announce(self, order: Order) -> str:
        text = order.values["text"]
        sent = await self._announcements.send(order.channel_id, order.actor, text, client_id=str(uuid7()))
        return "A moderator looks at it first." if isinstance(sent, Held) else "It is announced."
