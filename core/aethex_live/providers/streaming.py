"""Contract of a streaming provider: takes a creator's broadcast in, gives playback out."""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal, Protocol, runtime_checkable
from uuid import UUID


class StreamCap(enum.StrEnum):
    """What a streaming provider can do."""

    RTMP = "rtmp"
    LOW_LATENCY = "low_latency"
    RECONNECT_WINDOW = "reconnect_window"
    ROTATE_KEY = "rotate_key"
    SIGNAL_END = "signal_end"
    RECORD = "record"
    HEALTH = "health"
    IMAGES = "images"
    PRIVATE = "private"  # addresses that hold for a short time, checked where the media is handed out
    REHEARSE = "rehearse"  # keeps `Rehearsing`
    DOWNLOAD = "download"  # keeps `Downloading`
    DISK = "disk"  # keeps `DiskKeeping`
    BROWSER = "browser"  # creators go live from a page, too, which its plugin puts into the studio


@dataclass(frozen=True, slots=True, kw_only=True)
class IngestSpec:
    """What an ingest should be; `ref` is our own id and comes back in events."""

    ref: UUID
    title: str
    latency: Literal["standard", "low"] = "low"
    record: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """Where an encoder sends to; the key is a secret and stays out of logs and reprs."""

    protocol: Literal["rtmp", "rtmps", "srt", "whip"]
    url: str
    key: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaybackRef:
    """Storable reference to something playable, opaque to everyone but its provider.

    `private` is not stored: it asks for addresses that open for a short time only (PRIVATE).
    """

    provider: str
    id: str
    live: bool
    audio_only: bool = False
    private: bool = False

    def as_json(self) -> dict[str, object]:
        """The form that a row's `playback` column holds."""
        stored: dict[str, object] = {"provider": self.provider, "id": self.id, "live": self.live}
        return stored | ({"audio_only": True} if self.audio_only else {})

    @classmethod
    def from_json(cls, value: Mapping[str, object], *, private: bool = False) -> PlaybackRef:
        """The reference that `as_json` wrote."""
        return cls(
            provider=str(value["provider"]),
            id=str(value["id"]),
            live=bool(value["live"]),
            audio_only=bool(value.get("audio_only")),
            private=private,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderIngest:
    """An ingest as its provider has it; `latency` is the fact, not the wish."""

    id: str
    endpoints: Sequence[Endpoint]
    latency: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaySource:
    """One way to play; the first of a sequence is the best one.

    `dvr` reaches back `seconds` from the live edge, `audio` is the sound alone: both beside the other ways, never in
    place of them.
    """

    url: str
    kind: Literal["ll-hls", "hls", "mp4", "dvr", "audio"]
    expires_at: datetime | None = None
    seconds: float | None = None


class LiveStatus(enum.StrEnum):
    """What the provider sees of an ingest at this moment."""

    IDLE = "idle"
    CONNECTING = "connecting"
    LIVE = "live"
    RECONNECTING = "reconnecting"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One remark about a broadcast's health: what is so, and what the creator can do."""

    level: Literal["info", "warn", "bad"]
    code: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IngestHealth:
    """Health of what comes in. `bitrate_history` is in kb/s, oldest first, one value per `interval`."""

    status: LiveStatus
    verdict: Literal["excellent", "good", "poor", "none"]
    findings: Sequence[Finding] = ()
    bitrate_kbps: int | None = None
    fps: float | None = None
    keyframe_interval: float | None = None
    width: int | None = None
    height: int | None = None
    video_codec: str | None = None
    audio_codec: str | None = None
    bitrate_history: Sequence[int] = ()
    interval: timedelta = timedelta(seconds=2)


@runtime_checkable
class StreamProvider(Protocol):
    """Takes broadcasts in. Plain methods never touch the network: pages call them while rendering."""

    name: str
    capabilities: frozenset[StreamCap]

    @property
    def origins(self) -> Sequence[str]:
        """Origins other than the site's own that players load from ("https://media.example"); pages allow them."""
        ...

    async def create_ingest(self, spec: IngestSpec, *, idempotency_key: str) -> ProviderIngest:
        """Make the ingest of `spec.ref`; the same key gives the same ingest."""
        ...

    async def endpoints(self, ingest_id: str, *, key_version: int) -> Sequence[Endpoint]:
        """Where the encoder sends to, with the key of `key_version`. Raises NotFound."""
        ...

    async def rotate_key(self, ingest_id: str, *, key_version: int) -> None:
        """ROTATE_KEY: only the key of `key_version` is taken from now on; who sends with another is cut off."""
        ...

    async def delete_ingest(self, ingest_id: str) -> None:
        """Forget the ingest and end what is live on it; unknown ones are no error."""
        ...

    async def end_broadcast(self, ingest_id: str) -> None:
        """End what is live at once; the ingest stays usable. Nothing live is no error."""
        ...

    async def health(self, ingest_id: str) -> IngestHealth:
        """HEALTH: what comes in at this moment."""
        ...

    async def delete_recording(self, recording_id: str) -> None:
        """Delete the recording's media; unknown ones are no error."""
        ...

    def playback(self, ref: PlaybackRef) -> Sequence[PlaySource]:
        """Ways to play, best first; empty when there are none."""
        ...

    def image(self, ref: PlaybackRef) -> str | None:
        """IMAGES: address of a still picture, or None."""
        ...

    async def aclose(self) -> None:
        """Stop taking broadcasts in and give everything back; called once, at the end."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class DiskUse:
    """The disk that recordings go to, in bytes; below `floor` free ones nothing more is recorded."""

    free: int
    total: int
    floor: int


@runtime_checkable
class Rehearsing(Protocol):
    """REHEARSE: an ingest whose row says so sends a rehearsal, which can become public while it runs."""

    async def go_public(self, ingest_id: str) -> None:
        """End the rehearsal and begin a public broadcast with what the same encoder goes on sending."""
        ...


@runtime_checkable
class Downloading(Protocol):
    """DOWNLOAD: hands a recording out as one file."""

    def download(self, ref: PlaybackRef, *, name: str) -> str:
        """An address that holds for some hours; the file is called `name` (without its suffix)."""
        ...


@runtime_checkable
class DiskKeeping(Protocol):
    """DISK: recordings lie on a disk of the site."""

    async def disk(self) -> DiskUse | None:
        """How full it is; None while nobody can tell."""
        ...
