"""The calls of each plugin, judged by Steady: what others make of the same descriptions. It looks at no credentials."""

from __future__ import annotations

from typing import Any

import aiohttp
import pytest

from steady import steady
from vendor_calls import ALL, STRIPE, VendorCalls

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("vendor", ALL, ids=lambda vendor: vendor.vendor)
async def test_an_independent_judge_takes_every_call(vendor: VendorCalls) -> None:
    async with steady(vendor.spec, forms=vendor is STRIPE) as judge:
        await vendor.make(judge.url)
        seen = {f"{one.method} {one.path}" for one in judge.verdicts}
        assert [one for one in judge.verdicts if one.codes] == []
        assert seen == vendor.calls


@pytest.mark.parametrize(
    ("spec", "path", "body"),
    [
        ("resend-openapi.json", "/emails", {"from": "a@b.org", "subject": "x", "text": "y"}),
        ("mux-openapi.derived.json", "/video/v1/live-streams", {"latency_mode": "fastest"}),
    ],
)
async def test_the_independent_judge_finds_what_is_wrong(spec: str, path: str, body: dict[str, Any]) -> None:
    async with steady(spec) as judge, aiohttp.ClientSession() as session:
        async with session.post(judge.url + path, json=body) as answer:
            assert answer.status == 400
        async with session.post(f"{judge.url}/nowhere", json=body) as answer:
            assert answer.status >= 400
        assert [bool(one.codes) for one in judge.verdicts] == [True, True]
