"""Each request that the plugin can make is valid by Mux's own description, and broken ones are not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import mux_python
import pytest

from aethex_live.providers import ProviderError
from vendor_calls import MUX
from vendor_specs import stand_in


@pytest.fixture
def judge() -> Iterator[tuple[Any, str]]:
    with stand_in("mux-openapi.derived.json") as found:
        yield found


async def test_every_call_is_valid_and_none_is_left_out(judge: tuple[Any, str]) -> None:
    guard, url = judge
    await MUX.make(url)
    assert [(call.method, call.path, call.errors) for call in guard.seen if call.errors] == []
    seen = {f"{call.method} {guard.find(call.method, call.path).path}" for call in guard.seen}
    assert seen == MUX.calls


async def test_a_broken_request_is_found(judge: tuple[Any, str], opened: Callable[..., Any]) -> None:
    guard, url = judge
    api = opened(url)._api
    wrong = mux_python.CreateLiveStreamRequest(latency_mode="fastest", passthrough="x")
    with pytest.raises(ProviderError):
        await api.call(api.live.create_live_stream, wrong, repeatable=False)
    assert guard.seen[-1].errors
