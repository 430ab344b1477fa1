"""Fixtures: a twin of Mux, and the provider over it."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from mux_twin import Twin, twin

from aethex_live.clock import ManualClock
from aethex_plugins.stream_mux import client
from aethex_plugins.stream_mux.opening import open_streaming
from aethex_plugins.stream_mux.settings import StreamMuxSettings


@pytest.fixture
def mux() -> Iterator[Twin]:
    with twin() as made:
        yield made


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
async def opened(clock: ManualClock, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Callable[..., Any]]:
    """Makes providers; short of patience, so that time-outs can be awaited."""
    monkeypatch.setattr(client, "READ_S", 0.5)
    made: list[Any] = []

    def make(url: str, **changed: Any) -> Any:
        given = {"token_id": "t", "token_secret": "token-secret-of-ours", "webhook_secrets": ["SuperSecret123"]}
        made.append(open_streaming(StreamMuxSettings.model_validate(given | {"api_url": url} | changed), clock))
        return made[-1]

    yield make
    for provider in made:
        await provider.aclose()


@pytest.fixture
def provider(mux: Twin, opened: Callable[..., Any]) -> Any:
    return opened(mux.url)
