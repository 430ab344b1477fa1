"""The provider over a twin of Mux: what it makes, finds again, ends and cuts, and how it fails."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from mux_twin import Twin

from aethex_live.clock import ManualClock
from aethex_live.providers import AccessDenied, Conflict, NotConfigured, NotFound, RateLimited, Unavailable
from aethex_live.providers.calls import FAILURES, PROBE_S
from aethex_live.providers.streaming import PARTS, IngestSpec, LiveStatus, StreamProvider
from aethex_plugins.stream_mux.opening import open_streaming
from aethex_plugins.stream_mux.settings import StreamMuxSettings

SPEC = IngestSpec(ref=UUID(int=7), title="Nova", latency="low")


async def test_it_keeps_the_contract_and_every_part_that_it_declares(provider: Any) -> None:
    assert isinstance(provider, StreamProvider)
    for capability, part in PARTS.items():
        assert (capability in provider.capabilities) == isinstance(provider, part), capability


async def test_an_ingest_is_made_once_for_a_channel(provider: Any, mux: Twin) -> None:
    made = await provider.create_ingest(SPEC, idempotency_key="a")
    again = await provider.create_ingest(SPEC, idempotency_key="a")
    assert made.id == again.id == "LS0"
    assert len(mux.streams) == 1
    assert made.latency == "low"
    assert [(one.protocol, one.url) for one in made.endpoints] == [
        ("rtmps", "rtmps://global-live.mux.com:443/app"),
        ("rtmp", "rtmp://global-live.mux.com:5222/app"),
    ]
    assert made.endpoints[0].key == "key-LS0-0"
    assert "key-LS0" not in repr(made)


async def test_a_new_key_replaces_the_old_one(provider: Any, mux: Twin) -> None:
    name = mux.stream()
    before = (await provider.endpoints(name, key_version=1))[0].key
    await provider.rotate_key(name, key_version=2)
    assert (await provider.endpoints(name, key_version=2))[0].key != before


async def test_what_is_live_is_ended_and_what_is_not_is_left(provider: Any, mux: Twin) -> None:
    name = mux.stream(status="active", active_asset_id="AS1")
    state = await provider.live_state(name)
    assert (state.status, state.recording_id, state.playback_id) == (LiveStatus.LIVE, "AS1", "PBLS0")
    await provider.end_broadcast(name)
    assert (await provider.live_state(name)).status is LiveStatus.IDLE
    mux.asked.clear()
    await provider.end_broadcast(name)
    assert not any("complete" in asked for asked in mux.asked)


async def test_an_ingest_is_shut_and_opened(provider: Any, mux: Twin) -> None:
    name = mux.stream(status="active")
    await provider.set_enabled(name, enabled=False)
    assert mux.streams[name]["status"] == "disabled"
    await provider.set_enabled(name, enabled=True)
    assert mux.streams[name]["status"] == "idle"


async def test_deleting_twice_is_no_error_and_asking_for_what_is_gone_is(provider: Any, mux: Twin) -> None:
    name, asset = mux.stream(), mux.asset()
    for _ in range(2):
        await provider.delete_ingest(name)
        await provider.delete_recording(asset)
    with pytest.raises(NotFound):
        await provider.live_state(name)
    with pytest.raises(NotFound):
        await provider.get_recording(asset)


async def test_recordings_are_those_of_the_ingest(provider: Any, mux: Twin) -> None:
    mux.asset(live_stream_id="LS9", is_live=True, duration=None)
    mux.asset(live_stream_id="LS9")
    mux.asset(live_stream_id="other")
    found = await provider.recordings("LS9")
    assert [(one.id, one.status, one.duration) for one in found] == [("AS0", "live", None), ("AS1", "ready", 12.5)]
    assert found[1].playback.id == "PBAS1"


async def test_a_clip_is_cut_once(provider: Any, mux: Twin) -> None:
    made = await provider.create_clip("AS9", 10.5, 20.0, ref="clip-1", title="Best", idempotency_key="a")
    again = await provider.create_clip("AS9", 10.5, 20.0, ref="clip-1", title="Best", idempotency_key="a")
    assert made.id == again.id
    assert made.status == "processing"
    (kept,) = mux.assets.values()
    assert kept["inputs"] == [{"url": "mux://assets/AS9", "start_time": 10.5, "end_time": 20.0}]


async def test_targets_change_while_nothing_is_live(provider: Any, mux: Twin) -> None:
    name = mux.stream()
    target = await provider.add_simulcast(name, "rtmp://127.0.0.1/app", "secret", ref="twitch")
    assert await provider.add_simulcast(name, "rtmp://127.0.0.1/app", "secret", ref="twitch") == target
    mux.streams[name]["status"] = "active"
    with pytest.raises(Conflict, match="while nothing is live"):
        await provider.remove_simulcast(name, target)
    mux.streams[name]["status"] = "idle"
    for _ in range(2):
        await provider.remove_simulcast(name, target)
    assert mux.streams[name]["simulcast_targets"] == []


@pytest.mark.parametrize(
    ("failure", "error", "says"),
    [
        ("timeout", Unavailable, "can't be reached"),
        ("500", Unavailable, "request req-77"),
        ("half", Unavailable, "Mux"),
        ("wrong json", Unavailable, "its description does not know"),
        ("429", RateLimited, "fewer calls"),
        ("expired", AccessDenied, "look at token_id"),
    ],
)
async def test_every_failure_has_its_name_and_says_nothing_secret(
    provider: Any, mux: Twin, failure: str, error: type[Exception], says: str
) -> None:
    mux.failure = failure
    with pytest.raises(error, match=says) as caught:
        await provider.create_ingest(SPEC, idempotency_key="a")
    assert "token-secret-of-ours" not in f"{caught.value!r} {caught.value}"
    if isinstance(caught.value, RateLimited):
        assert caught.value.retry_after == 37


async def test_a_refused_connection_is_unavailable(opened: Callable[..., Any]) -> None:
    with pytest.raises(Unavailable, match="can't be reached"):
        await opened("http://127.0.0.1:9").live_state("LS0")


async def test_in_an_outage_mux_is_spared_and_comes_back_by_itself(
    provider: Any, mux: Twin, clock: ManualClock
) -> None:
    name = mux.stream()
    mux.failure = "500"
    for _ in range(FAILURES + 20):
        with pytest.raises(Unavailable):
            await provider.live_state(name)
    assert mux.asked.count("failed") == FAILURES
    assert not provider.calls.condition.healthy
    mux.failure = ""
    clock.advance(PROBE_S)
    assert (await provider.live_state(name)).status is LiveStatus.IDLE
    assert provider.calls.condition.healthy


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({}, "token_id is missing"),
        ({"token_id": "t"}, "token_secret is missing"),
        ({"token_id": "t", "token_secret": "s", "signing_key_id": "k"}, "signing_private_key is missing"),
        (
            {"token_id": "t", "token_secret": "s", "signing_key_id": "k", "signing_private_key": "bm8="},
            "is no private key",
        ),
    ],
)
def test_what_is_missing_is_said_with_where_to_get_it(given: dict[str, str], says: str) -> None:
    with pytest.raises(NotConfigured, match=says):
        open_streaming(StreamMuxSettings.model_validate(given), ManualClock())
