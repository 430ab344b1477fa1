"""Slash commands that everybody has for themselves: blocking somebody and reading them again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aethex_live.scopes import Scope

from .commands import Argument, Command, Order

if TYPE_CHECKING:
    from .blocks import Blocks

_WHOM = Argument(name="name", kind="person")


class OwnCommands:
    """`/block` and `/unblock`: they hold in every chat of the site, and nobody else learns of them."""

    def __init__(self, blocks: Blocks) -> None:
        self._blocks = blocks

    def commands(self) -> list[Command]:
        """What the table of commands takes in."""
        return [
            Command(
                name="block",
                arguments=(_WHOM,),
                scope=Scope.ACCOUNT_WRITE,
                run=self._block,
                help="hides everything that somebody writes, from you alone.",
            ),
            Command(
                name="unblock",
                arguments=(_WHOM,),
                scope=Scope.ACCOUNT_WRITE,
                run=self._unblock,
                help="shows again what somebody writes whom you have blocked.",
            ),
        ]

    async def _block(self, order: Order) -> str:
        name = order.values["name"]
        await self._blocks.block(order.actor, await self._blocks.named(name))
        return f"You read nothing of @{name} any more, in no chat here."

    async def _unblock(self, order: Order) -> str:
        name = order.values["name"]
        await self._blocks.unblock(order.actor, await self._blocks.named(name))
        return f"You read @{name} again."
