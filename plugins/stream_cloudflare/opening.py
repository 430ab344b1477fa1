"""From settings to a provider; what is missing says so before anything is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aethex_live.clock import Clock
from aethex_live.providers import NotConfigured
from aethex_live.providers.calls import Calls

from .names import PLUGIN, PROVIDER, TITLE
from .settings import StreamCloudflareSettings

if TYPE_CHECKING:
    from .provider import CloudflareStreaming


def open_streaming(settings: StreamCloudflareSettings, clock: Clock) -> CloudflareStreaming:
    """The provider. Raises NotConfigured. Only here joserfc and httpx are read."""
    token, pem = settings.api_token.get_secret_value().strip(), settings.signing_private_key.get_secret_value().strip()
    _need("account_id", settings.account_id, "it stands in the dashboard beside Stream, 32 characters")
    _need("api_token", token, "make one in the dashboard under My Profile, API Tokens, with Stream: Edit")
    delivery = settings.delivery_url or _domain(settings.customer_code)
    if settings.signing_key_id or pem:
        _need("signing_key_id", settings.signing_key_id, "the API gives it with the key, or leave both out")
        _need("signing_private_key", pem, "it is the `pem` that POST …/stream/keys gives once")
    try:
        from .addresses import Addresses, SigningKey
        from .api import StreamApi
        from .events import Hooks
        from .provider import CloudflareStreaming
    except ImportError as error:
        raise _not_configured(f"The package {error.name} is missing: pip install 'aethex-live[cloudflare]'.") from None
    calls = Calls(TITLE, clock)
    key = SigningKey(settings.signing_key_id, pem) if pem else None
    return CloudflareStreaming(
        StreamApi(settings.api_url, delivery, settings.account_id, token, calls),
        calls,
        Addresses(delivery, key, clock),
        Hooks(
            [one.get_secret_value() for one in settings.webhook_secrets],
            [one.get_secret_value() for one in settings.notification_secrets],
            window_s=float(settings.reconnect_s),
        ),
        signed=key is not None,
        reconnect_s=settings.reconnect_s,
    )


def _domain(code: str) -> str:
    _need("customer_code", code, "the dashboard shows customer-CODE.cloudflarestream.com with every video")
    return f"https://customer-{code}.cloudflarestream.com"


def _need(name: str, value: str, step: str) -> None:
    if not value:
        variable = f"AETHEX_{PLUGIN.upper()}__{name.upper()}"
        raise _not_configured(f"[plugins.{PLUGIN}] {name} is missing (or {variable}): {step}.")


def _not_configured(sentence: str) -> NotConfigured:
    return NotConfigured(sentence, provider=PROVIDER, operation="set_up")
