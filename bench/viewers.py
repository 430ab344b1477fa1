"""100 low-latency viewers: CPU of the site, and how long after a part is closed its last byte is with a viewer."""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

import aiohttp

from bench.figures import Figure, cpu_seconds
from bench.ingest import share
from bench.publisher import fixture
from bench.publisher import start as start_publisher
from bench.served import ROOT, served

VIEWERS = 100
CPU_GOAL = 25.0  # % of a core
DELAY_GOAL = 100.0  # ms, p99
PART = re.compile(r'#EXT-X-PRELOAD-HINT:TYPE=PART,URI="([^"]+)"')
NAME = re.compile(r"(\d+)\.(\d+)\.m4s$")
LOGGED = (sys.executable, "-m", "bench.peers.logged_site")


def run(quick: bool) -> Iterable[Figure]:
    """One publisher, 100 viewers as hls.js asks: the hinted part and the playlist, both blocking."""
    viewers = 20 if quick else VIEWERS
    window = 8.0 if quick else 30.0
    with tempfile.TemporaryDirectory(prefix="aethex-viewers-") as folder:
        log = Path(folder) / "parts.log"
        settings = {"BENCH_LOG": str(log), "AETHEX_STREAM_LOCAL__THUMBNAILS": "false"}
        with served(settings, LOGGED) as site:
            _, key = site.channel("watched")
            idle = share(site.pid, 4.0)
            publisher = start_publisher(site.rtmp_port, [key], fixture(), window + 40)
            try:
                time.sleep(8)
                ingest = share(site.pid, 5.0)
                items = site.call("GET", "/live")["items"]
                address = site.url + items[0]["sources"][0]["url"]  # type: ignore[index]  # a list of mappings
                load = subprocess.Popen(
                    [sys.executable, "-m", "bench.viewers", address, str(viewers), str(window + 6), str(log) + ".seen"],
                    cwd=ROOT,
                )
                time.sleep(4)
                before = cpu_seconds([load.pid])
                busy = share(site.pid, window)
                generator = (cpu_seconds([load.pid]) - before) / window
                load.wait(60)
            finally:
                publisher.kill()
                publisher.wait(10)
        yield from figures(log, viewers, 100 * (busy - ingest), generator, judge=not quick, idle=100 * idle)


def figures(log: Path, viewers: int, cpu: float, generator: float, *, judge: bool, idle: float) -> Iterable[Figure]:
    """Compare when parts were closed with when viewers had them."""
    closed = {(int(m), int(i)): float(at) for _, m, i, at in (line.split() for line in log.read_text().splitlines())}
    seen: dict[str, object] = json.loads(Path(f"{log}.seen").read_text())
    delays = sorted(
        1000 * (at - closed[(msn, index)])
        for msn, index, at in seen["parts"]  # type: ignore[attr-defined]  # a list
        if (msn, index) in closed
    )
    expected = seen["parts_a_viewer"]
    errors = int(seen["errors"])  # type: ignore[call-overload]  # a number
    p50, p99 = (delays[int(len(delays) * share)] for share in (0.5, 0.99)) if delays else (0.0, 1e9)
    valid = generator < 0.9 and errors == 0 and len(delays) > viewers * 10
    note = (
        f"{len(delays)} parts, {expected} a viewer, {errors} errors, p50 {p50:.0f} ms, generator {generator:.2f} core"
    )
    yield Figure(
        figure=f"{viewers} low-latency viewers, CPU",
        value=cpu,
        unit="% of a core",
        goal=CPU_GOAL,
        met=(cpu <= CPU_GOAL and valid) if judge else None,
        valid=valid,
        note=f"over the ingest alone; idle {idle:.1f} %",
    )
    yield Figure(
        figure=f"part closed to a viewer's last byte, p99 of {viewers}",
        value=p99,
        unit="ms",
        goal=DELAY_GOAL,
        met=(p99 <= DELAY_GOAL and valid) if judge else None,
        valid=valid,
        note=note,
    )


class Viewer:
    """Asks as a low-latency player does: the hinted part and the next playlist at once."""

    def __init__(self, session: aiohttp.ClientSession, address: str) -> None:
        self._session = session
        self._address = address
        self._base = address.rpartition("/")[0]
        self.parts: list[tuple[int, int, float]] = []
        self.errors = 0

    async def watch(self, until: float) -> None:
        """Follow the stream until the time is over."""
        playlist = await self._text(self._address)
        while time.time() < until:
            hint = PART.search(playlist)
            if hint is None:
                self.errors += 1
                return
            found = NAME.search(hint.group(1))
            assert found is not None
            msn, index = int(found.group(1)), int(found.group(2))
            part = asyncio.create_task(self._part(hint.group(1), msn, index))
            playlist = await self._text(f"{self._address}?_HLS_msn={msn}&_HLS_part={index}")
            await part

    async def _part(self, name: str, msn: int, index: int) -> None:
        async with self._session.get(f"{self._base}/{name}") as answer:
            await answer.read()
            if answer.status == 200:
                self.parts.append((msn, index, time.time()))
            elif answer.status != 404:  # a hint that a new segment has overtaken is no error
                self.errors += 1

    async def _text(self, address: str) -> str:
        async with self._session.get(address) as answer:
            if answer.status != 200:
                self.errors += 1
            return await answer.text()


async def _load(address: str, count: int, seconds: float, out: Path) -> None:
    until = time.time() + seconds
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector) as session:
        viewers = [Viewer(session, address) for _ in range(count)]
        await asyncio.gather(*(viewer.watch(until) for viewer in viewers))
    parts = [part for viewer in viewers for part in viewer.parts]
    mean = round(len(parts) / count)
    out.write_text(json.dumps({"parts": parts, "errors": sum(v.errors for v in viewers), "parts_a_viewer": mean}))


if __name__ == "__main__":
    import uvloop

    uvloop.run(_load(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), Path(sys.argv[4])))
