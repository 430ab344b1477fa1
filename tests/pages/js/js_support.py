"""A small site for the page modules: pages as strings, the real realtime engine, the policy of the real site."""

import asyncio
import contextlib
import json
import socket
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import uvicorn
from playwright.async_api import Page
from pydantic import BaseModel

from aethex_live._web.headers import policy
from aethex_live.clock import SystemClock
from aethex_live.errors import Refusal
from aethex_live.realtime import Call, Message, Position, Realtime, RealtimeSettings, SocketEvent, TopicClass
from aethex_live.web.assets import Assets

ROOT = Path(__file__).parents[3]
MODULES = ROOT / "core" / "aethex_live" / "static" / "js"
NODE = ROOT / "node_modules"
LIBRARIES = {
    "htmx": "htmx.org/dist/htmx.esm.min.js",
    "hls.js": "hls.js/dist/hls.light.min.mjs",
    "socket.io-client": "socket.io-client/dist/socket.io.esm.min.js",
    "media-chrome": "media-chrome/dist/iife/all.js",
}
TYPES = {
    ".js": "text/javascript",
    ".mjs": "text/javascript",
    ".m3u8": "application/vnd.apple.mpegurl",
    ".m4s": "video/mp4",
    ".mp4": "video/mp4",
}


@dataclass(frozen=True)
class Guest:
    user_id: None = None
    session_id: None = None


class Text(BaseModel):
    text: str


@dataclass
class Request:
    method: str
    path: str
    form: dict[str, str]


@dataclass
class Answer:
    status: int
    body: bytes
    kind: str = "text/html; charset=utf-8"
    headers: dict[str, str] = field(default_factory=dict)


Handler = Callable[[Request], Awaitable[Answer]]


class Log:
    """What is stored of each topic, as the database would."""

    def __init__(self) -> None:
        self.rows: dict[str, list[Message]] = defaultdict(list)
        self.epoch = "e1"
        self.forgotten = 0

    async def missed(self, topic: str, after: int, limit: int) -> list[Message] | None:
        if after < self.forgotten:
            return None
        return [row for row in self.rows[topic] if row.seq > after][:limit]

    async def head(self, topic: str) -> Position:
        return Position(len(self.rows[topic]), self.epoch)


class Site:
    """Pages, handlers and media by path; `requests` are those that were made."""

    def __init__(self) -> None:
        self.pages: dict[str, str] = {}
        self.handlers: dict[str, Handler] = {}
        self.media: dict[str, Path] = {}
        self.requests: list[Request] = []
        self.log = Log()
        self.origin: Any = None  # an ASGI app for /live/ and /vod/
        self.realtime = Realtime(
            RealtimeSettings(), clock=SystemClock(), identify=self._identify, may_subscribe=self._may
        )
        for prefix in ("channel", "news"):
            self.realtime.declare(TopicClass(prefix=prefix, kind="log", missed=self.log.missed, head=self.log.head))
        for prefix in ("viewers", "studio"):
            self.realtime.declare(TopicClass(prefix=prefix, kind="volatile"))
        self.realtime.on(SocketEvent(name="test.say", model=Text, handler=self._say, access="public"))
        self.port = 0
        self.unreachable = False
        assets = Assets(names={}, files={}, modules=import_names(), icons_file=Path(), plugin_folders={})
        self.import_map = str(assets.import_map())
        self._map_hash = assets.import_map_hash()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def tell(self, topic: str, name: str, **data: object) -> None:
        """Something happened: it is stored, and published with its number."""
        rows = self.log.rows[topic]
        rows.append(Message(len(rows) + 1, name, data))
        self.realtime.publish(topic, name, data, seq=len(rows), epoch=self.log.epoch)

    def show(self, path: str, body: str, *, modules: tuple[str, ...] = ("shell",), attributes: str = "") -> str:
        """Put a page at `path`; returns its address."""
        scripts = "".join(f'<script type="module" src="/static/js/{name}.js"></script>' for name in modules)
        chrome = '<script defer src="/static/lib/media-chrome"></script>' if "player" in modules else ""
        self.pages[path] = (
            f'<!doctype html><html lang="en"{attributes}><head><meta charset="utf-8"><title>Test</title>'
            f'<meta name="htmx-config" content=\'{{"includeIndicatorCSS":false}}\'>'
            f"{self.import_map}{chrome}{scripts}</head><body>{body}</body></html>"
        )
        return self.url + path

    async def _identify(self, handshake: Any) -> Guest:
        if self.unreachable:
            raise Refusal("Not now.", retry_after=1.0)
        return Guest()

    async def _may(self, topic: str, actor: Any) -> bool:
        return topic != "news:secret"

    async def _say(self, call: Call) -> dict[str, object]:
        if call.data.text == "bad":
            raise Refusal("That is a bad word: choose another.")
        return {"said": call.data.text}

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        if self.origin is not None and scope["path"].startswith(("/live/", "/vod/")):
            await self.origin(scope, receive, send)
            return
        body = b""
        while (message := await receive()).get("more_body"):
            body += message["body"]
        form = parse_qs((body + message.get("body", b"")).decode("latin-1"), keep_blank_values=True)
        request = Request(scope["method"], scope["path"], {key: values[-1] for key, values in form.items()})
        self.requests.append(request)
        answer = await self._answer(request)
        csp = policy(
            self._map_hash,
            player=b"<ax-player" in answer.body,
            media=(),
            sockets=[f"ws://127.0.0.1:{self.port}"],
        )
        headers = {"content-type": answer.kind, "content-security-policy": csp, "cache-control": "no-store"}
        pairs = [(key.encode(), value.encode()) for key, value in (headers | answer.headers).items()]
        await send({"type": "http.response.start", "status": answer.status, "headers": pairs})
        await send({"type": "http.response.body", "body": answer.body})

    async def _answer(self, request: Request) -> Answer:
        path = request.path
        if handler := self.handlers.get(f"{request.method} {path}"):
            return await handler(request)
        if path in self.pages:
            return Answer(200, self.pages[path].encode())
        if path.startswith("/static/js/"):
            return _file(MODULES / path.removeprefix("/static/js/"))
        if path.startswith("/static/lib/"):
            return _file(NODE / LIBRARIES[path.removeprefix("/static/lib/")])
        for prefix, folder in self.media.items():
            if path.startswith(prefix):
                return _file(folder / path.removeprefix(prefix))
        return Answer(404, b"<p>Not found</p>")


def import_names() -> dict[str, str]:
    """The import map, as the real site makes it from the same folder."""
    ours = {f"aethex/{path.stem}": f"/static/js/{path.name}" for path in sorted(MODULES.glob("*.js"))}
    return ours | {name: f"/static/lib/{name}" for name in LIBRARIES}


def _file(path: Path) -> Answer:
    try:
        return Answer(200, path.read_bytes(), TYPES.get(path.suffix, "application/octet-stream"))
    except OSError:
        return Answer(404, b"")


def problem(status: int, **members: object) -> Answer:
    return Answer(status, json.dumps(members).encode(), "application/problem+json")


async def until(page: Page, expression: str, seconds: float = 8.0) -> Any:
    """The first true value of an expression in the page; the page's own policy forbids playwright's way to wait."""
    last: Any = None
    try:
        async with asyncio.timeout(seconds):
            while not (last := await page.evaluate(expression)):
                await asyncio.sleep(0.03)
    except TimeoutError:
        raise AssertionError(f"not within {seconds} s: {expression} (it is {last!r})") from None
    return last


async def true_soon(test: Callable[[], object], seconds: float = 8.0) -> None:
    """Wait until something of the site is so."""
    async with asyncio.timeout(seconds):
        while not test():
            await asyncio.sleep(0.02)


@contextlib.asynccontextmanager
async def serving(site: Site, port: int = 0) -> AsyncIterator[Site]:
    """Run the site on a free port; leaving the block ends it as a restart would."""
    listener = socket.create_server(("127.0.0.1", port), reuse_port=True)
    site.port = listener.getsockname()[1]
    config = uvicorn.Config(
        site,
        ws=site.realtime.protocol_class(),
        lifespan="off",
        log_level="warning",
        timeout_graceful_shutdown=1,
    )
    server = uvicorn.Server(config)
    await site.realtime.start()
    task = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        async with asyncio.timeout(10):
            while not server.started:
                await asyncio.sleep(0.01)
        yield site
    finally:
        await site.realtime.stop()
        server.should_exit = True
        await asyncio.wait([task], timeout=5)
        listener.close()
