"""auth_local: accounts of this site with passwords, codes and passkeys of their own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import cast
from uuid import UUID

from quart import Blueprint

from aethex_live import Plugin, PluginContext, hookimpl
from aethex_live.events import Recorded
from aethex_live.hookspecs.web import SlotContribution
from aethex_live.jobs import OutboxHandler, Schedule
from aethex_live.providers import Offer
from aethex_live.providers.auth import AuthProvider

from .accounts import LocalAccounts
from .api import Api
from .api_admin import Api as AdminApi
from .api_passkeys import Api as PasskeysApi
from .hashing import Hashing
from .parts import Parts
from .settings import AuthLocalSettings
from .slots import contributions
from .view_admin import Pages as AdminPages
from .view_links import Pages as LinkPages
from .view_security import Pages as SecurityPages

__all__ = ["AuthLocal"]


class AuthLocal(Plugin):
    """Offers the auth provider "local" with its pages."""

    settings_class = AuthLocalSettings

    def __init__(self, context: PluginContext) -> None:
        super().__init__(context)
        self._settings = cast("AuthLocalSettings", context.settings)
        self._hashing = Hashing(self._settings)
        self._parts = Parts.of(context, self._settings, self._hashing)

    @hookimpl
    def auth_providers(self) -> Sequence[Offer[AuthProvider]]:
        """The provider."""
        return [Offer("local", self._provider)]

    def _provider(self) -> LocalAccounts:
        return self._parts.auth

    @hookimpl
    def blueprints(self) -> Sequence[Blueprint]:
        """Pages below /p/auth_local/ and the API."""
        makers = (LinkPages, SecurityPages, AdminPages, Api, PasskeysApi, AdminApi)
        return [maker(self._parts).blueprint() for maker in makers]

    @hookimpl
    def slots(self) -> Sequence[SlotContribution]:
        """What stands on pages of the core."""
        return contributions(self._parts)

    @hookimpl
    def page_modules(self) -> Mapping[str, str]:
        """The ceremonies of passkeys."""
        return {"@auth_local/passkeys": "passkeys.js"}

    @hookimpl
    def outbox_handlers(self) -> Sequence[OutboxHandler]:
        """Mails."""
        return self._parts.post.handlers()

    @hookimpl
    def schedules(self) -> Sequence[Schedule]:
        """What is too old is forgotten."""
        return [Schedule("auth_local.tidy", timedelta(hours=1), self._tidy)]

    @hookimpl
    async def user_signed_in(self, event: Recorded) -> None:
        """Look whether the way in is a new one."""
        payload = event.payload
        await self._parts.alerts.signed_in(UUID(payload["user_id"]), UUID(payload["session_id"]))

    @hookimpl
    async def startup(self) -> None:
        """Prepare the check of unknown subjects."""
        await self._hashing.warm_up()

    async def _tidy(self) -> None:
        await self._parts.links.tidy()
        await self._parts.addresses.tidy()
