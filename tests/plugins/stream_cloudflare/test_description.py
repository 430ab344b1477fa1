"""Each request that the plugin can make is valid by Cloudflare's own description, and broken ones are not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

import pytest

from aethex_live.providers import ProviderError
from aethex_live.providers.streaming import IngestSpec
from vendor_specs import stand_in

BASE = "/accounts/{account_id}/stream"
INPUT = f"{BASE}/live_inputs/{{live_input_identifier}}"
UID = "b" * 32
CALLS = {
    f"POST {BASE}/live_inputs",
    f"GET {INPUT}",
    f"PUT {INPUT}",
    f"DELETE {INPUT}",
    f"POST {INPUT}/rotate_keys",
    f"GET {INPUT}/videos",
    f"GET {INPUT}/outputs",
    f"POST {INPUT}/outputs",
    f"DELETE {INPUT}/outputs/{{output_identifier}}",
    f"GET {BASE}/{{identifier}}",
    f"DELETE {BASE}/{{identifier}}",
    f"POST {BASE}/clip",
}


@pytest.fixture
def judge() -> Iterator[tuple[Any, str]]:
    with stand_in("cloudflare-stream-openapi.json") as found:
        yield found


async def every_call(provider: Any) -> None:
    """All that the provider can ask for; the answers are samples, and may make no sense."""
    api = provider._api
    for call in (
        lambda: provider.create_ingest(IngestSpec(ref=UUID(int=7), title="Nova"), idempotency_key="a"),
        lambda: provider.endpoints(UID, key_version=1),
        lambda: provider.rotate_key(UID, key_version=2),
        lambda: provider.set_enabled(UID, enabled=False),
        lambda: api.put("set_enabled", f"/live_inputs/{UID}", {"enabled": True, "meta": {"ref": "r"}}),
        lambda: provider.live_state(UID),
        lambda: provider.recordings(UID),
        lambda: provider.get_recording(UID),
        lambda: provider.create_clip(UID, 1.5, 9.0, ref="c", title="Best", idempotency_key="c"),
        lambda: provider.add_simulcast(UID, "rtmp://127.0.0.1/app", "k", ref="t"),
        lambda: api.post(
            "add", f"/live_inputs/{UID}/outputs", {"url": "rtmp://a", "streamKey": "k", "enabled": True}, str
        ),
        lambda: provider.remove_simulcast(UID, UID),
        lambda: provider.delete_recording(UID),
        lambda: provider.delete_ingest(UID),
    ):
        try:
            await call()
        except ProviderError as error:
            assert error.code == "answer", error  # a sample that lacks what the description promises


async def test_every_call_is_valid_and_none_is_left_out(judge: tuple[Any, str], opened: Callable[..., Any]) -> None:
    guard, url = judge
    await every_call(opened(url))
    assert [(call.method, call.path, call.errors) for call in guard.seen if call.errors] == []
    seen = {f"{call.method} {guard.find(call.method, call.path).path}" for call in guard.seen}
    print("\n".join(sorted(seen)))
    assert seen == CALLS


async def test_a_broken_request_is_found(judge: tuple[Any, str], opened: Callable[..., Any]) -> None:
    guard, url = judge
    wrong = {"clippedFromVideoUID": UID, "startTimeSeconds": 1.5, "endTimeSeconds": 9}
    with pytest.raises(ProviderError):
        await opened(url)._api.post("create_clip", "/clip", wrong, str)
    assert guard.seen[-1].errors
