"""auth_local: accounts of this site with a password of their own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from aethex_live import Plugin, PluginContext, hookimpl
from aethex_live.providers import Offer
from aethex_live.providers.auth import AuthProvider

from .hashing import Hashing
from .service import LocalAuth
from .settings import AuthLocalSettings

__all__ = ["AuthLocal"]


class AuthLocal(Plugin):
    """Offers the auth provider "local"."""

    settings_class = AuthLocalSettings

    def __init__(self, context: PluginContext) -> None:
        super().__init__(context)
        self._hashing = Hashing(cast("AuthLocalSettings", context.settings))

    @hookimpl
    def auth_providers(self) -> Sequence[Offer[AuthProvider]]:
        """The provider."""
        return [Offer("local", lambda: LocalAuth(self.context.db, self._hashing, self.context.clock))]

    @hookimpl
    async def startup(self) -> None:
        """Prepare the check of unknown subjects."""
        await self._hashing.warm_up()
