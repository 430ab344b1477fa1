"""A real site with a chat, for sockets that measure it: accounts with cookies, a channel, and the table to compare."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import asyncpg

from bench.cluster import AETHEX, START_S, Cluster, chat_cluster
from bench.log_checker import Row
from bench.served import PASSWORD, ROOT

FAULTY = str(ROOT / "bench" / "peers" / "faulty_site.py")
# a site allows so many new accounts of one address in an hour
ACCOUNTS_PER_ADDRESS = 15
# what is measured is not how often one may write
SETTINGS = {
    "AETHEX_CHAT__RATE_MESSAGES": "1000",
    "AETHEX_CHAT__RATE_SECONDS": "1",
    "AETHEX_CHAT__MODERATOR_RATE_MESSAGES": "1000",
}


@dataclass
class ChatSite:
    """The running site; `authors` are accounts by name with their cookie, the first owns the channel."""

    cluster: Cluster
    slug: str = ""
    channel: str = ""
    authors: dict[str, str] = field(default_factory=dict)

    @property
    def port(self) -> int:
        """That of the one address."""
        return urlsplit(self.cluster.url).port or 80

    @property
    def topic(self) -> str:
        """The chat's topic."""
        return f"chat:{self.channel}"

    async def call(self, method: str, path: str, body: object = None, *, cookie: str = "", address: int = 1) -> Any:
        """Ask the API. Raises RuntimeError with what it answered."""
        connector = aiohttp.TCPConnector(local_addr=(f"127.0.1.{address}", 0))
        headers = {"Origin": self.cluster.url} | ({"Cookie": cookie} if cookie else {})
        async with (
            aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(total=30)) as session,
            session.request(method, f"{self.cluster.url}/api/v1{path}", json=body, headers=headers) as answer,
        ):
            if answer.status >= 300:
                raise RuntimeError(f"{path} answered {answer.status}: {(await answer.text())[:300]}")
            found = await answer.json()
            return found, {name: morsel.value for name, morsel in answer.cookies.items()}

    async def add_author(self, name: str) -> None:
        """An account that is signed in."""
        who, address = {"username": name, "password": PASSWORD}, 1 + len(self.authors) // ACCOUNTS_PER_ADDRESS
        await self.call("POST", "/users", who, address=address)
        _, cookies = await self.call("POST", "/session", who, address=address)
        self.authors[name] = "; ".join(f"{key}={value}" for key, value in cookies.items())

    async def make_channel(self, slug: str) -> None:
        """A channel of the first author, whose chat is used from now on."""
        cookie = next(iter(self.authors.values()))
        made, _ = await self.call("POST", "/channels", {"slug": slug, "name": slug}, cookie=cookie)
        self.slug, self.channel = slug, str(made["id"])

    async def go_wrong(self, fault: str) -> None:
        """Start the web processes again, with this fault from bench/peers/faulty_site.py; "" is none."""
        for name in self.cluster.ports:
            service = self.cluster.services[name]
            at = service.command.index("serve")
            front = (sys.executable, FAULTY, fault) if fault else AETHEX
            service.command, starts = (*front, *service.command[at:]), service.starts
            service.send(signal.SIGKILL)
            async with asyncio.timeout(START_S):
                while service.starts == starts:
                    await asyncio.sleep(0.05)
        for name in self.cluster.ports:
            await self.cluster.ready(name)

    async def table(self) -> list[Row]:
        """What is stored, without acts."""
        connection = await asyncpg.connect(self.cluster.dsn, timeout=10)
        try:
            rows = await connection.fetch(
                "select l.seq, u.username, l.text from chat_line l join core_user u on u.id = l.author_id "
                "where l.channel_id = $1 and l.kind = 'message' order by l.seq",
                self.channel,
            )
        finally:
            await connection.close(timeout=5)
        return [Row(row["seq"], row["username"], row["text"]) for row in rows]


@contextlib.asynccontextmanager
async def chat_site(folder: Path, authors: int) -> AsyncIterator[ChatSite]:
    """Start it, with a channel."""
    async with chat_cluster(folder, SETTINGS) as cluster:
        site = ChatSite(cluster)
        for number in range(authors):
            await site.add_author(f"author{number}")
        await site.make_channel("crowded")
        yield site
