"""Settings of email_resend: the keys of the account, and who the mails are from."""

from __future__ import annotations

import re

from pydantic import Field, SecretStr, field_validator

from aethex_live import PluginSettings
from aethex_live.providers import Invalid
from aethex_live.providers.mail_rules import check_address

_WORD = re.compile(r"[!-~]+")
PROVIDER = "resend"
LIVE = "https://api.resend.com"


class EmailResendSettings(PluginSettings):
    """Keys and sender. `api_key` and `from_address` are needed as soon as resend is chosen."""

    api_key: SecretStr = Field(SecretStr(""), description="API key, re_…, of resend.com/api-keys; “sending” is enough")
    webhook_secrets: tuple[SecretStr, ...] = Field(
        (), description="signing secrets, whsec_…, of resend.com/webhooks; two while one replaces the other"
    )
    from_address: str = Field("", description="the address that mails come from, at a domain verified at Resend")
    from_name: str = Field("", max_length=100, description="the name that mails come from; the site's by default")
    base_url: str = Field(LIVE, description="address of the API; another one is for tests")

    @field_validator("api_key")
    @classmethod
    def _is_key(cls, key: SecretStr) -> SecretStr:
        return _shaped(key, "re_")

    @field_validator("webhook_secrets")
    @classmethod
    def _are_secrets(cls, secrets: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
        return tuple(_shaped(secret, "whsec_") for secret in secrets)

    @field_validator("from_address")
    @classmethod
    def _is_address(cls, address: str) -> str:
        if address:
            try:
                check_address(address, PROVIDER)
            except Invalid as error:
                raise ValueError(str(error)) from None
        return address

    @field_validator("from_name")
    @classmethod
    def _is_line(cls, name: str) -> str:
        if not name.isprintable():
            raise ValueError("this should be one line of text")
        return name

    @field_validator("base_url")
    @classmethod
    def _is_url(cls, url: str) -> str:
        if not url.startswith(("https://", "http://127.0.0.1:", "http://localhost:")):
            raise ValueError("this should begin with https://")
        return url.rstrip("/")


def _shaped(secret: SecretStr, prefix: str) -> SecretStr:
    text = secret.get_secret_value().strip()
    if text and not (text.startswith(prefix) and len(text) > len(prefix) and _WORD.fullmatch(text)):
        raise ValueError(f"this should be one word that begins with {prefix}")
    return SecretStr(text)
