"""Settings of stream_mux."""

from __future__ import annotations

from pydantic import Field, SecretStr

from aethex_live import PluginSettings
from aethex_live.providers.setting_types import ApiUrl


class StreamMuxSettings(PluginSettings):
    """Who we are at Mux, and what its webhooks and addresses are signed with."""

    token_id: str = Field("", max_length=100, description="id of an access token (dashboard, Settings, Access Tokens)")
    token_secret: SecretStr = Field(
        SecretStr(""), description="the secret that belongs to it; Mux Video, read and write"
    )
    webhook_secrets: list[SecretStr] = Field(
        [],
        description="signing secrets of the webhook (dashboard, Settings, Webhooks); two while one is being replaced",
    )
    signing_key_id: str = Field("", max_length=100, description="id of a signing key: with one, addresses are signed")
    signing_private_key: SecretStr = Field(SecretStr(""), description="its private key, in base64 as Mux shows it")
    test: bool = Field(False, description="make test streams: free, with a watermark, five minutes long, gone in a day")
    api_url: ApiUrl = Field("https://api.mux.com", description="where Mux's API is")
    stream_url: ApiUrl = Field("https://stream.mux.com", description="where players load media from")
    image_url: ApiUrl = Field("https://image.mux.com", description="where browsers load still pictures from")
