"""The streaming provider "local": the core's contract, kept by the embedded server."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final
from urllib.parse import quote, urlsplit
from uuid import UUID

from aethex_live.providers import NotFound
from aethex_live.providers.streaming import (
    DiskUse,
    Endpoint,
    IngestHealth,
    IngestSpec,
    PlaybackRef,
    PlaySource,
    ProviderIngest,
    StreamCap,
)

from . import recovery
from .addresses import Addresses
from .beacon import IDLE, Mirror, News
from .hub import Hub
from .keys import StreamKeys
from .playtokens import DOWNLOAD_LIFE, PLAYBACK_LIFE, PlayTokens
from .ports import EndReason
from .reports import health_of
from .service import PROVIDER
from .thumbnails import POSTER

KEPT: Final = frozenset(
    {
        StreamCap.RTMP,
        StreamCap.LOW_LATENCY,
        StreamCap.RECONNECT_WINDOW,
        StreamCap.ROTATE_KEY,
        StreamCap.SIGNAL_END,
        StreamCap.RECORD,
        StreamCap.HEALTH,
        StreamCap.IMAGES,
        StreamCap.PRIVATE,
        StreamCap.REHEARSE,
        StreamCap.DOWNLOAD,
        StreamCap.DISK,
    }
)
ROTATED: Final = "The stream key was changed: copy the new one from the studio."


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """What another process does, which takes the streams in."""

    end: Callable[[str, EndReason], Awaitable[None]]
    go_public: Callable[[str], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Offers:
    """What players get beside the stream itself: `dvr` in seconds, 0 for none; whether there is a ladder."""

    dvr: float
    ladder: bool


class LocalStreaming:
    """Keeps the contract `StreamProvider`, and all its optional parts.

    `hub` is None in a process that takes no streams in: there `mirror` tells what goes on, `elsewhere` passes wishes
    on.
    """

    name = PROVIDER

    def __init__(
        self,
        hub: Hub | None,
        keys: StreamKeys,
        *,
        media: Path,
        floor: int,
        addresses: Addresses,
        public_url: str,
        tokens: PlayTokens,
        offers: Offers,
        browser: bool,
        mirror: Mirror,
        elsewhere: Elsewhere,
        close: Callable[[], Awaitable[None]],
    ) -> None:
        self._hub, self._keys, self._media, self._floor = hub, keys, media, floor
        self._addresses, self._public_url = addresses, public_url
        self._tokens, self._offers = tokens, offers
        self._mirror, self._elsewhere, self._close = mirror, elsewhere, close
        self.capabilities = KEPT | ({StreamCap.BROWSER} if browser else frozenset())
        self.origins = (_origin(public_url),) if public_url else ()

    # --- ingests

    async def create_ingest(self, spec: IngestSpec, *, idempotency_key: str) -> ProviderIngest:
        """The ingest of `spec.ref`: nothing has to be made, its key is derived."""
        return ProviderIngest(id=str(spec.ref), endpoints=self._endpoints(spec.ref, 1), latency="low")

    async def endpoints(self, ingest_id: str, *, key_version: int) -> Sequence[Endpoint]:
        """Where the encoder sends to."""
        return self._endpoints(_uuid(ingest_id, "endpoints"), key_version)

    def _endpoints(self, ingest_id: UUID, version: int) -> Sequence[Endpoint]:
        return self._addresses.endpoints(self._keys.make(ingest_id, version))

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
            await self._elsewhere.end(ingest_id, reason)

    async def go_public(self, ingest_id: str) -> None:
        """End the rehearsal; what the encoder goes on sending is public."""
        if self._hub is not None:
            self._hub.go_public(ingest_id)
        else:
            await self._elsewhere.go_public(ingest_id)

    # --- what goes on

    async def health(self, ingest_id: str) -> IngestHealth:
        """What comes in at this moment."""
        if self._hub is None:
            return self._mirror.news.health.get(ingest_id, IDLE)
        return health_of(self._hub.ingest(ingest_id))

    async def disk(self) -> DiskUse | None:
        """How full the disk of the media folder is."""
        if self._hub is None:
            return self._mirror.news.disk
        return await asyncio.to_thread(disk_of, self._media, self._floor)

    def news(self) -> News:
        """What other processes should know. Reads the disk's figures, which takes no time."""
        assert self._hub is not None, "only the process that takes streams in has news"
        hub = self._hub
        health = {ingest.id: health_of(ingest) for ingest in hub.ingests()}
        posters = frozenset(item.path for item in hub.broadcasts() if item.poster is not None)
        return News(health, posters, disk_of(self._media, self._floor))

    # --- playback

    def playback(self, ref: PlaybackRef) -> Sequence[PlaySource]:
        """Low latency first, whole segments for players that can't; for live also the way back, and the sound alone."""
        if not ref.live:
            base, expires = self._base(f"vod/{ref.id}", ref.private)
            return [PlaySource(url=f"{base}/index.m3u8", kind="hls", expires_at=expires)]
        base, expires = self._base(f"live/{ref.id}", ref.private)
        first = "master.m3u8" if self._offers.ladder and not ref.audio_only else "index.m3u8"
        found = [
            PlaySource(url=f"{base}/{first}", kind="ll-hls", expires_at=expires),
            PlaySource(url=f"{base}/live.m3u8", kind="hls", expires_at=expires),
        ]
        if self._offers.dvr:
            url = f"{base}/dvr.m3u8"
            found.append(PlaySource(url=url, kind="dvr", expires_at=expires, seconds=self._offers.dvr))
        if not ref.audio_only:
            found.append(PlaySource(url=f"{base}/audio/index.m3u8", kind="audio", expires_at=expires))
        return found

    def _base(self, place: str, private: bool) -> tuple[str, datetime | None]:
        if not private:
            return f"{self._public_url}/{place}", None
        token, expires = self._tokens.make(place, PLAYBACK_LIFE)
        return f"{self._public_url}/{place}/t.{token}", expires

    def download(self, ref: PlaybackRef, *, name: str) -> str:
        """The recording as one file; the address holds for six hours, so that a broken download can go on."""
        number = _uuid(ref.id, "download")
        token, _ = self._tokens.make(f"download/{number}", DOWNLOAD_LIFE)
        return f"{self._public_url}/vod/{number}/t.{token}/download.mp4?name={quote(name)}"

    def image(self, ref: PlaybackRef) -> str | None:
        """The poster, when it was made."""
        if ref.live:
            base, _ = self._base(f"live/{ref.id}", ref.private)
            return f"{base}/{POSTER}" if self._has_poster(ref.id) else None
        folder = self._media / "vod"
        # on a machine without the media folder nobody can look: most recordings have one
        made = (folder / str(_uuid(ref.id, "image")) / POSTER).exists() or not folder.exists()
        base, _ = self._base(f"vod/{ref.id}", ref.private)
        return f"{base}/{POSTER}" if made and not ref.audio_only else None

    def _has_poster(self, path: str) -> bool:
        if self._hub is None:
            return path in self._mirror.news.posters
        broadcast = self._hub.find(path)
        return broadcast is not None and broadcast.poster is not None

    async def delete_recording(self, recording_id: str) -> None:
        """Delete its files."""
        number = _uuid(recording_id, "delete_recording")
        if self._hub is not None:
            await self._hub.delete_recording(number)
        else:
            # the ingest process forgets it by the same news; what both remove is removed once
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


def disk_of(media: Path, floor: int) -> DiskUse:
    """How full the disk of a folder is. Raises OSError."""
    found = shutil.disk_usage(media)
    return DiskUse(free=found.free, total=found.total, floor=floor)
