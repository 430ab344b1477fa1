"""<ax-player> with the platform's own origin: ffmpeg by RTMP, our packager, low-latency HLS, one page all the time."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from js_media import ENCODE, PICTURE, player
from js_support import Site, true_soon, until
from playwright.async_api import Page

from aethex_live.ids import uuid7
from aethex_plugins.stream_local.ports import Admission, Connected, Disconnected, Ended, RecordingReady, Started
from aethex_plugins.stream_local.server import StreamingServer
from aethex_plugins.stream_local.settings import StreamLocalSettings

pytestmark = pytest.mark.slow
VIDEO = "document.querySelector('video')"
PLAYER = "document.querySelector('ax-player')"
STATE = f"{PLAYER}.dataset.state"
MESSAGE = "document.querySelector('[data-message]').textContent"


class Gate:
    async def admit(self, key: str, peer: str) -> Admission:
        return Admission("i1")


class Journal:
    """Tells the page's topic what the platform would."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.facts: list[str] = []

    def _tell(self, name: str, **data: object) -> None:
        self.facts.append(name)
        self.site.tell("channel:1", name, **data)

    async def connected(self, fact: Connected) -> None:
        self._tell("ingest.connected", broadcast_id=str(fact.broadcast_id) if fact.continues else None)

    async def disconnected(self, fact: Disconnected) -> None:
        self._tell("ingest.disconnected", broadcast_id=str(fact.broadcast_id))

    async def started(self, fact: Started) -> None:
        folder = f"/live/{fact.ingest_id}/{fact.broadcast_id}"
        sources = [
            {"url": f"{folder}/index.m3u8", "kind": "ll-hls"},
            {"url": f"{folder}/plain.m3u8", "kind": "hls"},
        ]
        self._tell("broadcast.started", broadcast_id=str(fact.broadcast_id), sources=sources)

    async def ended(self, fact: Ended) -> None:
        self._tell("broadcast.ended", broadcast_id=str(fact.broadcast_id))

    async def recording_ready(self, fact: RecordingReady) -> None:
        identity = str(fact.broadcast_id)
        self._tell("recording.ready", broadcast_id=identity, recording_id=identity)


@contextlib.asynccontextmanager
async def streaming(site: Site, folder: Path) -> AsyncIterator[tuple[StreamingServer, Journal]]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    settings = StreamLocalSettings(rtmp_host="127.0.0.1", rtmp_port=port, thumbnails=False)
    journal = Journal(site)
    server = StreamingServer(settings, folder, Gate(), journal, uuid7, None)
    await server.start()
    site.origin = server.origin
    try:
        yield server, journal
    finally:
        await server.stop()


@contextlib.asynccontextmanager
async def publishing(ffmpeg: Path, server: StreamingServer) -> AsyncIterator[None]:
    address = f"rtmp://127.0.0.1:{server.rtmp.port}/live/key"
    process = await asyncio.create_subprocess_exec(
        *(str(ffmpeg), "-hide_banner", "-loglevel", "error", "-nostdin", "-re", *PICTURE, "-t", "60"),
        *(*ENCODE, "-g", "60", "-f", "flv", address),
        stdin=asyncio.subprocess.DEVNULL,
    )
    try:
        yield
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()  # the line breaks, there is no goodbye
        await process.wait()


async def test_one_page_sees_a_whole_broadcast_close_to_live(
    site: Site, page: Page, ffmpeg: Path, tmp_path: Path
) -> None:
    # Given a page that waits
    markup = player(live="", topic="channel:1", broadcast="", state="offline", recording="")
    await page.goto(site.show("/nova/live", markup, modules=("shell", "player")))
    await true_soon(lambda: site.realtime.subscribers("channel:1"))
    async with streaming(site, tmp_path) as (server, journal):
        # When an encoder connects, the page plays by low latency
        async with publishing(ffmpeg, server):
            await until(page, f"{STATE} === 'live' && {VIDEO}.currentTime > 0.5", 15)
            await page.wait_for_timeout(6000)
            stats = await page.evaluate(f"{PLAYER}.stats")
            assert stats["source"] == "ll-hls"
            assert stats["latency"] < 2.5
            assert stats["stalls"] == stats["fatal"] == 0
            await page.evaluate(f"window.media = {VIDEO}.currentSrc")
        # When the encoder's line breaks and comes back, the same player goes on
        await until(page, f"{MESSAGE} === 'The creator lost the connection'")
        reached = await page.evaluate(f"{VIDEO}.currentTime")
        await page.wait_for_timeout(2000)
        async with publishing(ffmpeg, server):
            await until(page, f"{STATE} === 'live' && {VIDEO}.currentTime > {reached + 3}", 20)
            assert await page.evaluate(f"{VIDEO}.currentSrc === window.media")
            await until(page, f"{PLAYER}.stats.latency < 3", 10)
            # When the creator ends it, the rest is played, then the card stands there with the recording
            assert server.hub.end("i1", "creator")
            await until(page, f"{MESSAGE} === 'The stream is over'", 5)
        await until(page, "document.querySelector('[data-recording-link]').href.includes('/videos/')")
    assert journal.facts[0] == "ingest.connected"
    assert journal.facts[-1] == "recording.ready"
