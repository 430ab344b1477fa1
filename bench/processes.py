"""Processes behind nginx that are restarted and killed under load: failed requests, lost writes, time to come back."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import logging
import re
import signal
import tempfile
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import asyncpg

from bench.cluster import Cluster, Missing, cluster, now
from bench.figures import Figure
from bench.publisher import fixture
from bench.publisher import start as start_publisher
from bench.served import PASSWORD

RATE, SOCKETS, ADDRESSES = 100, 500, 10
PATHS = ("/", "/api/v1/live", "/fragile", "/api/v1/categories", "/livez")
BACK_S, RESUME_S = 15.0, 5.0
ERRORS = (aiohttp.ClientError, OSError, TimeoutError)


@dataclass
class Load:
    """What visitors saw."""

    asked: int = 0
    failed: list[str] = field(default_factory=list)
    acknowledged: set[str] = field(default_factory=set)
    open_sockets: int = 0
    parts: list[float] = field(default_factory=list)


def run(quick: bool) -> Iterable[Figure]:
    """Restarts in good order first, then kills."""
    logging.getLogger("asyncio").setLevel(logging.ERROR)  # it warns of every socket that a kill has broken
    try:
        return asyncio.run(_measure(quick))
    except Missing as error:
        note, met = str(error), None
    except TimeoutError:
        note, met = "something did not come back in the time that was given to it", None if quick else False
    return [Figure(figure="processes behind nginx", value=None, unit="", goal=None, met=met, note=note)]


async def _measure(quick: bool) -> list[Figure]:
    sockets, rate = (SOCKETS // 10, RATE // 5) if quick else (SOCKETS, RATE)
    with tempfile.TemporaryDirectory(prefix="aethex-processes-", ignore_cleanup_errors=True) as folder:
        async with cluster(Path(folder)) as site, _client() as visitor:
            key = await _channel(site, visitor)
            load, publishing = Load(), asyncio.create_task(_publish(site, key, Path(folder)))
            work = [
                asyncio.create_task(_requests(site, load, rate)),
                *(asyncio.create_task(_socket(site, load, number)) for number in range(sockets)),
                asyncio.create_task(_writes(site, visitor, load)),
                asyncio.create_task(_watch(site, visitor, load)),
                publishing,
            ]
            try:
                await _until(lambda: load.open_sockets == sockets and len(load.parts) > 5, 180)
                restarts = await _restart(site, load, sockets)
                kills = await _kill(site, load, sockets)
            finally:
                for task in work:
                    task.cancel()
                await asyncio.gather(*work, return_exceptions=True)
            lost = await _lost(site, load)
    judged = (lambda met: None) if quick else (lambda met: met)
    note = f"{restarts.asked} requests at {rate}/s; {_reasons(restarts)}"
    return [
        Figure(
            figure="restart of each web process: failed requests",
            value=len(restarts.failed),
            unit="",
            goal=0,
            met=judged(not restarts.failed),
            note=note,
        ),
        Figure(
            figure=f"restart: all {sockets} sockets back",
            value=restarts.back,
            unit="s",
            goal=BACK_S,
            met=judged(restarts.back <= BACK_S),
        ),
        Figure(
            figure="kill -9 of each: acknowledged writes lost",
            value=lost,
            unit="",
            goal=0,
            met=judged(lost == 0),
            note=f"{len(load.acknowledged)} acknowledged; {len(kills.failed)} of {kills.asked} requests failed: "
            f"{_reasons(kills)}",
        ),
        *(
            Figure(
                figure=f"kill -9 of {name}: viewers' longest gap",
                value=gap,
                unit="s",
                goal=RESUME_S,
                met=judged(gap <= RESUME_S),
                note=f"processes started {site.services[name].starts} times",
            )
            for name, gap in kills.gaps.items()
        ),
    ]


@dataclass
class Outcome:
    """One kind of disturbance: requests asked and failed, seconds until all sockets were back, gaps of viewers."""

    asked: int = 0
    failed: list[str] = field(default_factory=list)
    back: float = 0.0
    gaps: dict[str, float] = field(default_factory=dict)


def _reasons(found: Outcome) -> str:
    """The commonest reasons of failed requests."""
    counted = Counter(line.rpartition(": ")[2] for line in found.failed)
    return ", ".join(f"{count} x {why}" for why, count in counted.most_common(3))


async def _restart(site: Cluster, load: Load, sockets: int) -> Outcome:
    """SIGTERM to each web process in turn."""
    found, before = Outcome(), (load.asked, len(load.failed))
    for name in ("web1", "web2"):
        begun, starts = now(), site.services[name].starts
        site.services[name].send(signal.SIGTERM)
        await _until(lambda: load.open_sockets < sockets, 30)
        await _until(lambda: load.open_sockets == sockets, 120)
        found.back = max(found.back, now() - begun)
        await _until(lambda name=name, starts=starts: site.services[name].starts > starts, 60)  # type: ignore[misc]  # bound per round
        await site.ready(name)
        await asyncio.sleep(3)
    found.asked, found.failed = load.asked - before[0], load.failed[before[1] :]
    return found


async def _kill(site: Cluster, load: Load, sockets: int) -> Outcome:
    """SIGKILL to each process in turn; the gap is that in the parts that a viewer gets."""
    found, before = Outcome(), (load.asked, len(load.failed))
    for name in ("web1", "web2", "worker", "ingest"):
        begun, starts = now(), site.services[name].starts
        site.services[name].send(signal.SIGKILL)
        await _until(lambda name=name, starts=starts: site.services[name].starts > starts, 60)  # type: ignore[misc]  # bound per round
        if name in site.ports:
            await site.ready(name)
        await asyncio.sleep(8)
        await _until(lambda begun=begun: load.parts[-1] > begun + 2 and load.open_sockets == sockets, 90)  # type: ignore[misc]  # bound per round
        times = [begun, *(at for at in load.parts if at > begun)]
        found.gaps[name] = max(later - earlier for earlier, later in itertools.pairwise(times))
    found.asked, found.failed = load.asked - before[0], load.failed[before[1] :]
    return found


# --- visitors


@contextlib.asynccontextmanager
async def _client(address: int = 1) -> AsyncIterator[aiohttp.ClientSession]:
    """A browser with cookies, at an address of its own: the site allows so many sockets for each."""
    connector = aiohttp.TCPConnector(ssl=False, local_addr=(f"127.0.0.{address + 1}", 0), limit=0)
    async with aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(total=20)) as session:
        yield session


async def _channel(site: Cluster, visitor: aiohttp.ClientSession) -> tuple[str, str]:
    """An account with a channel; returns RTMP server and key."""
    who = {"username": "creator", "password": PASSWORD}
    for path, body in (
        ("/users", who),
        ("/session", who),
        ("/channels", {"slug": "fragile", "name": "Fragile"}),
        ("/channels/fragile/ingest/key", {}),
    ):
        async with visitor.post(f"{site.url}/api/v1{path}", json=body, headers={"Origin": site.url}) as answer:
            text = await answer.text()
            if answer.status >= 300:
                raise RuntimeError(f"{path} answered {answer.status}: {text[:300]}")
    shown = json.loads(text)
    return shown["server"], shown["key"]


async def _requests(site: Cluster, load: Load, rate: int) -> None:
    """So many requests a second, whether the earlier ones were answered or not."""
    async with _client(1) as session, asyncio.TaskGroup() as group:
        begun, number = now(), 0
        while True:
            group.create_task(_ask(session, site.url + PATHS[number % len(PATHS)], load))
            number += 1
            await asyncio.sleep(max(0.0, begun + number / rate - now()))


async def _ask(session: aiohttp.ClientSession, url: str, load: Load) -> None:
    try:
        async with session.get(url) as answer:
            await answer.read()
            why = "" if answer.status < 500 else str(answer.status)
    except ERRORS as error:
        why = repr(error)
    load.asked += 1
    if why:
        load.failed.append(f"{url}: {why}")


async def _socket(site: Cluster, load: Load, number: int) -> None:
    """A page's socket: when the server says so, or it breaks, it comes back."""
    address = site.url.replace("https", "wss") + "/socket.io/?EIO=4&transport=websocket"
    async with _client(2 + number % ADDRESSES) as session:
        while True:
            wait = 0.5 + (number % 100) / 100
            with contextlib.suppress(*ERRORS):
                async with session.ws_connect(address, origin=site.url, timeout=aiohttp.ClientWSTimeout(10)) as socket:
                    wait = await _listen(socket, load, wait)
            await asyncio.sleep(wait)


async def _listen(socket: aiohttp.ClientWebSocketResponse, load: Load, wait: float) -> float:
    """Stay until it ends; the seconds after which to come back."""
    counted = False
    try:
        async for message in socket:
            text = str(message.data)
            if text.startswith("0{"):
                await socket.send_str("40")
            elif text == "2":
                await socket.send_str("3")
            elif text.startswith("40") and not counted:
                counted = True
                load.open_sockets += 1
            elif text.startswith("42") and '"closing"' in text:
                said = json.loads(text[2:])[1].get("retry_after")
                wait = float(said) if isinstance(said, int | float) else wait
    finally:
        load.open_sockets -= counted
    return wait


async def _writes(site: Cluster, visitor: aiohttp.ClientSession, load: Load) -> None:
    """Chat by the API: what is answered 201 is acknowledged; what is not is sent again as the same message."""
    while True:
        text = uuid.uuid4().hex
        body = {"text": text, "client_id": text}
        for _ in range(20):
            with contextlib.suppress(*ERRORS):
                url = f"{site.url}/api/v1/channels/fragile/chat/messages"
                async with visitor.post(url, json=body, headers={"Origin": site.url}) as answer:
                    if answer.status == 201:
                        load.acknowledged.add(text)
                        break
            await asyncio.sleep(0.2)
        await asyncio.sleep(0.2)


async def _publish(site: Cluster, key: tuple[str, str], folder: Path) -> None:
    """An encoder that connects again after a second, as OBS does."""
    source = await asyncio.to_thread(fixture)
    while True:
        await site.ready("ingest")
        starts = site.services["ingest"].starts
        process = start_publisher(site.rtmp_port, [key[1]], source, 600)
        try:
            # the publisher goes on writing to a broken connection, which OBS notices at once
            while process.poll() is None and site.services["ingest"].starts == starts:
                await asyncio.sleep(0.1)
        finally:
            process.kill()
            process.wait(10)
        await asyncio.sleep(1)


async def _watch(site: Cluster, visitor: aiohttp.ClientSession, load: Load) -> None:
    """A viewer: notes when each new part came; asks the site anew where to play when the playlist is gone."""
    source, seen = "", ""
    while True:
        try:
            source = source or await _source(site, visitor)
            async with visitor.get(source) as answer:
                text = await answer.text()
                if answer.status != 200:
                    source = ""
                    raise aiohttp.ClientError(str(answer.status))
            names = re.findall(r"[\d.]+\.m4s", text)
            if names and names[-1] != seen:
                seen = names[-1]
                load.parts.append(now())
        except ERRORS:
            await asyncio.sleep(0.1)
        await asyncio.sleep(0.15)


async def _source(site: Cluster, visitor: aiohttp.ClientSession) -> str:
    async with visitor.get(f"{site.url}/api/v1/channels/fragile/broadcast") as answer:
        found = await answer.json()
    if answer.status != 200 or not found or not found.get("sources"):
        raise aiohttp.ClientError("nobody is live")
    url = str(found["sources"][0]["url"])
    return url if "://" in url else site.url + url


async def _lost(site: Cluster, load: Load) -> int:
    """Acknowledged messages that the database does not have."""
    connection = await asyncpg.connect(site.dsn, timeout=10)
    rows = await connection.fetch("select client_id from chat_line where client_id = any($1)", list(load.acknowledged))
    await connection.close(timeout=5)
    return len(load.acknowledged - {row["client_id"] for row in rows})


async def _until(true: object, seconds: float) -> None:
    """Wait until it is so. Raises TimeoutError."""
    assert callable(true)
    async with asyncio.timeout(seconds):
        while not true():
            await asyncio.sleep(0.05)
