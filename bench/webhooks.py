"""Webhooks under fire: many copies of each event, shuffled and repeated, while the site is killed again and again.

What counts is what became of them: each event has its effect exactly once, and what is not genuine has none.
"""

from __future__ import annotations

import asyncio
import random
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import asyncpg

from aethex_live.db import EmbeddedPostgres
from aethex_live.ids import derived_id
from aethex_live.testing.fakes.vendor import body_of, signed, told
from bench.figures import Figure
from bench.peers.stream_vendor import plant
from bench.served import ServedSite, start, stop

SECRET = "whsec-measured"
WHERE = "/webhooks/streaming/vendor"
CONFIG = 'disable = ["stream_local"]\n[providers]\nstreaming = "vendor"\n'
AT_ONCE = 100  # requests on their way
TOGETHER = 10  # events whose copies are sent in one shuffled heap
SETTLE_S = 120.0
FORGED = 50  # of each sort


@dataclass(frozen=True, slots=True)
class Size:
    """How much is sent: events, copies of each, the share of all that is sent once more later, kills."""

    events: int
    copies: int
    repeated: float
    kills: int


FULL, QUICK = Size(200, 50, 0.3, 10), Size(20, 8, 0.3, 2)


@dataclass(slots=True)
class Outcome:
    """What was sent and what became of it; `effects` are rows and events by name."""

    sent: int = 0
    tries: int = 0
    took_s: float = 0.0
    times: list[float] = field(default_factory=list)
    forged: int = 0
    forged_taken: int = 0
    effects: dict[str, int] = field(default_factory=dict)


def run(quick: bool) -> Iterable[Figure]:
    """The figures."""
    size = QUICK if quick else FULL
    outcome = asyncio.run(campaign(size))
    yield from figures(size, outcome, quick=quick)


def figures(size: Size, outcome: Outcome, *, quick: bool) -> Iterator[Figure]:
    """What an outcome comes to."""
    worst = max(outcome.effects.values(), key=lambda count: abs(count - size.events))
    sent = f"{size.events} events x {size.copies} copies, {size.repeated:.0%} repeated, {size.kills} kills"
    said = ", ".join(f"{count} {name}" for name, count in outcome.effects.items())
    yield Figure(
        figure="webhooks: effects of events",
        value=worst,
        unit="",
        goal=size.events,
        met=None if quick else worst == size.events,
        note=f"{sent}: {said}",
    )
    yield Figure(
        figure="webhooks: stale, future, tampered, foreign ones taken",
        value=outcome.forged_taken,
        unit="",
        goal=0,
        met=None if quick else outcome.forged_taken == 0,
        note=f"of {outcome.forged}",
    )
    times = sorted(outcome.times)
    yield Figure(
        figure="webhooks: time to answer, p99",
        value=times[int(len(times) * 0.99)] * 1000,
        unit="ms",
        goal=None,
        met=None,
        note=f"{len(times)} answers, {AT_ONCE} requests at once, median {times[len(times) // 2] * 1000:.0f} ms",
    )
    yield Figure(
        figure="webhooks: requests taken",
        value=outcome.sent / outcome.took_s,
        unit="/s",
        goal=None,
        met=None,
        note=f"{outcome.tries} tries for {outcome.sent} requests, the kills and starts among them",
    )


async def campaign(size: Size, *, seed: int = 20261123) -> Outcome:
    """Send everything to a fresh site, kill it meanwhile, and count."""
    with tempfile.TemporaryDirectory(prefix="aethex-hooks-", ignore_cleanup_errors=True) as folder:
        target = Target(Path(folder))
        await asyncio.to_thread(target.start)
        try:
            return await _fire(target, size, random.Random(seed))
        finally:
            await asyncio.to_thread(target.stop)


class Target:
    """The site that is fired at: killed and started again it is the same one at another port."""

    def __init__(self, folder: Path) -> None:
        self._data = folder / "data"
        self._config = plant(folder, [SECRET], more=CONFIG)
        self._site: ServedSite | None = None

    @property
    def site(self) -> ServedSite:
        """The process of now."""
        assert self._site is not None, "it was started"
        return self._site

    def start(self) -> None:
        """Start it, again."""
        self._site = start(self._data, {"AETHEX_CONFIG": str(self._config)})

    def kill(self) -> None:
        """A power cut of the process, and the next start."""
        self.site.kill()
        self.start()

    def stop(self) -> None:
        """End it in good order."""
        stop(self.site)

    def ingest(self) -> str:
        """Make a channel; the vendor's id of its ingest."""
        self.site.sign_up("creator")
        made = self.site.call("POST", "/channels", {"slug": "fired", "name": "fired"})
        self.site.call("POST", "/channels/fired/ingest/key", {})
        return f"in-{derived_id('ingest', made['id'], 'vendor')}"

    async def count(self) -> dict[str, int]:
        """What the events have done, by what is counted."""
        connection = await asyncpg.connect(EmbeddedPostgres(self._data / "postgres").dsn(), timeout=20)
        try:
            return {name: int(await connection.fetchval(sql, timeout=20)) for name, sql in COUNTED.items()}
        finally:
            await connection.close(timeout=5)


COUNTED = {
    "stored": "select count(*) from core_webhook_event",
    "handled": "select count(*) from core_webhook_event where state = 'done' and runs = 1",
    "recordings": "select count(*) from core_recording where state = 'ready'",
    "recording.ready": "select count(*) from core_event where type = 'recording.ready'",
    "provider.told": "select count(*) from core_event where type = 'provider.told'",
}


async def _fire(target: Target, size: Size, chance: random.Random) -> Outcome:
    ingest = await asyncio.to_thread(target.ingest)
    bodies = [body_of([event_of(number, ingest)]) for number in range(size.events)]
    heap = shuffled(bodies, size, chance)
    outcome = Outcome()
    limit = aiohttp.ClientTimeout(total=15)
    async with aiohttp.ClientSession(timeout=limit, connector=aiohttp.TCPConnector(limit=AT_ONCE)) as http:
        begun = time.monotonic()
        killing = asyncio.create_task(_kill_on(target, size, outcome, len(heap)))
        await _send_all(http, target, heap, outcome)
        await killing
        outcome.took_s = time.monotonic() - begun
        await _forge(http, target, ingest, outcome)
    outcome.effects = await _settled(target, size)
    return outcome


def event_of(number: int, ingest: str) -> Mapping[str, Any]:
    """A recording that is ready, of a stream of which nobody heard."""
    at = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=10 * number)
    data = {"ingest_id": ingest, "duration": 60.0}
    return told(f"evt-{number}", "recording.ready", f"asset-{number}", at, data=data)


def shuffled(bodies: Sequence[bytes], size: Size, chance: random.Random) -> list[bytes]:
    """The order of sending: the copies of some events at a time in one heap, repeats anywhere behind."""
    heap: list[bytes] = []
    for first in range(0, len(bodies), TOGETHER):
        some = [body for body in bodies[first : first + TOGETHER] for _ in range(size.copies)]
        chance.shuffle(some)
        heap += some
    again = chance.sample(heap, int(len(heap) * size.repeated))
    for body in again:
        heap.insert(chance.randrange(len(heap) // 2, len(heap)), body)
    return heap


async def _send_all(http: aiohttp.ClientSession, target: Target, heap: list[bytes], outcome: Outcome) -> None:
    waiting = iter(heap)

    async def sender() -> None:
        for body in waiting:
            await _send(http, target, body, outcome)

    await asyncio.gather(*(sender() for _ in range(AT_ONCE)))


async def _send(http: aiohttp.ClientSession, target: Target, body: bytes, outcome: Outcome) -> None:
    """As vendors do: again and again until it is taken, signed anew each time."""
    while True:
        outcome.tries += 1
        begun = time.monotonic()
        try:
            headers = signed(body, SECRET, datetime.now(UTC))
            async with http.post(target.site.url + WHERE, data=body, headers=headers) as answer:
                await answer.read()
                if answer.status < 300:
                    outcome.sent += 1
                    outcome.times.append(time.monotonic() - begun)
                    return
        except (aiohttp.ClientError, TimeoutError, OSError):
            pass  # the site is down at the moment
        await asyncio.sleep(0.25)


async def _kill_on(target: Target, size: Size, outcome: Outcome, total: int) -> None:
    """Kill at even distances, each time in the middle of sending."""
    for kill in range(size.kills):
        while outcome.sent < total * (kill + 1) / (size.kills + 1):
            await asyncio.sleep(0.005)
        await asyncio.to_thread(target.kill)


async def _forge(http: aiohttp.ClientSession, target: Target, ingest: str, outcome: Outcome) -> None:
    """What is not genuine: too old, from the future, tampered with, signed by somebody else."""
    for number in range(FORGED):
        body, now = body_of([event_of(100_000 + number, ingest)]), datetime.now(UTC)
        headers = [
            signed(body, SECRET, now - timedelta(minutes=6)),
            signed(body, SECRET, now + timedelta(minutes=6)),
            signed(body + b" ", SECRET, now),
            signed(body, "somebody-else", now),
        ]
        for one in headers:
            outcome.forged += 1
            async with http.post(target.site.url + WHERE, data=body, headers=one) as answer:
                outcome.forged_taken += answer.status < 300


async def _settled(target: Target, size: Size) -> dict[str, int]:
    """The counts, once all is handled, and a moment later: nothing may come twice."""
    deadline = time.monotonic() + SETTLE_S
    while (found := await target.count())["handled"] < size.events and time.monotonic() < deadline:
        await asyncio.sleep(0.5)
    await asyncio.sleep(2.0)
    return await target.count() if found["handled"] == size.events else found
