"""What the scenarios share: providers with stand-ins on loopback, and sites that start again with another choice."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self, TypeVar

import aiohttp

from sites import Browser, LiveSite, run_site

T = TypeVar("T")
OFF = {"streaming": "none", "auth": "local"}
CHEAP = {"time_cost": 1, "memory_kib": 8192, "parallelism": 1}


@dataclass
class Stand:
    """A provider by name, the settings of its plugin, and the hands of people and machines at its other side."""

    name: str
    plugin: str
    table: Mapping[str, Any] = field(default_factory=dict)
    hands: Any = None


@dataclass
class House:
    """One database and one folder; a site that is started over them again and again."""

    kind: str
    dsn: str
    folder: Path
    stands: Sequence[Stand]
    settings: Mapping[str, Any] = field(default_factory=dict)
    site: LiveSite | None = None

    def stand(self, name: str) -> Stand:
        """The stand of a provider."""
        return next(stand for stand in self.stands if stand.name == name)

    async def start(self, chosen: str, **more: Any) -> LiveSite:
        """Start the site, again, with this provider chosen; the others are installed and set up."""
        await self.stop()
        said: dict[str, Any] = {"plugins": {}, "providers": {}, "disable": ()} | dict(self.settings) | more
        tables = {stand.plugin: dict(stand.table) for stand in self.stands if stand.table}
        choice: Any = [chosen] if self.kind == "payments" else chosen
        if "stream_local" not in {stand.plugin for stand in self.stands}:
            said["disable"] = ("stream_local", *said["disable"])
        said["plugins"] = {"auth_local": CHEAP} | tables | said["plugins"]
        said["providers"] = OFF | said["providers"] | {self.kind: choice}
        self.site = await run_site(self.dsn, self.folder, **said)
        self.site.platform.db.bind()
        return self.site

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def stop(self) -> None:
        """Stop the site, if it runs."""
        site, self.site = self.site, None
        if site is not None:
            await site.close()


async def until(check: Callable[[], Awaitable[T | None]], seconds: float = 20) -> T:
    """What `check` finds, once it finds something."""
    async with asyncio.timeout(seconds):
        while not (found := await check()):
            await asyncio.sleep(0.05)
    return found


async def again(site: LiveSite, before: Browser) -> Browser:
    """The same browser, with its cookies, at the site that was started again."""
    browser = await site.browser()
    browser.session.cookie_jar.update_cookies({cookie.key: cookie.value for cookie in before.session.cookie_jar})
    return browser


async def post(url: str, body: bytes, headers: Mapping[str, str]) -> None:
    """Send a webhook as a vendor does; the site has to take it."""
    async with (
        aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10)) as session,
        session.post(url, data=body, headers=dict(headers)) as answer,
    ):
        assert answer.status < 300, await answer.text()


async def fetch(url: str, **headers: str) -> tuple[int, bytes]:
    """GET as a browser does."""
    async with (
        aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10)) as session,
        session.get(url, headers=headers) as answer,
    ):
        return answer.status, await answer.read()
