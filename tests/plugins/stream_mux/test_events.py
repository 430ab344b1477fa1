"""Webhooks of Mux: the published signature, each event in our words, and payloads that Mux's own schema takes."""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from jsonschema import Draft7Validator

from aethex_live.providers.webhooks import TYPES, WebhookRejected, WebhookRequest
from aethex_plugins.stream_mux.events import READERS, parse
from needs import need

SECRET, AT = "SuperSecret123", 1565125718
NOW = datetime.fromtimestamp(AT, UTC)
STREAM = {
    "id": "LS1",
    "created_at": 1700000000,
    "stream_key": "very-secret-key",
    "active_asset_id": "AS1",
    "status": "active",
    "playback_ids": [{"id": "PB1", "policy": "public"}],
    "reconnect_window": 30,
    "latency_mode": "low",
    "max_continuous_duration": 43200,
    "passthrough": "00000000-0000-0000-0000-000000000007",
}
ASSET = {
    "id": "AS1",
    "created_at": 1700000000,
    "status": "ready",
    "duration": 61.2,
    "live_stream_id": "LS1",
    "is_live": False,
    "playback_ids": [{"id": "PB2", "policy": "signed"}],
    "passthrough": "00000000-0000-0000-0000-000000000007",
    "tracks": [
        {"id": "t1", "type": "video", "max_width": 1280, "max_height": 720},
        {"id": "t2", "type": "audio"},
    ],
    "encoding_tier": "baseline",
    "master_access": "none",
    "max_resolution_tier": "1080p",
    "progress": {"progress": 100, "state": "completed"},
}
TARGET = {"id": "T1", "live_stream_id": "LS1", "passthrough": "twitch", "status": "broadcasting", "url": "rtmp://a"}


def event(kind: str, data: dict[str, Any]) -> bytes:
    return json.dumps(
        {
            "id": "ev-1",
            "type": kind,
            "created_at": "2026-11-20T12:00:00.000000Z",
            "attempts": [],
            "environment": {"id": "env", "name": "Production"},
            "object": {"id": data["id"], "type": "live"},
            "data": data,
        }
    ).encode()


def request(body: bytes, secret: str = SECRET, at: int = AT) -> WebhookRequest:
    digest = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return WebhookRequest(headers={"mux-signature": f"t={at},v1={digest}"}, body=body, received_at=NOW)


def told(kind: str, data: dict[str, Any]) -> Any:
    (found,) = parse(request(event(kind, data)), [SECRET])
    return found


def test_the_published_vector_passes() -> None:
    header = "t=1565125718,v1=854ece4c22acef7c66b57d4e504153bc512595e8e9c772ece2a68150548c19a7"
    published = WebhookRequest(headers={"mux-signature": header}, body=b'{"test":"body"}', received_at=NOW)
    # it is Mux's, and no event
    with pytest.raises(WebhookRejected, match="malformed"):
        parse(published, [SECRET])
    with pytest.raises(WebhookRejected, match="signature"):
        parse(published, ["another"])


@pytest.mark.parametrize(
    ("kind", "ours"),
    [
        ("video.live_stream.connected", "ingest.connected"),
        ("video.live_stream.active", "broadcast.started"),
        ("video.live_stream.disconnected", "ingest.disconnected"),
        ("video.live_stream.idle", "broadcast.ended"),
    ],
)
def test_what_happens_to_a_stream(kind: str, ours: str) -> None:
    found = told(kind, STREAM)
    assert (found.id, found.type, found.subject, found.ref) == ("ev-1", ours, "LS1", STREAM["passthrough"])
    assert found.occurred_at == datetime(2026, 11, 20, 12, tzinfo=UTC)
    assert found.data == {"recording_id": "AS1", "playback_id": "PB1", "window_s": 30}
    assert "very-secret-key" not in str(found.data)


def test_a_recording_is_ready_when_its_stream_is_over_and_not_before() -> None:
    assert parse(request(event("video.asset.ready", ASSET | {"is_live": True})), [SECRET]) == []
    found = told("video.asset.live_stream_completed", ASSET)
    assert (found.type, found.subject) == ("recording.ready", "AS1")
    assert found.data == {
        "ingest_id": "LS1",
        "playback_id": "signed:PB2",
        "duration": 61.2,
        "width": 1280,
        "height": 720,
        "has_audio": True,
    }


def test_what_becomes_of_assets() -> None:
    clip = {name: value for name, value in ASSET.items() if name != "live_stream_id"}
    assert told("video.asset.ready", clip).type == "clip.ready"
    assert told("video.asset.errored", clip).type == "clip.failed"
    assert told("video.asset.errored", ASSET).type == "recording.failed"
    assert told("video.asset.deleted", ASSET).type == "recording.deleted"


def test_what_becomes_of_targets() -> None:
    found = told("video.live_stream.simulcast_target.errored", TARGET)
    assert (found.type, found.subject, found.ref) == ("simulcast.failed", "T1", "twitch")


def test_all_that_is_told_is_known_to_the_platform() -> None:
    for kind, data in (
        ("video.live_stream.simulcast_target.broadcasting", TARGET),
        ("video.asset.live_stream_completed", ASSET),
    ):
        assert told(kind, data).type in TYPES["streaming"]


def test_what_is_of_no_use_is_nothing() -> None:
    assert parse(request(event("video.upload.created", {"id": "U1"})), [SECRET]) == []


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"type": "video.live_stream.active"}', b"\xff"])
def test_what_can_t_be_read_is_malformed(body: bytes) -> None:
    with pytest.raises(WebhookRejected, match="malformed"):
        parse(request(body), [SECRET])


def test_old_and_foreign_ones_are_refused() -> None:
    body = event("video.live_stream.idle", STREAM)
    for wrong, reason in (
        (request(body, at=AT - 4000), "stale"),
        (request(body, at=AT + 4000), "stale"),
        (request(body, "another"), "signature"),
        (WebhookRequest(headers={}, body=body, received_at=NOW), "missing"),
    ):
        with pytest.raises(WebhookRejected, match=reason):
            parse(wrong, [SECRET])


@pytest.mark.parametrize("kind", sorted(READERS))
def test_the_payloads_of_these_tests_are_mux_s(kind: str) -> None:
    """What is read here stands in Mux's own schema of its events under the same names."""
    schema = json.loads((need("specs") / "mux-webhooks.schema.json").read_text("utf-8"))
    data = TARGET if "simulcast" in kind else ASSET if "asset" in kind else STREAM
    branches = [
        one for one in schema["definitions"].values() if one.get("properties", {}).get("type", {}).get("const") == kind
    ]
    assert branches, f"Mux knows no event {kind}"
    branch = branches[0]["properties"]["data"] | {"definitions": schema["definitions"]}
    wrong = [error.message for error in Draft7Validator(branch).iter_errors(data) if error.validator != "required"]
    assert wrong == []
