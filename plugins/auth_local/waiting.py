"""Accounts that wait for an operator: who they are, letting them in, declining, and telling them."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from aethex_live.actor import Actor
from aethex_live.models import User

from .addresses import Addresses
from .post import Post

if TYPE_CHECKING:
    from aethex_live import PluginContext


class Waiting:
    """Operators' decisions; the core changes the account, the mail goes out with it."""

    def __init__(self, context: PluginContext, addresses: Addresses, post: Post) -> None:
        self._context = context
        self._addresses = addresses
        self._post = post

    async def page(self, *, limit: int = 50, after: UUID | None = None) -> list[tuple[User, str | None]]:
        """Who waits, the oldest first, with the address that they gave."""
        users = await self._context.domain.accounts.waiting(limit=limit, after=after)
        return [(user, await self._address(user)) for user in users]

    async def admit(self, user_id: UUID, by: Actor) -> User:
        """Let somebody in. Raises NotFound when they do not wait."""
        async with self._context.db.transaction():
            user = await self._context.domain.accounts.admit(user_id, by)
            await self._tell(user, "admitted")
        return user

    async def decline(self, user_id: UUID, by: Actor) -> User:
        """Delete the account, and say so. Raises NotFound when it does not wait."""
        async with self._context.db.transaction():
            pending = await self._addresses.pending(user_id)
            user = await self._context.domain.accounts.decline(user_id, by)
            await self._tell(user, "declined", pending)
        return user

    async def _tell(self, user: User, kind: str, pending: str | None = None) -> None:
        address = user.email or pending or await self._addresses.pending(user.id)
        await self._post.publish("told", kind=kind, user_id=str(user.id), username=user.username, to=address)

    async def _address(self, user: User) -> str | None:
        return user.email or await self._addresses.pending(user.id)
