"""stream_mux: lets Mux take streams in, play them and keep the recordings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, cast

from aethex_live import Plugin, PluginSettings, hookimpl
from aethex_live.providers import Kind, Offer
from aethex_live.providers.streaming import StreamProvider

from .errors import PROVIDER
from .opening import PLUGIN, open_streaming
from .settings import StreamMuxSettings


class StreamMux(Plugin):
    """Offers the streaming provider "mux", where anything is said about it."""

    settings_class: ClassVar[type[PluginSettings]] = StreamMuxSettings

    @hookimpl
    def streaming_providers(self) -> Sequence[Offer[StreamProvider]]:
        """The provider: without an access token there is nothing to offer."""
        site = self.context.site
        if not site.plugin_table(PLUGIN) and PROVIDER not in site.providers.of(Kind.STREAMING):
            return []
        return [Offer(PROVIDER, self._open)]

    def _open(self) -> StreamProvider:
        return open_streaming(cast("StreamMuxSettings", self.context.settings), self.context.clock)
