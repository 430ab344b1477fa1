"""Contract of a streaming provider: takes a creator's broadcast in, gives playback out."""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Literal, Protocol, runtime_checkable
from uuid import UUID

from aethex_live.providers.webhooks import Receiving


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
    SWITCH = "switch"  # keeps `Switching`
    STATE = "state"  # keeps `Watching`: needed where the provider does not tell of broadcasts (EVENTS)
    EVENTS = "events"  # keeps `Receiving`
    VIEWERS = "viewers"  # keeps `Counting`
    RECORDINGS = "recordings"  # keeps `Recordings`
    CLIPS = "clips"  # keeps `Clipping`
    CLIPS_LIVE = "clips_live"  # also of a broadcast that runs
    SIMULCAST = "simulcast"  # keeps `Simulcasting`
    SIMULCAST_LIVE = "simulcast_live"  # targets change while a broadcast runs
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

    `private` is not stored: it asks for addresses that open for a short time only (PRIVATE). `start` and `end`, in
    seconds, are those of a view into a recording.
    """

    provider: str
    id: str
    live: bool
    start: float | None = None
    end: float | None = None
    audio_only: bool = False
    private: bool = False

    def as_json(self) -> dict[str, object]:
        """The form that a row's `playback` column holds."""
        stored: dict[str, object] = {"provider": self.provider, "id": self.id, "live": self.live}
        parts = {"audio_only": self.audio_only or None, "start": self.start, "end": self.end}
        return stored | {name: value for name, value in parts.items() if value is not None}

    @classmethod
    def from_json(cls, value: Mapping[str, object], *, private: bool = False) -> PlaybackRef:
        """The reference that `as_json` wrote."""
        return cls(
            provider=str(value["provider"]),
            id=str(value["id"]),
            live=bool(value["live"]),
            audio_only=bool(value.get("audio_only")),
            private=private,
            start=_seconds(value.get("start")),
            end=_seconds(value.get("end")),
        )


def _seconds(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) else None


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


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveState:
    """What is true of an ingest at the provider at this moment.

    `recording_id` is that of what is being recorded, `playback_id` the id of the live PlaybackRef; without one it is
    the ingest's own.
    """

    status: LiveStatus
    recording_id: str | None = None
    started_at: datetime | None = None
    playback_id: str | None = None


@runtime_checkable
class Watching(Protocol):
    """STATE: can be asked what is true, when events were missed or there are none."""

    async def live_state(self, ingest_id: str) -> LiveState:
        """How an ingest stands. Raises NotFound."""
        ...


@runtime_checkable
class Switching(Protocol):
    """SWITCH: an ingest can be shut, so that no encoder is taken."""

    async def set_enabled(self, ingest_id: str, *, enabled: bool) -> None:
        """Open or shut it; shutting also ends what is live. Raises NotFound."""
        ...


@runtime_checkable
class Counting(Protocol):
    """VIEWERS: the provider's own count, a cross-check of ours."""

    async def viewers(self, ingest_ids: Sequence[str]) -> Mapping[str, int | None]:
        """Viewers of each ingest now; None where it can't say."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderRecording:
    """A recording as its provider has it; `ref` is our ingest's id if the provider echoes it, seconds of duration."""

    id: str
    ingest_id: str | None
    ref: str | None
    status: Literal["live", "processing", "ready", "failed"]
    playback: PlaybackRef
    created_at: datetime
    duration: float | None = None


@runtime_checkable
class Recordings(Protocol):
    """RECORDINGS: can be asked for the recordings that it has."""

    async def recordings(self, ingest_id: str) -> Sequence[ProviderRecording]:
        """Those of an ingest, the newest first, at most 100."""
        ...

    async def get_recording(self, recording_id: str) -> ProviderRecording:
        """One of them. Raises NotFound."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderClip:
    """A clip; `id` None: it is a view into its recording and goes with it."""

    id: str | None
    status: Literal["processing", "ready", "failed"]
    playback: PlaybackRef


@runtime_checkable
class Clipping(Protocol):
    """CLIPS: cuts a part out of a recording."""

    async def create_clip(
        self, recording_id: str, start: float, end: float, *, ref: str, title: str, idempotency_key: str
    ) -> ProviderClip:
        """Cut from `start` to `end`, in seconds from its beginning, rounded outward where the provider must.

        Raises NotFound; Conflict while it runs, without CLIPS_LIVE; Invalid for a span outside of it.
        """
        ...


@runtime_checkable
class Simulcasting(Protocol):
    """SIMULCAST: sends what comes in on to other services. Without SIMULCAST_LIVE changes raise Conflict while live."""

    async def add_simulcast(self, ingest_id: str, url: str, key: str, *, ref: str) -> str:
        """Send on to an RTMP address from now on; returns the target's id. The same `ref` again is the same target."""
        ...

    async def remove_simulcast(self, ingest_id: str, target_id: str) -> None:
        """Send there no more; an unknown target is no error."""
        ...


PARTS: Mapping[StreamCap, type] = MappingProxyType(
    {
        StreamCap.REHEARSE: Rehearsing,
        StreamCap.DOWNLOAD: Downloading,
        StreamCap.DISK: DiskKeeping,
        StreamCap.STATE: Watching,
        StreamCap.SWITCH: Switching,
        StreamCap.EVENTS: Receiving,
        StreamCap.VIEWERS: Counting,
        StreamCap.RECORDINGS: Recordings,
        StreamCap.CLIPS: Clipping,
        StreamCap.SIMULCAST: Simulcasting,
    }
)
"""The part of the contract that a provider keeps who declares the capability; the kit holds every provider to it."""
