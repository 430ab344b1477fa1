"""email_outbox: keeps mails on this site and shows them to the operator."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from aethex_live import Plugin, PluginContext, ServiceKey, hookimpl
from aethex_live.jobs import Schedule
from aethex_live.providers import Offer
from aethex_live.providers.email import EmailProvider
from aethex_live.services.mails import KEPT_MAILS

from .jobs import retention
from .service import Mails, Outbox
from .settings import EmailOutboxSettings

__all__ = ["EmailOutbox"]


class EmailOutbox(Plugin):
    """Offers the e-mail provider "outbox" and the service that reads it."""

    settings_class = EmailOutboxSettings

    def __init__(self, context: PluginContext) -> None:
        super().__init__(context)
        self._settings = cast("EmailOutboxSettings", context.settings)
        self._mails = Mails(context.db, context.clock)

    @hookimpl
    def email_providers(self) -> Sequence[Offer[EmailProvider]]:
        """The provider."""
        return [Offer("outbox", lambda: Outbox(self.context.clock))]

    @hookimpl
    def services(self) -> Mapping[ServiceKey[Any], object]:
        """What the operator's page asks."""
        return {KEPT_MAILS: self._mails}

    @hookimpl
    def schedules(self) -> Sequence[Schedule]:
        """Retention."""
        return [retention(self._mails, self._settings.keep_days, self.context.log)]
