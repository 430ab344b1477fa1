"""Whole sites for tests: in this process, on a real port, with a real database and real sockets.

open_site       `await open_site(providers={"streaming": "none"})`: a started `LiveSite`; settings as in aethex.toml
site            one with the defaults, on free ports, shared by the tests of a module
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import urljoin

import aiohttp
import pytest_asyncio

from aethex_live.app import App, create_app
from aethex_live.clock import Clock
from aethex_live.db import EmbeddedPostgres
from aethex_live.platform import Platform
from aethex_live.server import http_server
from aethex_live.settings import Site, load_site

PASSWORD = "correct horse 9 battery"
CSRF = re.compile(r'name="csrf" value="(\w+)"')
OpenSite = Callable[..., Awaitable["LiveSite"]]


def free_port() -> int:
    """A TCP port that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Answer:
    """An answer as tests look at it."""

    status: int
    url: str
    text: str
    headers: Mapping[str, str]

    def json(self) -> Any:
        import orjson

        return orjson.loads(self.text)


@dataclass
class Browser:
    """A visitor with cookies of their own, without JavaScript."""

    base: str
    session: aiohttp.ClientSession = field(repr=False)

    async def get(self, path: str, **more: Any) -> Answer:
        return await self.ask("GET", path, **more)

    async def ask(self, method: str, path: str, **more: Any) -> Answer:
        async with self.session.request(method, urljoin(self.base, path), **more) as response:
            text = await response.text(errors="replace")  # pictures are answers, too
            return Answer(response.status, str(response.url), text, response.headers)

    async def submit(self, path: str, *, page: str | None = None, **fields: str) -> Answer:
        """Fill in and send the form at `path`, which stands on `page` (else on `path` itself)."""
        token = CSRF.search((await self.get(page or path)).text)
        values = fields | {"csrf": token.group(1) if token else ""}
        return await self.ask("POST", path, data=values)

    async def api(self, method: str, path: str, body: object = None) -> Answer:
        """Call the API as a page of the site would."""
        return await self.ask(method, f"/api/v1{path}", json=body, headers={"Origin": self.base.rstrip("/")})

    async def sign_up(self, username: str) -> Self:
        answer = await self.submit("/sign-up", username=username, email="", password=PASSWORD)
        assert answer.status == 200, answer.text
        return self


@dataclass
class LiveSite:
    """A site that runs in this process."""

    platform: Platform
    app: App
    url: str
    _stack: contextlib.AsyncExitStack = field(repr=False)

    async def browser(self) -> Browser:
        """A new visitor."""
        jar = aiohttp.CookieJar(unsafe=True)  # the site's address is a number
        session = aiohttp.ClientSession(cookie_jar=jar, timeout=aiohttp.ClientTimeout(total=20))
        await self._stack.enter_async_context(session)
        return Browser(self.url, session)

    async def member(self, username: str) -> Browser:
        """A visitor who has just made an account."""
        return await (await self.browser()).sign_up(username)

    async def operator(self, username: str = "boss") -> Browser:
        """A visitor who runs the site."""
        self.platform.db.bind()
        await self.platform.domain.accounts.register(username, "", PASSWORD, role="operator")
        browser = await self.browser()
        answer = await browser.submit("/sign-in", username=username, password=PASSWORD)
        assert answer.status == 200, answer.text
        return browser

    async def creator(self, username: str, slug: str) -> Browser:
        """A visitor with a channel."""
        browser = await self.member(username)
        answer = await browser.submit("/studio", name=username, slug=slug, category="")
        assert answer.status == 200, answer.text
        return browser

    async def close(self) -> None:
        await self._stack.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()


async def run_site(dsn: str, folder: Path, clock: Clock | None = None, **settings: Any) -> LiveSite:
    """Start a site on free ports over the database at `dsn`, its files in `folder`."""
    port = free_port()
    if (config := settings.pop("config_file", None)) is not None:
        environ = {"AETHEX_CONFIG": str(config), "DATABASE_URL": dsn}
        loaded = load_site(environ, folder=config.parent, overrides={"port": port, "data": folder})
        return await start_site(loaded, clock)
    plugins: dict[str, dict[str, Any]] = dict(settings.pop("plugins", {}))
    plugins["stream_local"] = {"rtmp_port": free_port()} | plugins.get("stream_local", {})
    if settings.get("providers", {}).get("streaming") == "none":
        plugins.pop("stream_local")
    values = {
        "host": "127.0.0.1",
        "port": port,
        "data": folder,
        "database_url": dsn,
        "plugins": plugins,
        **settings,
    }
    return await start_site(Site.model_validate(values), clock)


async def start_site(settings: Site, clock: Clock | None = None) -> LiveSite:
    """Start a site with these settings."""
    stack = contextlib.AsyncExitStack()
    platform = await Platform.open(settings, clock)
    stack.push_async_callback(platform.close)
    try:
        await platform.start()
        app = create_app(platform)
        await app.startup()
        server = http_server(platform, app)
        listener = socket.create_server(("127.0.0.1", settings.port))
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        while not server.started:
            await asyncio.sleep(0.01)
    except BaseException:
        await stack.aclose()
        raise

    async def stop() -> None:
        await platform.realtime.drain(0)
        server.should_exit = server.force_exit = True
        await serving
        await app.shutdown()

    stack.push_async_callback(stop)
    return LiveSite(platform, app, f"http://127.0.0.1:{settings.port}/", stack)


@pytest_asyncio.fixture
async def open_site(whole_dsn: Callable[[], Awaitable[str]], tmp_path: Path) -> AsyncIterator[OpenSite]:
    opened: list[LiveSite] = []

    async def open_one(**settings: Any) -> LiveSite:
        opened.append(await run_site(await whole_dsn(), tmp_path / f"site{len(opened)}", **settings))
        return opened[-1]

    yield open_one
    for site in opened:
        await site.close()


@pytest_asyncio.fixture(scope="module")
async def site(
    postgres: EmbeddedPostgres, database_copy: Callable[[], Awaitable[str]], tmp_path_factory: Any
) -> AsyncIterator[LiveSite]:
    async with await run_site(await database_copy(), tmp_path_factory.mktemp("site")) as live:
        yield live
