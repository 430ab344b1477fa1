"""Fixtures: a twin of Cloudflare Stream, and the provider over it."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from cloudflare_twin import ACCOUNT, Twin, twin

from aethex_live.clock import ManualClock
from aethex_live.providers import http
from aethex_plugins.stream_cloudflare.opening import open_streaming
from aethex_plugins.stream_cloudflare.settings import StreamCloudflareSettings


@pytest.fixture
async def cloudflare() -> AsyncIterator[Twin]:
    async with twin() as made:
        yield made


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
async def opened(clock: ManualClock, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Callable[..., Any]]:
    """Makes providers; short of patience, so that time-outs can be awaited."""
    monkeypatch.setattr(http, "READ_S", 0.5)
    made: list[Any] = []

    def make(url: str, **changed: Any) -> Any:
        given = {
            "account_id": ACCOUNT,
            "api_token": "api-token-of-ours",
            "webhook_secrets": ["video-secret"],
            "notification_secrets": ["notice-secret"],
            "api_url": url,
            "delivery_url": url,
        }
        made.append(open_streaming(StreamCloudflareSettings.model_validate(given | changed), clock))
        return made[-1]

    yield make
    for provider in made:
        await provider.aclose()


@pytest.fixture
def provider(cloudflare: Twin, opened: Callable[..., Any]) -> Any:
    found = opened(cloudflare.url)

    async def wait(_: float) -> None:
        cloudflare.second()

    found._wait = wait
    return found
