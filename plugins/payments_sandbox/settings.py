"""Settings of payments_sandbox."""

from __future__ import annotations

from urllib.parse import urlsplit

from pydantic import Field, field_validator

from aethex_live import PluginSettings


class PaymentsSandboxSettings(PluginSettings):
    """Where the sandbox reaches the site."""

    webhook_base: str = Field(
        "", description="where webhooks are sent, as http://127.0.0.1:8000; empty: this machine, or the site's address"
    )

    @field_validator("webhook_base")
    @classmethod
    def _is_origin(cls, base: str) -> str:
        parts = urlsplit(base.rstrip("/"))
        if base and (parts.scheme not in {"http", "https"} or not parts.hostname or parts.path or parts.query):
            raise ValueError("it should be an address such as http://127.0.0.1:8000, without a path")
        return base.rstrip("/")
