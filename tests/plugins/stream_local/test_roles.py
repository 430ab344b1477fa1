"""The site in processes: one takes streams in, another shows the pages; they meet in PostgreSQL and Redis only."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
from stream_kit import RtmpClient, media_bytes, stream

from aethex_live.db import Database
from aethex_live.db.database import CORE
from aethex_live.models import Broadcast, Recording
from needs import need
from sites import PASSWORD, Browser, free_port

SECRET = "a secret that both processes know, of enough letters"
START_S = 60


class Command:
    """A process of the site, and what it says."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.said = ""

    async def until(self, words: str) -> None:
        assert self.process.stderr is not None
        async with asyncio.timeout(START_S):
            while words not in self.said:
                line = await self.process.stderr.readline()
                assert line, f"it ended without saying {words!r}: {self.said}"
                self.said += line.decode()

    async def end(self) -> int:
        if self.process.returncode is None:
            self.process.terminate()
        return await self.ended()

    async def ended(self) -> int:
        """Its exit code, once it has ended by itself."""
        async with asyncio.timeout(30):
            await self.process.wait()
        return self.process.returncode or 0


class Town:
    """Ports, addresses and processes of one split site."""

    def __init__(self, dsn: str, redis: str, folder: Path) -> None:
        self.web_port, self.media_port, self.rtmp_port = free_port(), free_port(), free_port()
        self.folder = folder
        self.commands: list[Command] = []
        self.environ = {
            "PATH": os.environ["PATH"],
            "DATABASE_URL": dsn,
            "REDIS_URL": redis,
            "AETHEX_SECRET": SECRET,
            "AETHEX_URL": f"http://127.0.0.1:{self.web_port}",
            "AETHEX_STREAM_LOCAL__RTMP_PORT": str(self.rtmp_port),
            "AETHEX_STREAM_LOCAL__PUBLIC_URL": f"http://127.0.0.1:{self.media_port}",
            "AETHEX_STREAM_LOCAL__THUMBNAILS": "false",
        }

    async def run(self, name: str, *arguments: str) -> Command:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "aethex_live.cli", *arguments, "--data", str(self.folder / name)),
            env=self.environ,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
        )
        self.commands.append(Command(process))
        return self.commands[-1]

    async def ingest(self, name: str = "ingest") -> Command:
        return await self.run(name, "ingest", "--port", str(self.media_port))


@pytest_asyncio.fixture
async def redis_url() -> AsyncIterator[str]:
    port = free_port()
    process = await asyncio.create_subprocess_exec(
        *(str(need("redis")), "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"),
        stdout=asyncio.subprocess.DEVNULL,
    )
    async with asyncio.timeout(10):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.close()
                break
            except OSError:
                await asyncio.sleep(0.05)
    yield f"redis://127.0.0.1:{port}/0"
    process.terminate()
    await process.wait()


@pytest_asyncio.fixture
async def town(
    database_copy: Callable[[], Awaitable[str]], redis_url: str, tmp_path: Path
) -> AsyncIterator[tuple[Town, Database]]:
    dsn = await database_copy()
    made = Town(dsn, redis_url, tmp_path)
    database = await Database.connect(dsn, [CORE], pool=(1, 3))
    database.bind()
    yield made, database
    for command in made.commands:
        if command.process.returncode is None:
            command.process.kill()
            await command.process.wait()
    await database.close()


async def until(check: Callable[[], Awaitable[Any]], seconds: float = 20) -> Any:
    async with asyncio.timeout(seconds):
        while not (found := await check()):
            await asyncio.sleep(0.1)
    return found


@pytest.mark.slow
async def test_ingest_and_web_are_processes_of_their_own(town: tuple[Town, Database]) -> None:
    made, _ = town
    # Given one process for streams and one for pages, with no folder in common
    ingest = await made.ingest()
    web = await made.run("web", "serve", "--role", "web", "--port", str(made.web_port))
    await ingest.until("takes streams in; media is at")
    await web.until("is up at")
    base, media = f"http://127.0.0.1:{made.web_port}/", f"http://127.0.0.1:{made.media_port}"
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
        creator = await Browser(base, session).sign_up("nova")
        answer = await creator.submit("/studio", name="nova", slug="nova", category="")
        assert answer.status == 200, answer.text
        key = (await creator.api("POST", "/channels/nova/ingest/key", {"password": PASSWORD})).json()
        assert key["server"] == f"rtmp://127.0.0.1:{made.rtmp_port}/live"
        # the pages are in one process, media in the other
        assert (await creator.get(f"{media}/")).status == 404
        assert (await creator.get(f"{media}/livez")).status == 200
        assert (await creator.get("/live/a/b/index.m3u8")).status == 404

        # When an encoder sends
        client = await RtmpClient.publish(made.rtmp_port, key["key"])
        await client.hears(b"Publish.Start")
        client.send(media_bytes(stream(7)))
        await client.drained()
        row = await until(lambda: Broadcast.filter(state="live").first())
        # Then the web process knows how it is, which it never saw
        health = await until(lambda: _live_health(creator))
        assert (health["status"], health["width"], health["height"]) == ("live", 640, 360)
        # and its pages lead players to the other one
        sources = (await creator.api("GET", "/channels/nova/broadcast")).json()["sources"]
        assert sources[0]["url"] == f"{media}/live/{row.provider_id}/index.m3u8"
        playlist = await creator.get(sources[0]["url"], headers={"Origin": base.rstrip("/")})
        assert (playlist.status, playlist.headers["Access-Control-Allow-Origin"]) == (200, "*")
        assert media in (await creator.get("/nova/live")).headers["Content-Security-Policy"]

        # When the page ends the stream, Then the other process does it
        ended = await creator.api("POST", "/channels/nova/broadcast/end")
        assert ended.status == 200, ended.text
        await client.hears(b"ended in the studio")
        recording = await until(lambda: Recording.filter(state="ready").first())
        open_one = f"{media}/vod/{recording.provider_id}/index.m3u8"
        assert (await creator.get(open_one)).status == 200
        # When the recording is made private, Then the other process closes its media within two seconds
        change = {"title": recording.title, "visibility": "private"}
        assert (await creator.api("PATCH", f"/videos/{recording.id}", change)).status == 200
        await until(lambda: _has_status(creator, open_one, 403), 5)
        private = (await creator.api("GET", f"/videos/{recording.id}/playback")).json()["sources"][0]["url"]
        answer = await creator.get(private)
        assert (answer.status, answer.headers["Access-Control-Allow-Origin"]) == (200, base.rstrip("/"))
        client.hang_up()
    assert await web.end() == 0
    assert await ingest.end() == 0


async def _live_health(creator: Browser) -> dict[str, Any] | None:
    told: dict[str, Any] = (await creator.api("GET", "/channels/nova/ingest")).json()
    return told if told["status"] == "live" else None


async def _has_status(browser: Browser, url: str, status: int) -> bool:
    return (await browser.get(url)).status == status


@pytest.mark.slow
async def test_only_one_process_takes_streams_in_and_another_follows_a_kill(town: tuple[Town, Database]) -> None:
    made, _ = town
    # Given a process that takes streams in
    first = await made.ingest("one")
    await first.until("takes streams in; media is at")
    # When another one starts, on ports of its own, Then it is told who has them
    made.media_port, made.environ["AETHEX_STREAM_LOCAL__RTMP_PORT"] = free_port(), str(free_port())
    second = await made.ingest("two")
    await second.until("Another process of this site takes streams in already")
    assert await second.ended() == 2
    # When the first one is killed, Then the next one takes over at once
    first.process.kill()
    await first.process.wait()
    third = await made.ingest("three")
    await third.until("takes streams in; media is at")
    assert await third.end() == 0
