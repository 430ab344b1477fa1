"""email_resend: sends mails by Resend."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

from aethex_live import Plugin, PluginContext, hookimpl
from aethex_live.providers import NotConfigured, Offer
from aethex_live.providers.calls import Calls
from aethex_live.providers.email import EmailProvider

from .settings import PROVIDER, EmailResendSettings

if TYPE_CHECKING:
    from .service import ResendMail

__all__ = ["EmailResend"]


class EmailResend(Plugin):
    """Offers the e-mail provider "resend"."""

    settings_class = EmailResendSettings

    def __init__(self, context: PluginContext) -> None:
        super().__init__(context)
        self._settings = cast("EmailResendSettings", context.settings)

    @hookimpl
    def email_providers(self) -> Sequence[Offer[EmailProvider]]:
        """The provider."""
        return [Offer(PROVIDER, self._build)]

    def _build(self) -> ResendMail:
        """Raises NotConfigured, which names the setting and where to get its value."""
        # here, because a site that does not send by it need not read it
        from .hooks import Hooks
        from .service import ResendMail, Sender

        settings = self._settings
        key = self._need("api_key", settings.api_key.get_secret_value(), "make one, re_…, at resend.com/api-keys")
        address = self._need(
            "from_address", settings.from_address, "an address at a domain that resend.com/domains verified"
        )
        secrets = [secret.get_secret_value() for secret in settings.webhook_secrets if secret.get_secret_value()]
        return ResendMail(
            key,
            Sender(address, settings.from_name or self.context.site.name),
            Calls(PROVIDER, self.context.clock),
            base_url=settings.base_url,
            hooks=Hooks(secrets) if secrets else None,
        )

    def _need(self, name: str, value: str, where: str) -> str:
        if not value:
            variable = f"AETHEX_EMAIL_RESEND__{name.upper()}"
            sentence = f"{name} is missing: set it under [plugins.email_resend], or as {variable}; {where}."
            raise NotConfigured(sentence, provider=PROVIDER, operation="start")
        return value
