"""auth_oidc: sign-in with accounts that people have elsewhere, by OpenID Connect."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

from aethex_live import Plugin, hookimpl
from aethex_live.providers import NotConfigured, Offer
from aethex_live.providers.auth import AuthProvider

from .errors import PROVIDER
from .settings import AuthOidcSettings

if TYPE_CHECKING:
    from .service import Oidc

__all__ = ["AuthOidc"]

MISSING = 'its libraries are not installed: run pip install "aethex-live[oidc]", then start the site again.'
NO_ISSUER = (
    "no issuer is named: add a table [plugins.auth_oidc.issuers.NAME] with label, issuer and client_id to "
    "aethex.toml; the issuer's console gives the last two when you register this site there."
)


class AuthOidc(Plugin):
    """Offers the auth provider "oidc"."""

    settings_class = AuthOidcSettings

    @hookimpl
    def auth_providers(self) -> Sequence[Offer[AuthProvider]]:
        """The provider."""
        return [Offer(PROVIDER, self._made)]

    def _made(self) -> Oidc:
        settings = cast("AuthOidcSettings", self.context.settings)
        if not settings.issuers:
            raise NotConfigured(NO_ISSUER, provider=PROVIDER, operation="start")
        try:
            from .service import Oidc  # here, because a site without issuers needs none of its libraries
        except ImportError as error:
            raise NotConfigured(f"{MISSING} ({error})", provider=PROVIDER, operation="start") from error
        return Oidc(settings, self.context.clock)
