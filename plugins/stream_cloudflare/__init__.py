"""stream_cloudflare: lets Cloudflare Stream take streams in, play them and keep the recordings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, cast

from aethex_live import Plugin, PluginSettings, hookimpl
from aethex_live.providers import Offer
from aethex_live.providers.streaming import StreamProvider

from .names import PROVIDER
from .opening import open_streaming
from .settings import StreamCloudflareSettings


class StreamCloudflare(Plugin):
    """Offers the streaming provider "cloudflare"."""

    settings_class: ClassVar[type[PluginSettings]] = StreamCloudflareSettings

    @hookimpl
    def streaming_providers(self) -> Sequence[Offer[StreamProvider]]:
        """The provider."""
        return [Offer(PROVIDER, self._open)]

    def _open(self) -> StreamProvider:
        return open_streaming(cast("StreamCloudflareSettings", self.context.settings), self.context.clock)
