"""From settings to a provider; what is missing says so before anything is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aethex_live.clock import Clock
from aethex_live.providers import NotConfigured
from aethex_live.providers.calls import Calls

from .errors import PROVIDER
from .settings import StreamMuxSettings

if TYPE_CHECKING:
    from .provider import MuxStreaming

PLUGIN = "stream_mux"
WHERE = "make one in Mux's dashboard under Settings, "


def open_streaming(settings: StreamMuxSettings, clock: Clock) -> MuxStreaming:
    """The provider. Raises NotConfigured. Only here the SDK is imported."""
    secret, private = settings.token_secret.get_secret_value().strip(), settings.signing_private_key.get_secret_value()
    _need("token_id", settings.token_id.strip(), f"{WHERE}Access Tokens, with Mux Video to read and to write")
    _need("token_secret", secret, "the dashboard shows it once, with the token")
    if settings.signing_key_id or private:
        _need("signing_key_id", settings.signing_key_id, f"{WHERE}Signing Keys, or leave both out")
        _need("signing_private_key", private.strip(), "the dashboard shows it once, with the signing key")
    try:
        from .addresses import Addresses, SigningKey
        from .client import MuxApi
        from .provider import MuxStreaming
    except ImportError as error:
        raise _not_configured(f"the package {error.name} is missing: pip install 'aethex-live[mux]'.") from None
    key = SigningKey(settings.signing_key_id, private.strip()) if private else None
    calls = Calls("Mux", clock)
    return MuxStreaming(
        MuxApi(settings.api_url, settings.token_id.strip(), secret, calls),
        calls,
        Addresses(settings.stream_url, settings.image_url, key, clock),
        settings.webhook_secrets,
        signed=key is not None,
        test=settings.test,
    )


def _need(name: str, value: str, step: str) -> None:
    if not value:
        raise _not_configured(f"[plugins.{PLUGIN}] {name} is missing (or AETHEX_STREAM_MUX__{name.upper()}): {step}.")


def _not_configured(sentence: str) -> NotConfigured:
    return NotConfigured(sentence, provider=PROVIDER, operation="set_up")
