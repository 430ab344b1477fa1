"""Settings of stream_cloudflare."""

from __future__ import annotations

from pydantic import Field, SecretStr

from aethex_live import PluginSettings
from aethex_live.providers.setting_types import ApiUrl, MaybeApiUrl


class StreamCloudflareSettings(PluginSettings):
    """Who we are at Cloudflare, and what its webhooks and addresses are signed with."""

    account_id: str = Field("", pattern=r"^([0-9a-f]{32})?$", description="id of the account (dashboard, Stream)")
    api_token: SecretStr = Field(SecretStr(""), description="API token with the permission Stream: Edit")
    customer_code: str = Field(
        "", pattern=r"^[a-z0-9]{0,64}$", description="CODE of your domain customer-CODE.cloudflarestream.com"
    )
    webhook_secrets: list[SecretStr] = Field(
        [], description="secrets of the account's Stream webhook, which tells of recordings; two while one is replaced"
    )
    notification_secrets: list[SecretStr] = Field(
        [], description="secrets of the notification destination that tells of live inputs"
    )
    signing_key_id: str = Field("", max_length=100, description="id of a signing key: with one, addresses are signed")
    signing_private_key: SecretStr = Field(SecretStr(""), description="its `pem`, in base64 as the API gives it once")
    reconnect_s: int = Field(30, ge=0, le=3600, description="seconds in which an encoder may come back")
    api_url: ApiUrl = Field("https://api.cloudflare.com/client/v4", description="where Cloudflare's API is")
    delivery_url: MaybeApiUrl = Field(
        "", description="where media is loaded from; your customer domain when it is empty"
    )
