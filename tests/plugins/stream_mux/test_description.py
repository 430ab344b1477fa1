"""Each request that the plugin can make is valid by Mux's own description, and broken ones are not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

import mux_python
import pytest

from aethex_live.providers import ProviderError
from aethex_live.providers.streaming import IngestSpec
from vendor_specs import stand_in

CALLS = {
    "GET /video/v1/live-streams",
    "POST /video/v1/live-streams",
    "GET /video/v1/live-streams/{liveStreamId}",
    "DELETE /video/v1/live-streams/{liveStreamId}",
    "POST /video/v1/live-streams/{liveStreamId}/reset-stream-key",
    "PUT /video/v1/live-streams/{liveStreamId}/complete",
    "PUT /video/v1/live-streams/{liveStreamId}/enable",
    "PUT /video/v1/live-streams/{liveStreamId}/disable",
    "POST /video/v1/live-streams/{liveStreamId}/simulcast-targets",
    "DELETE /video/v1/live-streams/{liveStreamId}/simulcast-targets/{simulcastTargetId}",
    "GET /video/v1/assets",
    "POST /video/v1/assets",
    "GET /video/v1/assets/{assetId}",
    "DELETE /video/v1/assets/{assetId}",
}


@pytest.fixture
def judge() -> Iterator[tuple[Any, str]]:
    with stand_in("mux-openapi.derived.json") as found:
        yield found


async def every_call(provider: Any) -> None:
    """All that the provider can ask for; the answers are samples, and may make no sense."""
    spec = IngestSpec(ref=UUID(int=7), title="Nova", latency="low")
    api = provider._api
    for call in (
        lambda: provider.create_ingest(spec, idempotency_key="a"),
        lambda: provider.create_ingest(IngestSpec(ref=UUID(int=8), title="", latency="standard"), idempotency_key="b"),
        lambda: provider.endpoints("LS1", key_version=1),
        lambda: provider.rotate_key("LS1", key_version=2),
        lambda: api.call(api.live.signal_live_stream_complete, "LS1", repeatable=True),
        lambda: provider.set_enabled("LS1", enabled=True),
        lambda: provider.set_enabled("LS1", enabled=False),
        lambda: provider.live_state("LS1"),
        lambda: provider.recordings("LS1"),
        lambda: provider.get_recording("AS1"),
        lambda: provider.create_clip("AS1", 1.5, 9.0, ref="c", title="Best", idempotency_key="c"),
        lambda: api.call(
            api.live.create_live_stream_simulcast_target,
            "LS1",
            mux_python.CreateSimulcastTargetRequest(url="rtmp://127.0.0.1/app", stream_key="k", passthrough="t"),
            repeatable=False,
        ),
        lambda: provider._gone(api.live.delete_live_stream_simulcast_target, "LS1", "T1"),
        lambda: provider.delete_recording("AS1"),
        lambda: provider.delete_ingest("LS1"),
    ):
        try:
            await call()
        except ProviderError as error:
            assert error.code == "unreadable", error  # a sample that lacks what the description promises


async def test_every_call_is_valid_and_none_is_left_out(judge: tuple[Any, str], opened: Callable[..., Any]) -> None:
    guard, url = judge
    await every_call(opened(url))
    assert [(call.method, call.path, call.errors) for call in guard.seen if call.errors] == []
    seen = {f"{call.method} {guard.find(call.method, call.path).path}" for call in guard.seen}
    print("\n".join(sorted(seen)))
    assert seen == CALLS


async def test_a_broken_request_is_found(judge: tuple[Any, str], opened: Callable[..., Any]) -> None:
    guard, url = judge
    api = opened(url)._api
    wrong = mux_python.CreateLiveStreamRequest(latency_mode="fastest", passthrough="x")
    with pytest.raises(ProviderError):
        await api.call(api.live.create_live_stream, wrong, repeatable=False)
    assert guard.seen[-1].errors
