"""The provider over a twin of Cloudflare Stream: what it makes, ends and cuts, and how it fails."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from cloudflare_twin import ACCOUNT, Twin

from aethex_live.clock import ManualClock
from aethex_live.providers import AccessDenied, Invalid, NotConfigured, NotFound, RateLimited, Unavailable
from aethex_live.providers.calls import FAILURES, PROBE_S
from aethex_live.providers.streaming import PARTS, IngestSpec, LiveStatus, StreamProvider
from aethex_plugins.stream_cloudflare.opening import open_streaming
from aethex_plugins.stream_cloudflare.settings import StreamCloudflareSettings

SPEC = IngestSpec(ref=UUID(int=7), title="Nova", latency="low")


async def test_it_keeps_the_contract_and_every_part_that_it_declares(provider: Any) -> None:
    assert isinstance(provider, StreamProvider)
    for capability, part in PARTS.items():
        assert (capability in provider.capabilities) == isinstance(provider, part), capability


async def test_an_ingest_is_made_once_for_a_key(provider: Any, cloudflare: Twin) -> None:
    made = await provider.create_ingest(SPEC, idempotency_key="a")
    again = await provider.create_ingest(SPEC, idempotency_key="a")
    assert made.id == again.id == "in0"
    assert made.latency == "low"
    assert [(one.protocol, one.url, one.key) for one in made.endpoints] == [
        ("rtmps", "rtmps://live.cloudflare.com:443/live/", "key-in0-0")
    ]
    assert "key-in0" not in repr(made)
    kept = cloudflare.inputs["in0"]
    assert kept["meta"] == {"name": "Nova", "ref": str(SPEC.ref)}
    assert kept["recording"] == {"mode": "automatic", "timeoutSeconds": 30, "requireSignedURLs": False}


async def test_a_new_key_replaces_the_old_one(provider: Any, cloudflare: Twin) -> None:
    name = cloudflare.input()
    before = (await provider.endpoints(name, key_version=1))[0].key
    await provider.rotate_key(name, key_version=2)
    assert (await provider.endpoints(name, key_version=2))[0].key != before


async def test_what_is_live_is_ended_by_shutting_and_opening_and_nothing_else_changes(
    provider: Any, cloudflare: Twin
) -> None:
    # Given a broadcast that is on air
    name = cloudflare.input(status="connected", meta={"ref": "r"}, recording={"mode": "automatic"})
    cloudflare.video("live-inprogress", liveInput=name)
    state = await provider.live_state(name)
    assert (state.status, state.recording_id, state.playback_id) == (LiveStatus.LIVE, "v0", "in0")
    # When it is ended
    await provider.end_broadcast(name)
    # Then nothing is live, and the input takes encoders as before
    assert (await provider.live_state(name)).status is LiveStatus.IDLE
    kept = cloudflare.inputs[name]
    assert (kept["enabled"], kept["meta"], kept["recording"]) == (True, {"ref": "r"}, {"mode": "automatic"})


async def test_what_is_not_live_is_left(provider: Any, cloudflare: Twin) -> None:
    name = cloudflare.input()
    await provider.end_broadcast(name)
    assert not any(asked.startswith("PUT") for asked in cloudflare.asked)


async def test_an_input_is_opened_again_even_when_ending_fails(provider: Any, cloudflare: Twin) -> None:
    name = cloudflare.input(status="connected")
    cloudflare.video("live-inprogress", liveInput=name)

    async def breaks(_: float) -> None:
        raise RuntimeError("the process is told to stop")

    provider._wait = breaks
    with pytest.raises(RuntimeError):
        await provider.end_broadcast(name)
    assert cloudflare.inputs[name]["enabled"] is True


@pytest.mark.parametrize(
    ("told", "on_air", "status"),
    [
        ("connected", False, LiveStatus.CONNECTING),
        ("connected", True, LiveStatus.LIVE),
        ("reconnecting", True, LiveStatus.RECONNECTING),
        ("client_disconnect", False, LiveStatus.IDLE),
        (None, False, LiveStatus.IDLE),
    ],
)
async def test_how_an_input_stands(
    provider: Any, cloudflare: Twin, told: str | None, on_air: bool, status: LiveStatus
) -> None:
    name = cloudflare.input(status=told)
    if on_air:
        cloudflare.video("live-inprogress", liveInput=name)
    assert (await provider.live_state(name)).status is status


async def test_deleting_twice_is_no_error_and_asking_for_what_is_gone_is(provider: Any, cloudflare: Twin) -> None:
    name, video = cloudflare.input(), cloudflare.video()
    for _ in range(2):
        await provider.delete_ingest(name)
        await provider.delete_recording(video)
    with pytest.raises(NotFound):
        await provider.live_state(name)
    with pytest.raises(NotFound):
        await provider.get_recording(video)


async def test_recordings_are_those_of_the_input_newest_first(provider: Any, cloudflare: Twin) -> None:
    name = cloudflare.input()
    cloudflare.video(liveInput=name, requireSignedURLs=True)
    cloudflare.video("queued", liveInput=name)
    cloudflare.video("error", liveInput=name)
    cloudflare.video(liveInput="another")
    found = await provider.recordings(name)
    assert [(one.id, one.status, one.duration) for one in found] == [
        ("v2", "failed", None),
        ("v1", "processing", None),
        ("v0", "ready", 12.5),
    ]
    assert found[2].playback.id == "signed:v0"


async def test_a_clip_is_cut_once_in_whole_seconds(provider: Any, cloudflare: Twin) -> None:
    made = await provider.create_clip("v9", 10.7, 20.2, ref="clip-1", title="Best", idempotency_key="a")
    assert await provider.create_clip("v9", 10.7, 20.2, ref="clip-1", title="Best", idempotency_key="a") == made
    assert made.status == "processing"
    (kept,) = cloudflare.videos.values()
    assert (kept["startTimeSeconds"], kept["endTimeSeconds"], kept["meta"]["ref"]) == (10, 21, "clip-1")
    with pytest.raises(Invalid):
        await provider.create_clip("v9", 5, 5, ref="c", title="", idempotency_key="b")


async def test_targets_change_at_any_time(provider: Any, cloudflare: Twin) -> None:
    name = cloudflare.input(status="connected")
    target = await provider.add_simulcast(name, "rtmp://127.0.0.1/app", "secret", ref="twitch")
    assert await provider.add_simulcast(name, "rtmp://127.0.0.1/app", "secret", ref="twitch") == target
    for _ in range(2):
        await provider.remove_simulcast(name, target)
    assert cloudflare.outputs[name] == []


async def test_viewers_are_counted_where_cloudflare_can_say(provider: Any, cloudflare: Twin) -> None:
    assert await provider.viewers(["in0", "in1"]) == {"in0": 113, "in1": 113}
    cloudflare.failure = "500"
    assert await provider.viewers(["in0"]) == {"in0": None}


@pytest.mark.parametrize(
    ("failure", "error", "says"),
    [
        ("timeout", Unavailable, "can't be reached"),
        ("500", Unavailable, "request ray-77"),
        ("half", Unavailable, "can't be reached"),
        ("wrong json", Unavailable, "not in its own description"),
        ("refused inside", Unavailable, "not in its own description"),
        ("429", RateLimited, "no more calls"),
        ("expired", AccessDenied, "refuses this call"),
    ],
)
async def test_every_failure_has_its_name_and_says_nothing_secret(
    provider: Any, cloudflare: Twin, failure: str, error: type[Exception], says: str
) -> None:
    cloudflare.failure = failure
    with pytest.raises(error, match=says) as caught:
        await provider.create_ingest(SPEC, idempotency_key="a")
    assert "api-token-of-ours" not in f"{caught.value!r} {caught.value}"
    if isinstance(caught.value, RateLimited):
        assert caught.value.retry_after == 37


async def test_in_an_outage_cloudflare_is_spared_and_comes_back_by_itself(
    provider: Any, cloudflare: Twin, clock: ManualClock
) -> None:
    video = cloudflare.video()
    cloudflare.failure = "500"
    for _ in range(FAILURES + 20):
        with pytest.raises(Unavailable):
            await provider.get_recording(video)
    assert cloudflare.asked.count("failed") == FAILURES
    cloudflare.failure = ""
    clock.advance(PROBE_S)
    assert (await provider.get_recording(video)).status == "ready"
    assert provider.calls.condition.healthy


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({}, "account_id is missing"),
        ({"account_id": ACCOUNT}, "api_token is missing"),
        ({"account_id": ACCOUNT, "api_token": "t"}, "customer_code is missing"),
        (
            {"account_id": ACCOUNT, "api_token": "t", "customer_code": "c", "signing_key_id": "k"},
            "signing_private_key is missing",
        ),
        (
            {
                "account_id": ACCOUNT,
                "api_token": "t",
                "customer_code": "c",
                "signing_key_id": "k",
                "signing_private_key": "bm8=",
            },
            "is no private key",
        ),
    ],
)
def test_what_is_missing_is_said_with_where_to_get_it(given: dict[str, str], says: str) -> None:
    with pytest.raises(NotConfigured, match=says):
        open_streaming(StreamCloudflareSettings.model_validate(given), ManualClock())


def test_the_domain_is_that_of_the_customer(opened: Callable[..., Any]) -> None:
    provider = opened("http://127.0.0.1:9", delivery_url="", customer_code="abc123")
    assert provider.origins == ("https://customer-abc123.cloudflarestream.com",)
