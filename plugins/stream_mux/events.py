"""What Mux tells by webhooks, in our words. Mux sends an event for about a day until it is answered 2xx."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import orjson

from aethex_live.providers.signatures import check_stamped
from aethex_live.providers.webhooks import ProviderEvent, WebhookRejected, WebhookRequest

from .addresses import playback_id

HEADER: Final = "mux-signature"

Told = tuple[str, dict[str, Any]]
"""Our type, and what goes with it."""


def parse(request: WebhookRequest, secrets: Sequence[str]) -> Sequence[ProviderEvent]:
    """Verify a request, and translate it; empty for what is of no use here. Raises WebhookRejected."""
    check_stamped(request.headers.get(HEADER), request.body, secrets, request.received_at)
    try:
        event = orjson.loads(request.body)
        read = READERS.get(event["type"])
        told = read(event["data"]) if read else None
        return [] if told is None else [_event(event, *told)]
    except (orjson.JSONDecodeError, KeyError, TypeError, ValueError):
        raise WebhookRejected("malformed") from None


def _event(event: Mapping[str, Any], kind: str, data: dict[str, Any]) -> ProviderEvent:
    return ProviderEvent(
        id=str(event["id"]),
        type=kind,
        subject=str(event["object"]["id"]) if kind.startswith(("simulcast", "clip")) else str(data.pop("subject")),
        ref=event["data"].get("passthrough"),
        occurred_at=datetime.fromisoformat(str(event["created_at"]).replace("Z", "+00:00")).astimezone(UTC),
        data={name: value for name, value in data.items() if value is not None and name != "subject"},
    )


def _ingest(kind: str) -> Callable[[Mapping[str, Any]], Told]:
    def read(stream: Mapping[str, Any]) -> Told:
        return kind, {
            "subject": stream["id"],
            "recording_id": stream.get("active_asset_id"),
            "playback_id": playback_id(stream.get("playback_ids") or ()),
            "protocol": stream.get("active_ingest_protocol"),
            "window_s": stream.get("reconnect_window"),
        }

    return read


def _recorded(asset: Mapping[str, Any]) -> Told:
    pictures = [track for track in asset.get("tracks") or () if track.get("type") == "video"]
    sounds = [track for track in asset.get("tracks") or () if track.get("type") == "audio"]
    picture = pictures[0] if pictures else {}
    times = asset.get("recording_times") or ()
    return "recording.ready", {
        "subject": asset["id"],
        "ingest_id": asset["live_stream_id"],
        "playback_id": playback_id(asset.get("playback_ids") or ()),
        "duration": asset.get("duration"),
        "started_at": _moment(times[0].get("started_at")) if times else None,
        "width": picture.get("max_width"),
        "height": picture.get("max_height"),
        "has_audio": bool(sounds),
    }


def _ready(asset: Mapping[str, Any]) -> Told | None:
    """An asset of a live stream is ready while it runs: only its completion counts. Others are clips."""
    if asset.get("live_stream_id"):
        return None
    return "clip.ready", {
        "playback_id": playback_id(asset.get("playback_ids") or ()),
        "duration": asset.get("duration"),
    }


def _errored(asset: Mapping[str, Any]) -> Told:
    if not asset.get("live_stream_id"):
        return "clip.failed", {}
    return "recording.failed", {"subject": asset["id"], "ingest_id": asset["live_stream_id"]}


def _deleted(asset: Mapping[str, Any]) -> Told | None:
    return ("recording.deleted", {"subject": asset["id"]}) if asset.get("live_stream_id") else None


def _target(kind: str) -> Callable[[Mapping[str, Any]], Told]:
    return lambda target: (kind, {"ingest_id": target.get("live_stream_id")})


def _moment(value: object) -> str | None:
    """Unix seconds, or a date as text, as ISO 8601."""
    if value is None:
        return None
    text = str(value)
    at = datetime.fromtimestamp(float(text), UTC) if text.replace(".", "", 1).isdigit() else None
    return (at or datetime.fromisoformat(text.replace("Z", "+00:00"))).isoformat()


READERS: Final[Mapping[str, Callable[[Mapping[str, Any]], Told | None]]] = {
    "video.live_stream.connected": _ingest("ingest.connected"),
    "video.live_stream.disconnected": _ingest("ingest.disconnected"),
    "video.live_stream.active": _ingest("broadcast.started"),
    "video.live_stream.idle": _ingest("broadcast.ended"),
    "video.asset.live_stream_completed": _recorded,
    "video.asset.ready": _ready,
    "video.asset.errored": _errored,
    "video.asset.deleted": _deleted,
    "video.live_stream.simulcast_target.broadcasting": _target("simulcast.live"),
    "video.live_stream.simulcast_target.errored": _target("simulcast.failed"),
}
