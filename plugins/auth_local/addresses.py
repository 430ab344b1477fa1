"""E-mail addresses of accounts: claimed, confirmed by a link, changed, and for some days changed back."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from aethex_live.errors import Conflict, TooMany
from aethex_live.models import User

from .links import CONFIRM, REVERT, Links
from .models import Link, PendingAddress
from .post import Post

if TYPE_CHECKING:
    from aethex_live import PluginContext

RESENDS, RESEND_WINDOW = 3, timedelta(hours=1)
KEPT = timedelta(days=14)  # how long an unconfirmed address is remembered


class Addresses:
    """The rules. An account has an address only once its owner has confirmed it, so nobody can sit on another's."""

    def __init__(self, context: PluginContext, links: Links, post: Post) -> None:
        self._context = context
        self._links = links
        self._post = post

    async def claim(self, user_id: UUID, address: str | None) -> None:
        """Want an address for an account, inside the caller's transaction; None gives up the present one.

        A link goes to the address, or, when it has an account already, a note to its owner: who asks can't tell.
        """
        await self._drop_claims(user_id)
        if address is None:
            await self._tell_old(await User.get(id=user_id), None)
            return
        await PendingAddress.create(user_id=user_id, address=address, asked_at=self._context.clock.now())
        await self._post.publish("confirm", user_id=str(user_id), address=address)

    async def pending(self, user_id: UUID) -> str | None:
        """The address that waits for its confirmation."""
        row = await PendingAddress.get_or_none(user_id=user_id)
        return row.address if row else None

    async def resend(self, user_id: UUID) -> str:
        """Mail the link again; returns the address. Raises Conflict when nothing waits, TooMany after three an hour."""
        user = await User.get(id=user_id)
        address = await self.pending(user_id) or (None if user.email_verified_at else user.email)
        if address is None:
            raise Conflict("There is no address to confirm; write one into your settings first.")
        verdict = await self._context.limiter.hit(f"auth_local.resend:{user_id}", RESENDS, RESEND_WINDOW)
        if not verdict.allowed:
            raise TooMany(
                "We have sent this link several times. Look into the spam folder, or try again in an hour.",
                retry_after=verdict.retry_after_s,
            )
        async with self._context.db.transaction():
            await self.claim(user_id, address)
        return address

    async def look(self, purpose: str, token: str) -> Link:
        """What a link is about, with its account. Raises NotFound."""
        link = await self._links.check(purpose, token)
        await link.fetch_related("user")
        return link

    async def confirm(self, token: str) -> str:
        """Give the account its address; the old one is told. Returns it. Raises NotFound, Conflict when it is taken."""
        async with self._context.db.transaction():
            link = await self._links.take(CONFIRM, token)
            user = await User.get(id=link.user_id)
            await self._drop_claims(user.id)
            await self._context.domain.accounts.set_address(user.id, link.address, confirmed=True)
            if user.email is None or user.email.lower() != link.address.lower():
                await self._tell_old(user, link.address)
        self._context.domain.sessions.forget(user_id=user.id)
        return link.address

    async def revert(self, token: str) -> str:
        """Give an account back the address that it had, sign everyone out and mail a link for a new password.

        Later changes are undone with it. Returns the address. Raises NotFound, Conflict when somebody has it by now.
        """
        context = self._context
        async with context.db.transaction():
            link = await self._links.take(REVERT, token)
            await Link.filter(user_id=link.user_id, purpose=REVERT, made_at__gte=link.made_at).delete()
            await self._drop_claims(link.user_id)
            await context.domain.accounts.set_address(link.user_id, link.address, confirmed=True)
            await context.domain.audit.write("address.reverted", actor=None, subject=f"user:{link.user_id}")
            await self._post.publish("reset", address=link.address)
            await context.domain.sessions.close_others(link.user_id, None)
        return link.address

    async def tidy(self) -> None:
        """Forget claims that nobody confirmed."""
        await PendingAddress.filter(asked_at__lt=self._context.clock.now() - KEPT).delete()

    async def _drop_claims(self, user_id: UUID) -> None:
        await PendingAddress.filter(user_id=user_id).delete()
        await Link.filter(user_id=user_id, purpose=CONFIRM).delete()

    async def _tell_old(self, user: User, new: str | None) -> None:
        if user.email is not None and user.email_verified_at is not None:
            await self._post.publish("changed_address", user_id=str(user.id), old=user.email, new=new)
