"""What a supervisor asks: with the pages, and of a process that has none."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import aiohttp
import pytest

from aethex_live._web import liveness
from sites import LiveSite

OpenSite = Callable[..., Awaitable[LiveSite]]


async def answers(site: LiveSite, path: str, method: str = "GET") -> tuple[int, str, str]:
    async with aiohttp.ClientSession() as visitor, visitor.request(method, site.url.rstrip("/") + path) as answer:
        return answer.status, answer.content_type, await answer.text()


async def test_a_process_without_pages_says_that_it_is_alive_and_ready(open_site: OpenSite) -> None:
    site = await open_site(role="ingest")
    assert await answers(site, "/livez") == (200, "text/plain", "ok\n")
    assert await answers(site, "/readyz") == (200, "application/json", '{"ready":true,"problems":[]}')
    status, _, text = await answers(site, "/metrics")
    assert status == 200
    assert "aethex_http_requests" in text


async def test_it_is_not_ready_when_it_stops_or_its_database_hangs(
    open_site: OpenSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = await open_site(role="ingest")
    site.platform.stopping = True
    monkeypatch.setattr(liveness, "LIMIT_S", 0.05)
    monkeypatch.setattr(site.platform.db, "fetch", lambda _: asyncio.Event().wait())
    status, _, text = await answers(site, "/readyz")
    assert status == 503
    assert "The site is stopping." in text
    assert "The database does not answer." in text
    assert (await answers(site, "/livez"))[0] == 200


async def test_it_tells_people_where_the_pages_are_and_takes_no_orders(open_site: OpenSite) -> None:
    site = await open_site(role="ingest")
    status, _, text = await answers(site, "/")
    assert status == 404
    assert f"the pages are at {site.platform.site.url}" in text
    assert (await answers(site, "/livez", "POST"))[0] == 404
    assert await answers(site, "/livez", "HEAD") == (200, "text/plain", "")


async def test_the_pages_process_answers_the_same(open_site: OpenSite) -> None:
    site = await open_site()
    assert await answers(site, "/livez") == (200, "text/plain", "ok\n")
    assert await answers(site, "/readyz") == (200, "application/json", '{"ready":true,"problems":[]}')
