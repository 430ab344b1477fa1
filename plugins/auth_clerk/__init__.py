"""auth_clerk: people sign in by Clerk's own component, on a page of this site."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, cast

from aethex_live import Plugin, PluginContext, hookimpl
from aethex_live.providers import NotConfigured, Offer
from aethex_live.providers.auth import AuthProvider

from .settings import PROVIDER, AuthClerkSettings

if TYPE_CHECKING:
    from .service import ClerkAuth

__all__ = ["AuthClerk"]

MISSING = 'its libraries are not installed: run pip install "aethex-live[clerk]", then start the site again.'
NO_KEY = (
    "jwt_key is malformed: it should be the JWKS public key in PEM, of dashboard.clerk.com, Configure, API keys, under "
    "[plugins.auth_clerk] or as AETHEX_AUTH_CLERK__JWT_KEY. Without it the key is fetched."
)


class AuthClerk(Plugin):
    """Offers the auth provider "clerk"."""

    settings_class = AuthClerkSettings

    def __init__(self, context: PluginContext) -> None:
        super().__init__(context)
        self._settings = cast("AuthClerkSettings", context.settings)

    @hookimpl
    def auth_providers(self) -> Sequence[Offer[AuthProvider]]:
        """The provider."""
        return [Offer(PROVIDER, self._built)]

    @hookimpl
    def page_modules(self) -> Mapping[str, str]:
        """What mounts Clerk's component."""
        return {"@auth_clerk/widget": "widget.js"}

    def _built(self) -> ClerkAuth:
        """Raises NotConfigured, which names the setting, where it is read and where to get its value."""
        # here, because a site that does not use it need not read any of this
        from .instance import read_instance

        instance = read_instance(self._settings)
        try:
            from .client import Client
            from .service import ClerkAuth
        except ImportError as error:
            raise NotConfigured(f"{MISSING} ({error})", provider=PROVIDER, operation="start") from error
        settings, clock = self._settings, self.context.clock
        client = Client(
            settings.secret_key.get_secret_value().strip(),
            settings.api_url,
            instance.frontend,
            clock,
            patience_s=settings.patience_s,
        )
        try:
            return ClerkAuth(settings, instance, client, clock, self.context.site.url)
        except ValueError:
            raise NotConfigured(NO_KEY, provider=PROVIDER, operation="start") from None
