"""stream_local: the embedded streaming server. RTMP in, low-latency HLS out, recordings that survive crashes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, cast, get_args
from uuid import UUID

from aethex_live import Plugin, PluginContext, PluginSettings, hookimpl
from aethex_live.hookspecs.web import Mount, SlotContribution, SocketMount
from aethex_live.ids import uuid7
from aethex_live.providers import Kind, Offer
from aethex_live.providers.streaming import StreamProvider
from aethex_live.settings import Role

from .addresses import Addresses
from .beacon import Beacon, Mirror
from .keys import StreamKeys
from .openness import Openness, RecordingOpenness
from .playtokens import PlayTokens
from .ports import EndReason
from .provider import ROTATED, Elsewhere, LocalStreaming, Offers
from .role_lock import RoleLock
from .server import OriginGuard, StreamingServer
from .service import PROVIDER, CoreGate, CoreJournal, ingests_of_user, shut_out
from .settings import StreamLocalSettings
from .web_ingest import PATH, WebIngest
from .web_live import BrowserLive

if TYPE_CHECKING:
    from quart import Blueprint

__all__ = ["StreamLocal"]

_END = "stream_local.end"
_PUBLIC = "stream_local.public"
_ACCESS = "recording.access"
_CHANNEL_ACCESS = "channel.access"


class StreamLocal(Plugin):
    """Offers the streaming provider "local"; in the process that takes streams in, runs its server."""

    settings_class: ClassVar[type[PluginSettings]] = StreamLocalSettings

    def __init__(self, context: PluginContext) -> None:
        super().__init__(context)
        self._settings = cast("StreamLocalSettings", context.settings)
        self._keys = StreamKeys(context.secrets.derive("stream keys"))
        self._media: Path = (self._settings.media or context.site.data / "media").resolve()
        self._journal = CoreJournal(context.db, context.domain.broadcasts, context.clock)
        self._browser = BrowserLive(context)
        self._tokens = PlayTokens(context.secrets.derive("playback"), context.clock.now)
        self._openness = RecordingOpenness(self._ask_openness, context.clock.monotonic)
        self._mirror = Mirror(context.cache)
        self._server = self._make_server() if context.site.role in (Role.ALL, Role.INGEST) else None
        self._lock = RoleLock(context.db, self._stop_server)
        self._beacon: Beacon | None = None

    def _make_server(self) -> StreamingServer:
        gate = CoreGate(self.context.db, self._keys, self.context.domain.accounts)
        ffmpeg = self.context.site.ffmpeg
        guard = OriginGuard(self._tokens, self._openness, self.context.site.url)
        return StreamingServer(self._settings, self._media, gate, self._journal, uuid7, ffmpeg, guard=guard)

    # --- what it offers

    @hookimpl
    def streaming_providers(self) -> Sequence[Offer[StreamProvider]]:
        """The provider."""
        return [Offer("local", self._provider)]

    def _provider(self) -> StreamProvider:
        settings = self._settings
        dvr = settings.dvr_minutes * 60 if settings.record else 0.0
        provider = LocalStreaming(
            self._server.hub if self._server is not None else None,
            self._keys,
            media=self._media,
            floor=settings.disk_floor_mb << 20,
            addresses=Addresses(settings, self.context.site.url, self._server.rtmp if self._server else None),
            public_url=settings.public_url or "",
            tokens=self._tokens,
            offers=Offers(dvr=dvr, ladder=bool(settings.ladder)),
            browser=settings.browser,
            mirror=self._mirror,
            elsewhere=Elsewhere(self._end_elsewhere, self._go_public_elsewhere),
            close=self.shutdown,
        )
        if self.context.site.role is Role.INGEST:
            self._beacon = Beacon(self.context.cache, provider.news)
        return provider

    @hookimpl
    def mounts(self) -> Sequence[Mount]:
        """Media, in front of the pages."""
        if self._server is None:
            return []
        origin = self._server.origin
        return [Mount(prefix="/live/", app=origin, at_once=origin.at_once), Mount(prefix="/vod/", app=origin)]

    @hookimpl
    def websockets(self) -> Sequence[SocketMount]:
        """Where pages send their picture and sound."""
        if self._server is None or not self._settings.browser:
            return []
        pages = WebIngest(
            self._server.hub.open,
            self._browser.tickets,
            self._keys,
            self._server.hub.time,
            max_kbps=self._settings.max_kbps,
            find_ffmpeg=self._browser.converter,
            bind=self.context.db.bind,
        )
        return [SocketMount(path=PATH, handler=pages.serve)]

    @hookimpl
    def blueprints(self) -> Sequence[Blueprint]:
        """Going live from the browser: its page and its ticket."""
        return self._browser.blueprints()

    @hookimpl
    def slots(self) -> Sequence[SlotContribution]:
        """Its links in the studio."""
        return self._browser.slots()

    @hookimpl
    def page_modules(self) -> Mapping[str, str]:
        """The module of its page."""
        return {"@stream_local/go-live": "go-live.js"}

    # --- life

    @hookimpl
    async def startup(self) -> None:
        """Recover what a crash left and take streams in. Raises StartError."""
        if self._server is None:
            self._mirror.start()
            return
        await self._lock.take()
        # where another provider was chosen (or none), old recordings are still ours to play
        chosen = "local" in self.context.site.providers.of(Kind.STREAMING)
        recovered = await self._server.start(listen=chosen)
        await self._journal.end_lost(recovered)
        if self._beacon is not None:
            self._beacon.start()
        self.context.control.on(_END, self._hear_end)
        self.context.control.on(_PUBLIC, self._hear_public)
        self.context.control.on(_ACCESS, self._hear_access)
        self.context.control.on(_CHANNEL_ACCESS, lambda _data: self._openness.forget_all())
        self.context.control.on("ingest.rotated", self._hear_rotated)
        for kind in ("user.closed", "user.changed"):
            self.context.control.on(kind, self._hear_person)

    @hookimpl
    async def shutdown(self) -> None:
        """End what is live; recordings are finished."""
        await self._mirror.stop()
        if self._beacon is not None:
            await self._beacon.stop()
        await self._stop_server()
        await self._lock.give_back()

    async def _stop_server(self) -> None:
        if self._server is not None:
            await self._server.stop()

    async def _ask_openness(self, recording_id: str) -> Openness:
        self.context.db.bind()
        return await self.context.domain.recordings.openness(PROVIDER, recording_id)

    # --- what other processes say

    async def _end_elsewhere(self, ingest_id: str, reason: EndReason) -> None:
        await self.context.control.send(_END, {"ingest_id": ingest_id, "reason": reason})

    async def _go_public_elsewhere(self, ingest_id: str) -> None:
        await self.context.control.send(_PUBLIC, {"ingest_id": ingest_id})

    def _hear_public(self, data: dict[str, str]) -> None:
        if self._server is not None:
            self._server.hub.go_public(data["ingest_id"])

    def _hear_access(self, data: dict[str, str]) -> None:
        if data["provider"] == PROVIDER:
            self._openness.forget(data["provider_id"])

    def _hear_end(self, data: dict[str, str]) -> None:
        if self._server is not None and data["reason"] in get_args(EndReason):
            self._server.hub.end(data["ingest_id"], cast("EndReason", data["reason"]))

    def _hear_rotated(self, data: dict[str, str]) -> None:
        if self._server is not None:
            self._server.hub.kick(data["ingest_id"], ROTATED, below=int(data["key_version"]))

    async def _hear_person(self, data: dict[str, str]) -> None:
        """Whoever may not act any more is not live any more either."""
        if self._server is None:
            return
        self.context.db.bind()
        user_id = UUID(data["user_id"])
        if reason := await shut_out(user_id, self.context.domain.accounts):
            for ingest_id in await ingests_of_user(user_id):
                self._server.hub.end(ingest_id, "moderation", reason)
