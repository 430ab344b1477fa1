"""A lost password: a link by mail, an hour, once; then all sessions end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aethex_live.domain.accounts import OPEN_STATES
from aethex_live.errors import Invalid, NotFound
from aethex_live.models import User
from aethex_live.providers import Invalid as ProviderInvalid

from .links import DEAD, RESET, Links
from .models import Link
from .post import Post
from .service import LocalAuth

if TYPE_CHECKING:
    from aethex_live import PluginContext

LONGEST_ADDRESS = 254


class Resets:
    """Asks for links and takes them."""

    def __init__(self, context: PluginContext, links: Links, post: Post, auth: LocalAuth) -> None:
        self._context = context
        self._links = links
        self._post = post
        self._auth = auth

    async def ask(self, address: str) -> None:
        """Want a link for the account of an address. Known or unknown, the same is done here: a row is written."""
        async with self._context.db.transaction():
            await self._post.publish("reset", address=address.strip()[:LONGEST_ADDRESS])

    async def check(self, token: str) -> Link:
        """Raises NotFound when the link is used, old, or its account is closed."""
        link = await self._links.check(RESET, token)
        await link.fetch_related("user")
        _check_open(link.user)
        return link

    async def take(self, token: str, password: str) -> None:
        """Set a new password, end all sessions. Raises NotFound for a dead link, Invalid about `new_password`."""
        link = await self.check(token)
        names = (link.user.username, link.user.email or "")
        try:
            prepared = await self._auth.prepare_password(password, avoid=names)
        except ProviderInvalid as refused:
            raise Invalid(str(refused), field="new_password") from None
        async with self._context.db.transaction():
            link = await self._links.take(RESET, token)
            user = await User.get(id=link.user_id)
            _check_open(user)
            await self._auth.set_password(str(user.id), prepared)
            if user.email_verified_at is None and user.email == link.address:
                await self._context.domain.accounts.set_address(user.id, user.email, confirmed=True)
            await self._context.domain.audit.write("password.reset", actor=None, subject=f"user:{user.id}")
            await self._context.domain.sessions.close_others(user.id, None)


def _check_open(user: User) -> None:
    if user.state not in OPEN_STATES:
        raise NotFound(DEAD, code="dead-link")
