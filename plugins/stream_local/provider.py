"""The streaming provider "local": the core's contract, kept by the embedded server."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit
from uuid import UUID

from aethex_live.providers import NotFound
from aethex_live.providers.streaming import (
    Endpoint,
    Finding,
    IngestHealth,
    IngestSpec,
    LiveStatus,
    PlaybackRef,
    PlaySource,
    ProviderIngest,
    StreamCap,
)

from . import health, recovery
from .hub import Hub
from .keys import StreamKeys
from .ports import EndReason
from .service import PROVIDER
from .thumbnails import POSTER

ROTATED: Final = "The stream key was changed: copy the new one from the studio."
End = Callable[[str, EndReason], Awaitable[None]]


class LocalStreaming:
    """Keeps the contract `StreamProvider`. `hub` is None in a process that takes no streams in."""

    name = PROVIDER

    def __init__(
        self,
        hub: Hub | None,
        keys: StreamKeys,
        *,
        media: Path,
        rtmp_url: Callable[[], str],
        public_url: str,
        end_elsewhere: End,
        close: Callable[[], Awaitable[None]],
    ) -> None:
        self._hub, self._keys, self._media = hub, keys, media
        self._rtmp_url, self._public_url = rtmp_url, public_url
        self._end_elsewhere, self._close = end_elsewhere, close
        self.capabilities = frozenset(StreamCap)
        self.origins = (_origin(public_url),) if public_url else ()

    # --- ingests

    async def create_ingest(self, spec: IngestSpec, *, idempotency_key: str) -> ProviderIngest:
        """The ingest of `spec.ref`: nothing has to be made, its key is derived."""
        return ProviderIngest(id=str(spec.ref), endpoints=self._endpoints(spec.ref, 1), latency="low")

    async def endpoints(self, ingest_id: str, *, key_version: int) -> Sequence[Endpoint]:
        """Where the encoder sends to."""
        return self._endpoints(_uuid(ingest_id, "endpoints"), key_version)

    def _endpoints(self, ingest_id: UUID, version: int) -> Sequence[Endpoint]:
        return [Endpoint(protocol="rtmp", url=self._rtmp_url(), key=self._keys.make(ingest_id, version))]

    async def rotate_key(self, ingest_id: str, *, key_version: int) -> None:
        """The gate takes the row's version alone; here the one who sends with an older key is cut off."""
        if self._hub is not None:
            self._hub.kick(ingest_id, ROTATED, below=key_version)

    async def delete_ingest(self, ingest_id: str) -> None:
        """End what is live on it."""
        await self._end(ingest_id, "moderation")

    async def end_broadcast(self, ingest_id: str) -> None:
        """End what is live, at once."""
        await self._end(ingest_id, "creator")

    async def _end(self, ingest_id: str, reason: EndReason) -> None:
        if self._hub is not None:
            self._hub.end(ingest_id, reason)
        else:
            await self._end_elsewhere(ingest_id, reason)

    # --- health

    async def health(self, ingest_id: str) -> IngestHealth:
        """What comes in at this moment."""
        ingest = self._hub.ingest(ingest_id) if self._hub is not None else None
        if ingest is None:
            return IngestHealth(status=LiveStatus.IDLE, verdict="none")
        report = ingest.health()
        packager = ingest.broadcast.packager if ingest.broadcast is not None else None
        video, audio = (packager.video, packager.audio) if packager is not None else (None, None)
        return IngestHealth(
            status=LiveStatus(ingest.state.value),
            verdict=report.verdict,
            findings=[Finding(level=item.level, code=item.code, text=item.text) for item in report.remarks],
            bitrate_kbps=report.kbps,
            fps=report.fps,
            keyframe_interval=report.keyframe_interval,
            width=video.width if video else None,
            height=video.height if video else None,
            video_codec=video.codec if video else None,
            audio_codec=audio.codec if audio else None,
            bitrate_history=report.history,
            interval=timedelta(seconds=health.INTERVAL),
        )

    # --- playback

    def playback(self, ref: PlaybackRef) -> Sequence[PlaySource]:
        """Low latency first, whole segments for players that can't."""
        if not ref.live:
            return [PlaySource(url=f"{self._public_url}/vod/{ref.id}/index.m3u8", kind="hls")]
        base = f"{self._public_url}/live/{ref.id}"
        return [
            PlaySource(url=f"{base}/index.m3u8", kind="ll-hls"),
            PlaySource(url=f"{base}/live.m3u8", kind="hls"),
        ]

    def image(self, ref: PlaybackRef) -> str | None:
        """The poster, when it was made."""
        if ref.live:
            broadcast = self._hub.find(ref.id) if self._hub is not None else None
            made = broadcast is not None and broadcast.poster is not None
            return f"{self._public_url}/live/{ref.id}/{POSTER}" if made else None
        made = (self._media / "vod" / str(_uuid(ref.id, "image")) / POSTER).exists()
        return f"{self._public_url}/vod/{ref.id}/{POSTER}" if made else None

    async def delete_recording(self, recording_id: str) -> None:
        """Delete its files."""
        number = _uuid(recording_id, "delete_recording")
        if self._hub is not None:
            await self._hub.delete_recording(number)
        else:
            await asyncio.to_thread(recovery.discard, self._media / "vod" / str(number))

    async def aclose(self) -> None:
        """Stop taking streams in."""
        await self._close()


def _uuid(text: str, operation: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise NotFound(f"“{text}” is no id of ours.", provider=PROVIDER, operation=operation) from None


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
