"""stream_local: the embedded streaming server. RTMP in, low-latency HLS out, recordings that survive crashes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar, cast, get_args
from urllib.parse import urlsplit
from uuid import UUID

from aethex_live import Plugin, PluginContext, PluginSettings, hookimpl
from aethex_live.hookspecs.web import Mount
from aethex_live.ids import uuid7
from aethex_live.providers import Kind, Offer
from aethex_live.providers.streaming import StreamProvider
from aethex_live.settings import Role

from .keys import StreamKeys
from .ports import EndReason
from .provider import ROTATED, LocalStreaming
from .server import StreamingServer
from .service import CoreGate, CoreJournal, ingests_of_user
from .settings import StreamLocalSettings

__all__ = ["StreamLocal"]

_END = "stream_local.end"


class StreamLocal(Plugin):
    """Offers the streaming provider "local"; in the process that takes streams in, runs its server."""

    settings_class: ClassVar[type[PluginSettings]] = StreamLocalSettings

    def __init__(self, context: PluginContext) -> None:
        super().__init__(context)
        self._settings = cast("StreamLocalSettings", context.settings)
        self._keys = StreamKeys(context.secrets.derive("stream keys"))
        self._media: Path = (self._settings.media or context.site.data / "media").resolve()
        self._journal = CoreJournal(context.db, context.domain.broadcasts, context.clock)
        self._server = self._make_server() if context.site.role in (Role.ALL, Role.INGEST) else None

    def _make_server(self) -> StreamingServer:
        gate = CoreGate(self.context.db, self._keys)
        ffmpeg = self.context.site.ffmpeg
        return StreamingServer(self._settings, self._media, gate, self._journal, uuid7, ffmpeg)

    # --- what it offers

    @hookimpl
    def streaming_providers(self) -> Sequence[Offer[StreamProvider]]:
        """The provider."""
        return [Offer("local", self._provider)]

    def _provider(self) -> StreamProvider:
        return LocalStreaming(
            self._server.hub if self._server is not None else None,
            self._keys,
            media=self._media,
            rtmp_url=self._rtmp_url,
            public_url=self._settings.public_url or "",
            end_elsewhere=self._end_elsewhere,
            close=self.shutdown,
        )

    @hookimpl
    def mounts(self) -> Sequence[Mount]:
        """Media, in front of the pages."""
        if self._server is None:
            return []
        return [Mount(prefix=prefix, app=self._server.origin) for prefix in ("/live/", "/vod/")]

    # --- life

    @hookimpl
    async def startup(self) -> None:
        """Recover what a crash left and take streams in. Raises StartError."""
        if self._server is None:
            return
        # where another provider was chosen (or none), old recordings are still ours to play
        chosen = "local" in self.context.site.providers.of(Kind.STREAMING)
        recovered = await self._server.start(listen=chosen)
        await self._journal.end_lost(recovered)
        self.context.control.on(_END, self._hear_end)
        self.context.control.on("ingest.rotated", self._hear_rotated)
        self.context.control.on("user.closed", self._hear_closed)

    @hookimpl
    async def shutdown(self) -> None:
        """End what is live; recordings are finished."""
        if self._server is not None:
            await self._server.stop()

    # --- what other processes say

    async def _end_elsewhere(self, ingest_id: str, reason: EndReason) -> None:
        await self.context.control.send(_END, {"ingest_id": ingest_id, "reason": reason})

    def _hear_end(self, data: dict[str, str]) -> None:
        if self._server is not None and data["reason"] in get_args(EndReason):
            self._server.hub.end(data["ingest_id"], cast("EndReason", data["reason"]))

    def _hear_rotated(self, data: dict[str, str]) -> None:
        if self._server is not None:
            self._server.hub.kick(data["ingest_id"], ROTATED, below=int(data["key_version"]))

    async def _hear_closed(self, data: dict[str, str]) -> None:
        if self._server is None:
            return
        self.context.db.bind()
        for ingest_id in await ingests_of_user(UUID(data["user_id"])):
            self._server.hub.end(ingest_id, "moderation")

    # --- addresses

    def _rtmp_url(self) -> str:
        """What creators are shown as server address."""
        if self._settings.rtmp_url is not None:
            return self._settings.rtmp_url
        host = self._settings.rtmp_host
        if host in ("0.0.0.0", "::", ""):  # noqa: S104  (compared, not bound)
            host = urlsplit(self.context.site.url).hostname or "127.0.0.1"
        port = self._settings.rtmp_port
        if port == 0 and self._server is not None and self._server.rtmp.listening:
            port = self._server.rtmp.port
        return f"rtmp://{f'[{host}]' if ':' in host else host}{'' if port == 1935 else f':{port}'}/live"
