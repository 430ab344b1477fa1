"""Each request that the plugin can make is valid by Cloudflare's own description, and broken ones are not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from aethex_live.providers import ProviderError
from vendor_calls import CLOUDFLARE, UID
from vendor_specs import stand_in


@pytest.fixture
def judge() -> Iterator[tuple[Any, str]]:
    with stand_in("cloudflare-stream-openapi.json") as found:
        yield found


async def test_every_call_is_valid_and_none_is_left_out(judge: tuple[Any, str]) -> None:
    guard, url = judge
    await CLOUDFLARE.make(url)
    assert [(call.method, call.path, call.errors) for call in guard.seen if call.errors] == []
    seen = {f"{call.method} {guard.find(call.method, call.path).path}" for call in guard.seen}
    assert seen == CLOUDFLARE.calls


async def test_a_broken_request_is_found(judge: tuple[Any, str], opened: Callable[..., Any]) -> None:
    guard, url = judge
    wrong = {"clippedFromVideoUID": UID, "startTimeSeconds": 1.5, "endTimeSeconds": 9}
    with pytest.raises(ProviderError):
        await opened(url)._api.post("create_clip", "/clip", wrong, str)
    assert guard.seen[-1].errors
