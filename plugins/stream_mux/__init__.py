"""stream_mux: lets Mux take streams in, play them and keep the recordings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, cast

from aethex_live import Plugin, PluginSettings, hookimpl
from aethex_live.providers import Offer
from aethex_live.providers.streaming import StreamProvider

from .errors import PROVIDER
from .opening import open_streaming
from .settings import StreamMuxSettings


class StreamMux(Plugin):
    """Offers the streaming provider "mux"."""

    settings_class: ClassVar[type[PluginSettings]] = StreamMuxSettings

    @hookimpl
    def streaming_providers(self) -> Sequence[Offer[StreamProvider]]:
        """The provider."""
        return [Offer(PROVIDER, self._open)]

    def _open(self) -> StreamProvider:
        return open_streaming(cast("StreamMuxSettings", self.context.settings), self.context.clock)
