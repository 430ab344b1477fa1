"""Pages with a chat in a real Chromium, signed in as people of a real site."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urljoin

import pytest_asyncio
from playwright.async_api import Browser as Chromium
from playwright.async_api import Page, async_playwright, expect

from aethex_live.models import Channel, User
from needs import need
from sites import Browser, LiveSite

_numbers = itertools.count()


@dataclass
class Window:
    """A page in a browser window of its own; `problems` are errors and refused resources."""

    page: Page
    problems: list[str] = field(default_factory=list)

    @property
    def lines(self) -> Any:
        return self.page.locator(".ax-chat__log li")

    async def type(self, text: str) -> None:
        await self.page.locator("ax-chat textarea").fill(text)

    async def send(self, text: str) -> None:
        await self.type(text)
        await self.page.locator("ax-chat textarea").press("Enter")

    async def sees(self, text: str, *, times: int = 1) -> None:
        await expect(self.lines.filter(has_text=text)).to_have_count(times)

    async def ready(self) -> None:
        await self.page.wait_for_selector("ax-chat[data-ready][data-state=online]")


@dataclass
class Theatre:
    """A channel with its people on a live site, and a browser."""

    site: LiveSite
    chromium: Chromium
    slug: str
    people: dict[str, Browser]
    windows: list[Window] = field(default_factory=list)

    async def open(self, who: str = "", *, path: str | None = None, **options: Any) -> Window:
        """A window of somebody (nobody: a guest) on the chat's own page."""
        context = await self.chromium.new_context(**{"viewport": {"width": 900, "height": 700}, **options})
        if who:
            jar = self.people[who].session.cookie_jar
            await context.add_cookies([{"name": c.key, "value": c.value, "url": self.site.url} for c in jar])
        window = Window(await context.new_page())
        window.page.on("pageerror", lambda error: window.problems.append(str(error)))
        window.page.on("console", lambda said: window.problems.append(said.text) if said.type == "error" else None)
        await window.page.goto(urljoin(self.site.url, path or f"/p/chat/{self.slug}"))
        self.windows.append(window)
        if options.get("java_script_enabled", True):
            await window.ready()
        return window

    async def heard(self) -> str:
        """The chat's topic, as soon as a window has joined it: what has no number is told once."""
        topic = f"chat:{await self.channel_id()}"
        async with asyncio.timeout(10):
            while not self.site.platform.realtime.subscribers(topic):
                await asyncio.sleep(0.01)
        return topic

    async def id_of(self, who: str) -> Any:
        self.site.platform.db.bind()
        return (await User.get(username=f"{who}_{self.slug[4:]}")).id

    async def channel_id(self) -> Any:
        self.site.platform.db.bind()
        return (await Channel.get(slug=self.slug)).id

    async def close(self) -> None:
        await asyncio.gather(*(window.page.context.close() for window in self.windows))


async def build_theatre(site: LiveSite, chromium: Chromium, number: int) -> Theatre:
    """An owner with a channel, a moderator, two viewers."""
    await site.platform.cache.flushdb()  # this address signs up more often than people do
    slug = f"room{number}"
    owner = await site.creator(f"owner_{number}", slug)
    people = {"owner": owner}
    for who in ("moderator", "viewer", "other"):
        people[who] = await site.member(f"{who}_{number}")
    await owner.submit(f"/studio/{slug}/moderators", page=f"/studio/{slug}/settings", username=f"moderator_{number}")
    return Theatre(site, chromium, slug, people)


@pytest_asyncio.fixture(scope="module")
async def chromium() -> AsyncIterator[Chromium]:
    program = need("chromium")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=str(program), args=["--no-sandbox"])
        yield browser
        await browser.close()


@pytest_asyncio.fixture
async def theatre(site: LiveSite, chromium: Chromium) -> AsyncIterator[Theatre]:
    made = await build_theatre(site, chromium, next(_numbers))
    yield made
    problems = [problem for window in made.windows for problem in window.problems]
    await made.close()
    assert problems == []
