"""Settings of payments_stripe."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator, Field, SecretStr

from aethex_live import PluginSettings
from aethex_live.providers.setting_types import ApiUrl


def _split(value: object) -> object:
    """`a, b` of an environment variable as a list."""
    if isinstance(value, str):
        return [part.strip() for part in value.split(",") if part.strip()]
    return value


Secrets = Annotated[tuple[SecretStr, ...], BeforeValidator(_split)]


class PaymentsStripeSettings(PluginSettings):
    """Keys of one Stripe account, and where it is asked."""

    secret_key: SecretStr = Field(SecretStr(""), description="sk_… or rk_…, from dashboard.stripe.com/apikeys")
    webhook_secrets: Secrets = Field(
        (), description="whsec_… of the endpoint for your account; several while one is being replaced"
    )
    connect_webhook_secrets: Secrets = Field((), description="whsec_… of the endpoint for connected accounts")
    automatic_tax: bool = Field(False, description="let Stripe Tax add taxes at the checkout")
    portal_configuration: str = Field("", description="bpc_… of the customer portal; empty: the account's default")
    timeout_s: float = Field(15.0, ge=1.0, le=60.0, description="seconds that one call may take")
    api_base: ApiUrl = Field("https://api.stripe.com", description="address of the API; another one only for tests")
