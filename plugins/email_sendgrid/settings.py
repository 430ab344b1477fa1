"""Settings of email_sendgrid: the keys of the account, and who the mails are from."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, SecretStr

from aethex_live import PluginSettings
from aethex_live.providers.setting_types import ApiUrl, Line, MailAddress, begins

PROVIDER = "sendgrid"
LIVE = "https://api.sendgrid.com"


class EmailSendgridSettings(PluginSettings):
    """Keys and sender. `api_key` and `from_address` are needed as soon as sendgrid is chosen."""

    api_key: Annotated[SecretStr, begins("SG.")] = Field(
        SecretStr(""), description="API key, SG.…, with the right Mail Send"
    )
    verification_keys: tuple[str, ...] = Field(
        (), description="public keys of the signed event webhook; two while one replaces the other"
    )
    from_address: MailAddress = Field("", description="the address that mails come from, verified at SendGrid")
    from_name: Line = Field("", max_length=100, description="the name that mails come from; the site's by default")
    base_url: ApiUrl = Field(LIVE, description="address of the API; https://api.eu.sendgrid.com for accounts in the EU")
