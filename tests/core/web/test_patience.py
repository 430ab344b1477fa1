"""The studio while its vendor is silent: the page comes all the same, and what it asked for goes on without it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from aethex_live._web.patience import PAGE_S
from aethex_live.models import Ingest
from aethex_live.providers.streaming import Endpoint, IngestSpec, ProviderIngest
from sites import Browser, LiveSite, OpenSite
from vendors import plant

LOCAL = 'disable = ["stream_local"]\n[providers]\nstreaming = "vendor"\n'


@pytest_asyncio.fixture
async def site(open_site: OpenSite, tmp_path: Path) -> LiveSite:
    made = await open_site(config_file=plant(tmp_path, ["whsec"], more=LOCAL))
    made.platform.db.bind()
    return made


@pytest.fixture
def answers(site: LiveSite, monkeypatch: pytest.MonkeyPatch) -> asyncio.Event:
    """The vendor is silent until this is set."""
    vendor: Any = site.platform.providers.streaming("vendor")
    heard, make, tell = asyncio.Event(), vendor.create_ingest, vendor.endpoints
    asked: list[str] = []

    async def create_ingest(spec: IngestSpec, *, idempotency_key: str) -> ProviderIngest:
        asked.append("create")
        await heard.wait()
        made: ProviderIngest = await make(spec, idempotency_key=idempotency_key)
        return made

    async def endpoints(ingest_id: str, *, key_version: int) -> Sequence[Endpoint]:
        asked.append("endpoints")
        await heard.wait()
        found: Sequence[Endpoint] = await tell(ingest_id, key_version=key_version)
        return found

    monkeypatch.setattr(vendor, "create_ingest", create_ingest)
    monkeypatch.setattr(vendor, "endpoints", endpoints)
    monkeypatch.setattr(vendor, "asked", asked, raising=False)
    return heard


async def look(owner: Browser) -> tuple[str, float]:
    begun = time.monotonic()
    page = await owner.get("studio/nova")
    assert page.status == 200
    return page.text, time.monotonic() - begun


async def test_a_silent_vendor_holds_up_no_page(site: LiveSite, answers: asyncio.Event) -> None:
    # Given a channel whose ingest is yet to be made, at a vendor that is silent
    owner = await site.creator("nova_owner", "nova")
    # When its owner looks at the studio twice
    for _ in range(2):
        text, took = await look(owner)
        # Then the page comes in time and says what it lacks
        assert took < PAGE_S + 5
        assert "The streaming vendor has not answered yet." in text
    # When the vendor answers at last
    answers.set()
    await asyncio.gather(*site.app.pages.background_tasks)
    # Then what the first page asked for was done, once
    vendor: Any = site.platform.providers.streaming("vendor")
    assert vendor.asked.count("create") == 1
    assert await Ingest.all().count() == 1
    text, _ = await look(owner)
    assert "rtmps://127.0.0.1:1/app" in text
    assert "has not answered" not in text


async def test_when_no_time_is_left_nothing_more_is_asked(site: LiveSite, answers: asyncio.Event) -> None:
    owner = await site.creator("nova_owner", "nova")
    await look(owner)
    vendor: Any = site.platform.providers.streaming("vendor")
    assert vendor.asked == ["create"]
    answers.set()
    await asyncio.gather(*site.app.pages.background_tasks)
