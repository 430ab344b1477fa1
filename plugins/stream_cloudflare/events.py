"""What Cloudflare tells, in our words: recordings by signed webhooks, live inputs by notifications with a secret."""

from __future__ import annotations

import hmac
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import orjson

from aethex_live.providers.signatures import check_stamped, check_time
from aethex_live.providers.webhooks import ProviderEvent, WebhookRejected, WebhookRequest

from .addresses import reference

SIGNATURE: Final = "webhook-signature"
SECRET: Final = "cf-webhook-auth"  # noqa: S105 - the name of a header
LIVE: Final[Mapping[str, str]] = {
    "live_input.connected": "ingest.connected",
    "live_input.disconnected": "ingest.disconnected",
    "live_input.errored": "ingest.failed",
}


class Hooks:
    """Verifies and translates. `videos` and `notices` are the secrets of the two ways in which Cloudflare tells."""

    def __init__(self, videos: Sequence[str], notices: Sequence[str], *, window_s: float) -> None:
        self._videos = videos
        self._notices = notices
        self._window_s = window_s

    def parse(self, request: WebhookRequest) -> Sequence[ProviderEvent]:
        """The events of a request; empty for what is of no use here. Raises WebhookRejected."""
        is_video = SIGNATURE in request.headers
        if is_video:
            self._check_video(request)
        else:
            self._check_notice(request)
        try:
            told = orjson.loads(request.body)
            found = _video(told) if is_video else self._notice(told, request.received_at)
        except (orjson.JSONDecodeError, KeyError, TypeError, ValueError, AttributeError):
            raise WebhookRejected("malformed") from None
        return [] if found is None else [found]

    def _check_video(self, request: WebhookRequest) -> None:
        header = request.headers[SIGNATURE]
        check_stamped(header, request.body, self._videos, request.received_at, time_key="time", signature_key="sig1")

    def _check_notice(self, request: WebhookRequest) -> None:
        """Cloudflare signs no body here: the secret itself comes with it."""
        shown = request.headers.get(SECRET)
        if not shown:
            raise WebhookRejected("missing")
        fitting = [hmac.compare_digest(one.encode(), shown.encode()) for one in self._notices]
        if not any(fitting):
            raise WebhookRejected("signature")

    def _notice(self, told: Mapping[str, Any], now: datetime) -> ProviderEvent | None:
        check_time(float(told["ts"]), now)
        data = told["data"]
        kind = LIVE.get(data["event_type"])
        if kind is None:
            return None
        return ProviderEvent(
            id=f"{data['input_id']}:{data['event_type']}:{data['updated_at']}",
            type=kind,
            subject=str(data["input_id"]),
            occurred_at=_moment(data["updated_at"]),
            data={"window_s": self._window_s} if kind == "ingest.disconnected" else {},
        )


def _video(video: Mapping[str, Any]) -> ProviderEvent | None:
    """A video that is ready, or failed: of a live input a recording, else a clip."""
    state = video["status"]["state"]
    if state not in ("ready", "error"):
        return None
    family = "recording" if video.get("liveInput") else "clip"
    size = video.get("input") or {}
    data = {
        "ingest_id": video.get("liveInput"),
        "playback_id": reference(video["uid"], signed=bool(video.get("requireSignedURLs"))),
        "duration": video.get("duration"),
        "started_at": video.get("created"),
        "size": video.get("size"),
        "width": size.get("width"),
        "height": size.get("height"),
    }
    return ProviderEvent(
        id=f"{video['uid']}:{state}:{video['modified']}",
        type=f"{family}.{'ready' if state == 'ready' else 'failed'}",
        subject=str(video["uid"]),
        ref=(video.get("meta") or {}).get("ref"),
        occurred_at=_moment(video["modified"]),
        data={name: value for name, value in data.items() if value is not None},
    )


def _moment(text: str) -> datetime:
    """Cloudflare writes nanoseconds, Python reads microseconds."""
    whole, _, rest = text.removesuffix("Z").partition(".")
    return datetime.fromisoformat(f"{whole}.{rest[:6]:0<6}").replace(tzinfo=UTC)
