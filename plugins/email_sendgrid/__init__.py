"""email_sendgrid: sends mails by SendGrid."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

from aethex_live import Plugin, PluginContext, hookimpl
from aethex_live.providers import NotConfigured, Offer
from aethex_live.providers.calls import Calls
from aethex_live.providers.email import EmailProvider

from .settings import PROVIDER, EmailSendgridSettings

if TYPE_CHECKING:
    from .service import SendgridMail

__all__ = ["EmailSendgrid"]


class EmailSendgrid(Plugin):
    """Offers the e-mail provider "sendgrid"."""

    settings_class = EmailSendgridSettings

    def __init__(self, context: PluginContext) -> None:
        super().__init__(context)
        self._settings = cast("EmailSendgridSettings", context.settings)

    @hookimpl
    def email_providers(self) -> Sequence[Offer[EmailProvider]]:
        """The provider."""
        return [Offer(PROVIDER, self._build)]

    def _build(self) -> SendgridMail:
        """Raises NotConfigured, which names the setting and where to get its value."""
        # here, because a site that does not send by it need not read it
        from .hooks import Hooks
        from .service import SendgridMail

        settings = self._settings
        key = self._need(
            "api_key", settings.api_key.get_secret_value(), "make one, SG.…, at app.sendgrid.com/settings/api_keys"
        )
        address = self._need(
            "from_address", settings.from_address, "an address verified at app.sendgrid.com/settings/sender_auth"
        )
        keys = [key for key in settings.verification_keys if key.strip()]
        return SendgridMail(
            key,
            address,
            settings.from_name or self.context.site.name,
            Calls(PROVIDER, self.context.clock),
            base_url=settings.base_url,
            hooks=Hooks(keys) if keys else None,
        )

    def _need(self, name: str, value: str, where: str) -> str:
        if not value:
            variable = f"AETHEX_EMAIL_SENDGRID__{name.upper()}"
            sentence = f"{name} is missing: set it under [plugins.email_sendgrid], or as {variable}; {where}."
            raise NotConfigured(sentence, provider=PROVIDER, operation="start")
        return value
