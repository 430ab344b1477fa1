"""stream_cloudflare keeps the contract of streaming, over a twin of the vendor."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from cloudflare_twin import Twin

from aethex_live.testing.conformance import StreamConformance
from aethex_live.testing.conformance.streaming import GoLive, Record


class TestCloudflare(StreamConformance):
    @pytest.fixture
    def provider(self, provider: Any) -> Any:
        return provider

    @pytest.fixture
    def record(self, cloudflare: Twin) -> Record:
        async def record(ingest_id: str) -> str:
            return cloudflare.video(liveInput=ingest_id)

        return record

    @pytest.fixture
    def settle(self, cloudflare: Twin) -> Callable[[], None]:
        return cloudflare.second

    @pytest.fixture
    def go_live(self, cloudflare: Twin) -> GoLive:
        async def go_live(ingest_id: str) -> None:
            cloudflare.inputs[ingest_id]["status"] = "connected"
            cloudflare.video("live-inprogress", liveInput=ingest_id)

        return go_live
