"""Settings of email_resend: the keys of the account, and who the mails are from."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, SecretStr

from aethex_live import PluginSettings
from aethex_live.providers.setting_types import ApiUrl, Line, MailAddress, begins

PROVIDER = "resend"
LIVE = "https://api.resend.com"


class EmailResendSettings(PluginSettings):
    """Keys and sender. `api_key` and `from_address` are needed as soon as resend is chosen."""

    api_key: Annotated[SecretStr, begins("re_")] = Field(
        SecretStr(""), description="API key, re_…, of resend.com/api-keys; “sending” is enough"
    )
    webhook_secrets: tuple[Annotated[SecretStr, begins("whsec_")], ...] = Field(
        (), description="signing secrets, whsec_…, of resend.com/webhooks; two while one replaces the other"
    )
    from_address: MailAddress = Field(
        "", description="the address that mails come from, at a domain verified at Resend"
    )
    from_name: Line = Field("", max_length=100, description="the name that mails come from; the site's by default")
    base_url: ApiUrl = Field(LIVE, description="address of the API; another one is for tests")
