"""stream_mux keeps the contract of streaming, over a twin of the vendor."""

from __future__ import annotations

from typing import Any

import pytest
from mux_twin import Twin

from aethex_live.testing.conformance import StreamConformance
from aethex_live.testing.conformance.streaming import GoLive, Record


class TestMux(StreamConformance):
    @pytest.fixture
    def provider(self, provider: Any) -> Any:
        return provider

    @pytest.fixture
    def record(self, mux: Twin) -> Record:
        async def record(ingest_id: str) -> str:
            return mux.asset(live_stream_id=ingest_id)

        return record

    @pytest.fixture
    def go_live(self, mux: Twin) -> GoLive:
        async def go_live(ingest_id: str) -> None:
            mux.streams[ingest_id].update(status="active", active_asset_id="AS9")

        return go_live
