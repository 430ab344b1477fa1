"""A client of long polling that does only what it is told."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
from rt_support import RawClient, Site

SEPARATOR = "\x1e"


class PollClient:
    """One session; `get` and `post` answer the status and the text."""

    def __init__(self, http: aiohttp.ClientSession, site: Site, headers: dict[str, str] | None = None) -> None:
        self.http = http
        self.site = site
        self.headers = headers or {}
        self.sid = ""
        self.opening: dict[str, Any] = {}
        self.waiting: list[str] = []
        self.acks = 0

    def url(self, query: str = "EIO=4&transport=polling") -> str:
        return f"{self.site.url}/socket.io/?{query}" + (f"&sid={self.sid}" if self.sid else "")

    async def request(self, method: str, query: str = "EIO=4&transport=polling", data: Any = None) -> tuple[int, str]:
        async with (
            asyncio.timeout(10),
            self.http.request(method, self.url(query), data=data, headers=self.headers) as answer,
        ):
            return answer.status, await answer.text()

    async def open(self) -> "PollClient":
        status, text = await self.request("GET")
        assert status == 200, text
        assert text[0] == "0"
        self.opening = json.loads(text[1:])
        self.sid = self.opening["sid"]
        return self

    async def get(self) -> tuple[int, str]:
        return await self.request("GET")

    async def post(self, text: str | bytes) -> tuple[int, str]:
        return await self.request("POST", data=text)

    async def packet(self) -> str:
        """The next packet; pings are answered on the way."""
        while True:
            while self.waiting:
                packet = self.waiting.pop(0)
                if packet == "2":
                    await self.post("3")
                elif packet != "6":
                    return packet
            status, text = await self.get()
            if status != 200:
                raise ConnectionError(text)
            self.waiting += text.split(SEPARATOR)

    async def connect(self, auth: str = "") -> "PollClient":
        await self.open()
        assert await self.post("40" + auth) == (200, "ok")
        answer = await self.packet()
        assert answer.startswith("40"), answer
        return self

    async def call(self, name: str, data: object) -> Any:
        self.acks += 1
        await self.post(f"42{self.acks}" + json.dumps([name, data]))
        begin = f"43{self.acks}["
        kept = []
        while not (packet := await self.packet()).startswith(begin):
            kept.append(packet)
        self.waiting = kept + self.waiting
        return json.loads(packet[len(begin) - 1 :])[0]

    async def event(self, name: str) -> Any:
        while True:
            packet = await self.packet()
            if packet.startswith(f'42["{name}"'):
                return json.loads(packet[2:])[1]

    async def upgraded(self) -> RawClient:
        """A websocket that has taken the session over."""
        socket = await self.probe()
        socket.send("5")
        return socket

    async def probe(self) -> RawClient:
        path = f"/socket.io/?EIO=4&transport=websocket&sid={self.sid}"
        socket = await RawClient.open(self.site.port, path=path, headers=self.headers)
        assert socket.status == 101, socket.head
        socket.send("2probe")
        assert await socket.text() == "3probe"
        return socket


@contextlib.asynccontextmanager
async def polling(site: Site, headers: dict[str, str] | None = None) -> AsyncIterator[PollClient]:
    """A client that is not yet open."""
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as http:
        yield PollClient(http, site, headers)
