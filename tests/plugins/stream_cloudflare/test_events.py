"""What Cloudflare tells: signed webhooks of videos, notifications of live inputs with a secret, and nothing forged."""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from aethex_live.providers.webhooks import TYPES, WebhookRejected, WebhookRequest
from aethex_plugins.stream_cloudflare.events import Hooks

AT = 1642074233
NOW = datetime.fromtimestamp(AT, UTC)
HOOKS = Hooks(["video-secret"], ["notice-secret"], window_s=30.0)
VIDEO = {
    "uid": "v1",
    "creator": "r",
    "liveInput": "in1",
    "readyToStream": True,
    "status": {"state": "ready"},
    "meta": {"ref": "00000000-0000-0000-0000-000000000007"},
    "created": "2026-11-20T11:59:00Z",
    "modified": "2026-11-20T12:00:00.123456789Z",
    "duration": 61.2,
    "size": 4190963,
    "input": {"width": 1280, "height": 720},
    "requireSignedURLs": False,
}
# Cloudflare's own example of a notification
NOTICE = {
    "name": "Live Webhook Test",
    "text": "Notification type: Stream Live Input",
    "data": {
        "notification_name": "Stream Live Input",
        "input_id": "eb222fcca08eeb1ae84c981ebe8aeeb6",
        "event_type": "live_input.disconnected",
        "updated_at": "2022-01-13T11:43:41.855717910Z",
    },
    "ts": AT,
}


def video(body: Any, secret: str = "video-secret", at: int = AT) -> WebhookRequest:
    raw = json.dumps(body).encode()
    digest = hmac.new(secret.encode(), f"{at}.".encode() + raw, hashlib.sha256).hexdigest()
    return WebhookRequest(headers={"webhook-signature": f"time={at},sig1={digest}"}, body=raw, received_at=NOW)


def notice(body: Any, secret: str = "notice-secret") -> WebhookRequest:
    return WebhookRequest(headers={"cf-webhook-auth": secret}, body=json.dumps(body).encode(), received_at=NOW)


def test_a_recording_that_is_ready() -> None:
    (found,) = HOOKS.parse(video(VIDEO))
    assert (found.type, found.subject, found.ref) == ("recording.ready", "v1", VIDEO["meta"]["ref"])  # type: ignore[index]
    assert found.id == "v1:ready:2026-11-20T12:00:00.123456789Z"
    assert found.occurred_at == datetime(2026, 11, 20, 12, 0, 0, 123456, tzinfo=UTC)
    assert found.data == {
        "ingest_id": "in1",
        "playback_id": "v1",
        "duration": 61.2,
        "started_at": "2026-11-20T11:59:00Z",
        "size": 4190963,
        "width": 1280,
        "height": 720,
    }


def test_what_failed_and_what_was_cut() -> None:
    (failed,) = HOOKS.parse(video(VIDEO | {"status": {"state": "error"}}))
    (clip,) = HOOKS.parse(video({**VIDEO, "liveInput": None, "requireSignedURLs": True}))
    assert (failed.type, clip.type, clip.data["playback_id"]) == ("recording.failed", "clip.ready", "signed:v1")
    assert HOOKS.parse(video(VIDEO | {"status": {"state": "inprogress"}})) == []


@pytest.mark.parametrize(
    ("told", "ours"),
    [
        ("live_input.connected", "ingest.connected"),
        ("live_input.disconnected", "ingest.disconnected"),
        ("live_input.errored", "ingest.failed"),
    ],
)
def test_an_encoder_comes_and_goes(told: str, ours: str) -> None:
    (found,) = HOOKS.parse(notice(NOTICE | {"data": NOTICE["data"] | {"event_type": told}}))  # type: ignore[operator]
    assert (found.type, found.subject) == (ours, "eb222fcca08eeb1ae84c981ebe8aeeb6")
    assert found.occurred_at == datetime(2022, 1, 13, 11, 43, 41, 855717, tzinfo=UTC)
    assert found.data == ({"window_s": 30.0} if ours == "ingest.disconnected" else {})
    assert found.type in TYPES["streaming"]


def test_other_notifications_are_nothing() -> None:
    other = NOTICE["data"] | {"event_type": "live_input.sneezed"}  # type: ignore[operator]
    assert HOOKS.parse(notice(NOTICE | {"data": other})) == []


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (video(VIDEO, "another"), "signature"),
        (video(VIDEO, "notice-secret"), "signature"),
        (video(VIDEO, at=AT - 4000), "stale"),
        (video(VIDEO, at=AT + 4000), "stale"),
        (notice(NOTICE, "another"), "signature"),
        (notice(NOTICE, "video-secret"), "signature"),
        (notice(NOTICE | {"ts": AT - 4000}), "stale"),
        (notice(NOTICE | {"ts": AT + 4000}), "stale"),
        (WebhookRequest(headers={}, body=b"{}", received_at=NOW), "missing"),
        (notice([]), "malformed"),
        (notice({"ts": AT}), "malformed"),
        (video({"uid": "v1"}), "malformed"),
        (video("text"), "malformed"),
    ],
)
def test_what_is_not_cloudflare_s_or_not_of_now_is_refused(wrong: WebhookRequest, reason: str) -> None:
    with pytest.raises(WebhookRejected) as caught:
        HOOKS.parse(wrong)
    assert caught.value.reason == reason


def test_without_secrets_nothing_is_taken() -> None:
    bare = Hooks([], [], window_s=30.0)
    for request in (video(VIDEO), notice(NOTICE)):
        with pytest.raises(WebhookRejected, match="signature"):
            bare.parse(request)
