"""payments_stripe: takes payments by Stripe."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import cast

from pydantic import SecretStr

from aethex_live import Plugin, PluginContext, hookimpl
from aethex_live.providers import Offer
from aethex_live.providers.payments import PaymentProvider

from .client import Client
from .errors import NAME, not_configured
from .events import Webhooks
from .service import StripePayments
from .settings import PaymentsStripeSettings

__all__ = ["PaymentsStripe"]

_KEY = re.compile(r"(sk|rk)_(test|live)_[A-Za-z0-9_]+")
_SECRET = re.compile(r"whsec_[A-Za-z0-9+/=_-]+")


class PaymentsStripe(Plugin):
    """Offers the payment provider "stripe"."""

    settings_class = PaymentsStripeSettings

    def __init__(self, context: PluginContext) -> None:
        super().__init__(context)
        self._settings = cast("PaymentsStripeSettings", context.settings)

    @hookimpl
    def payment_providers(self) -> Sequence[Offer[PaymentProvider]]:
        """The provider. While it has settings it serves old payments, also where another is chosen."""
        return [Offer(NAME, self._build)]

    def _build(self) -> StripePayments:
        """Raises NotConfigured, which names the setting and where to get its value."""
        said = self._settings
        key = self._key()
        account = self._secrets("webhook_secrets", said.webhook_secrets)
        connect = self._secrets("connect_webhook_secrets", said.connect_webhook_secrets)
        if not account:
            raise self._wrong(
                "webhook_secrets", "is missing", "an endpoint has one, whsec_…, at dashboard.stripe.com/webhooks"
            )
        client = Client(key, said.api_base, said.timeout_s, self.context.clock)
        return StripePayments(
            client,
            Webhooks(account, connect, live="_live_" in key),
            automatic_tax=said.automatic_tax,
            portal_configuration=said.portal_configuration,
        )

    def _key(self) -> str:
        key = self._settings.secret_key.get_secret_value().strip()
        if not _KEY.fullmatch(key):
            what = "is no secret key (sk_… or rk_…)" if key else "is missing"
            raise self._wrong("secret_key", what, "it stands at dashboard.stripe.com/apikeys")
        return key

    def _secrets(self, name: str, given: Sequence[SecretStr]) -> list[str]:
        secrets = [secret.get_secret_value().strip() for secret in given]
        if not all(_SECRET.fullmatch(secret) for secret in secrets):
            raise self._wrong(
                name, "has a value that is no whsec_…", "each endpoint has one at dashboard.stripe.com/webhooks"
            )
        return secrets

    def _wrong(self, name: str, what: str, where: str) -> Exception:
        variable = f"AETHEX_PAYMENTS_STRIPE__{name.upper()}"
        source = self.context.site.source(f"plugins.{self.context.name}.{name}")
        read = f"{name} ({source})" if source != "default" else name
        return not_configured(f"{read} {what}: set it under [plugins.payments_stripe] or as {variable}; {where}.")
