"""Settings of auth_clerk: whose instance it is, its keys, and who may make an account."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, SecretStr, field_validator

from aethex_live import PluginSettings
from aethex_live.providers.setting_types import ApiUrl, Line, MaybeApiUrl

PROVIDER = "clerk"
LIVE = "https://api.clerk.com/v1"


class AuthClerkSettings(PluginSettings):
    """The keys of one instance. `publishable_key` and `secret_key` are needed as soon as clerk is chosen."""

    publishable_key: str = Field(
        "", max_length=500, description="pk_test_… or pk_live_…, of dashboard.clerk.com, API keys"
    )
    secret_key: SecretStr = Field(SecretStr(""), description="sk_test_… or sk_live_…, of the same page")
    webhook_secrets: tuple[SecretStr, ...] = Field(
        (), description="signing secrets, whsec_…, of dashboard.clerk.com, Webhooks; two while one replaces the other"
    )
    jwt_key: str = Field(
        "", max_length=4000, description="the JWKS public key in PEM; without it the keys are fetched and remembered"
    )
    authorized_parties: tuple[str, ...] = Field(
        (), max_length=20, description="other origins whose tokens count, as https://www.example.org; the site's do"
    )
    label: Line = Field("Clerk", min_length=1, max_length=40, description="what the button says: Continue with …")
    registration: Literal["open", "approval", "closed"] = Field(
        "open", description="who may make an account where this provider is the chosen one"
    )
    trust_email: bool = Field(True, description="whether an address that Clerk verified counts as confirmed here")
    keys_minutes: int = Field(60, ge=1, le=1440, description="how long the instance's keys are remembered")
    patience_s: float = Field(1.6, ge=0.2, le=15, description="seconds that a page waits for Clerk")
    api_url: ApiUrl = Field(LIVE, description="address of the Backend API; another one is for tests")
    frontend_url: MaybeApiUrl = Field(
        "", description="address of the Frontend API, where it is not the one that the publishable key names"
    )

    @field_validator("authorized_parties")
    @classmethod
    def _are_origins(cls, parties: tuple[str, ...]) -> tuple[str, ...]:
        for party in parties:
            if not party.startswith(("https://", "http://")) or party.count("/") != 2 or not party.isprintable():
                raise ValueError(f"{party[:60]!r} should be an origin such as https://www.example.org")
        return parties
