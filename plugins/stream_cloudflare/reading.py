"""Cloudflare's live inputs and videos as the contract has them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final, Literal

from aethex_live.providers.streaming import (
    Endpoint,
    LiveState,
    LiveStatus,
    PlaybackRef,
    ProviderClip,
    ProviderIngest,
    ProviderRecording,
)

from .addresses import reference
from .names import PROVIDER

ON_AIR: Final = "live-inprogress"
BACK_SOON: Final = "reconnecting"
HERE: Final = frozenset({"connected", "reconnected"})


def endpoints(found: Mapping[str, Any]) -> Sequence[Endpoint]:
    """Where an encoder sends to."""
    way = found["rtmps"]
    return [Endpoint(protocol="rtmps", url=str(way["url"]), key=str(way["streamKey"]))]


def ingest(found: Mapping[str, Any]) -> ProviderIngest:
    """A live input."""
    latency = "low" if found.get("preferLowLatency") else "standard"
    return ProviderIngest(id=str(found["uid"]), endpoints=endpoints(found), latency=latency)


def recording(video: Mapping[str, Any]) -> ProviderRecording:
    """A video of a live input."""
    return ProviderRecording(
        id=str(video["uid"]),
        ingest_id=video.get("liveInput"),
        ref=(video.get("meta") or {}).get("ref"),
        status=_status(video["status"]["state"]),
        playback=_playback(video),
        created_at=datetime.fromisoformat(str(video["created"]).replace("Z", "+00:00")),
        duration=_seconds(video.get("duration")),
    )


def clip(video: Mapping[str, Any]) -> ProviderClip:
    """A video that was cut out of another."""
    state = _status(video["status"]["state"])
    return ProviderClip(
        id=str(video["uid"]), status="processing" if state == "live" else state, playback=_playback(video)
    )


def state(found: Mapping[str, Any], videos: Sequence[ProviderRecording]) -> LiveState:
    """How a live input stands, by what it says of its encoder and by its videos."""
    playback = reference(str(found["uid"]), signed=bool((found.get("recording") or {}).get("requireSignedURLs")))
    on_air = next((video for video in videos if video.status == "live"), None)
    told = found.get("status")
    if on_air is not None and told != BACK_SOON:
        return LiveState(
            status=LiveStatus.LIVE, recording_id=on_air.id, started_at=on_air.created_at, playback_id=playback
        )
    if told == BACK_SOON:
        return LiveState(status=LiveStatus.RECONNECTING, recording_id=on_air.id if on_air else None)
    return LiveState(status=LiveStatus.CONNECTING if told in HERE else LiveStatus.IDLE)


def _status(text: str) -> Literal["live", "processing", "ready", "failed"]:
    if text == ON_AIR:
        return "live"
    if text == "ready":
        return "ready"
    return "failed" if text == "error" else "processing"


def _playback(video: Mapping[str, Any]) -> PlaybackRef:
    name = reference(str(video["uid"]), signed=bool(video.get("requireSignedURLs")))
    return PlaybackRef(provider=PROVIDER, id=name, live=False)


def _seconds(value: object) -> float | None:
    """Cloudflare says -1 while it does not know."""
    return float(value) if isinstance(value, int | float) and value >= 0 else None
