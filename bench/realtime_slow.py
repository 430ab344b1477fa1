"""Clients that stop reading: what they cost in memory, whether others notice, how they end, and what they are told."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.figures import Figure
from bench.realtime_client import NotOpen, Socket
from bench.realtime_frames import TOPIC
from bench.realtime_servers import (
    MOST_MACHINE_LOAD,
    OURS,
    Seen,
    Served,
    generator,
    machine_load,
    run_generator,
    server,
)

STALLED, OTHERS, RATE, PAD = 50, 20, 200, 20_000
MEGABYTES = 100
SMALL_BUFFER = 4096  # bytes
GOAL_MB, GOAL_CLOSED_S = 30.0, 5.0
# others' p99 is unmoved when it stays within this much of what it was without the stalled ones
MOST_TIMES, MOST_MORE_MS = 1.5, 25.0


@dataclass
class Watch:
    """The server, looked at ten times a second while messages are offered."""

    served: Served
    before_kb: float = 0.0
    most_kb: float = 0.0
    slowed_at: float = 0.0
    closed_at: float = 0.0
    last: dict[str, int] = field(default_factory=dict)
    over: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        """Until `over`: memory, when the last client got slow, when the last one was closed."""
        self.before_kb = self.most_kb = self.served.memory_kb
        while not self.over.wait(0.1):
            self.most_kb = max(self.most_kb, self.served.memory_kb)
            seen, now = self.served.metrics(), time.monotonic()
            for name in ("clients_slowed", "clients_closed_slow"):
                if seen[name] > self.last.get(name, 0):
                    setattr(self, "slowed_at" if name == "clients_slowed" else "closed_at", now)
            self.last = seen

    @property
    def grown_mb(self) -> float:
        """How much memory grew at most."""
        return (self.most_kb - self.before_kb) / 1024


def run(quick: bool) -> Iterable[Figure]:
    """With the policy, which is judged, then without it: that shows what is measured."""
    seconds = MEGABYTES * 1e6 / (RATE * PAD) if not quick else 8.0
    load = machine_load()
    with generator() as program:
        policy = _offered(program, seconds, quick=quick)
        without = _offered(program, seconds, "--no-slow-policy", quick=quick)
    yield from _figures(policy, without, seconds, load, quick)


@dataclass(frozen=True, slots=True)
class Offered:
    """One server to which so much was offered."""

    calm: Seen
    seen: Seen
    watch: Watch
    log: str
    notice: str


def _offered(program: Path, seconds: float, *arguments: str, quick: bool) -> Offered:
    words: dict[str, Any] = {"viewers": OTHERS, "rate": RATE, "senders": 4, "pad": PAD, "topics": TOPIC, "warm": 1.0}
    with server(OURS, *arguments) as served:
        calm = run_generator(program, served, **words, window=2.0 if quick else 6.0)
        watch = Watch(served)
        watching = threading.Thread(target=watch.run)
        told = threading.Thread(target=lambda: notices.append(asyncio.run(_stall(served, seconds))))
        notices: list[str] = []
        watching.start()
        told.start()
        seen = run_generator(program, served, **words, stall=STALLED, window=seconds - 1.0)
        told.join(60)
        watch.over.set()
        watching.join(10)
        return Offered(calm, seen, watch, served.log.read_text(errors="replace"), "".join(notices))


async def _stall(served: Served, seconds: float) -> str:
    """A client that stops reading, too, and comes back after its end; what it is told then."""
    told: list[Any] = []
    first = Socket(lambda *_: None, cookie="viewer=stalled")
    try:
        await first.open(served.port, receive_buffer=SMALL_BUFFER)
        await first.emit("subscribe", {"topic": TOPIC})
        first.transport.pause_reading()
        await asyncio.sleep(seconds + 2.0)
        first.cut()
        again = Socket(lambda name, words: told.append((name, words)), cookie="viewer=stalled", auth={"pid": first.sid})
        await again.open(served.port)
        await asyncio.sleep(0.5)
        again.cut()
    except (NotOpen, asyncio.CancelledError):
        return ""
    return next((str(words[0]["detail"]) for name, words in told if name == "notice"), "")


def _figures(policy: Offered, without: Offered, seconds: float, load: float, quick: bool) -> Iterable[Figure]:
    offered = f"{STALLED} stalled clients, {RATE * PAD * seconds / 1e6:.0f} MB offered"
    grown, loose = policy.watch.grown_mb, without.watch.grown_mb
    before, during = policy.calm.result["p99_ms"], policy.seen.result["p99_ms"]
    closed, wanted = policy.watch.last.get("clients_closed_slow", 0), STALLED + 1
    late = policy.watch.closed_at - policy.watch.slowed_at
    lines = policy.log.count("slow client")
    calm = load < MOST_MACHINE_LOAD
    for name, value, unit, goal, met, valid, note in (
        (
            f"memory grown by {offered}",
            round(grown, 1),
            "MB",
            f"<= {GOAL_MB:g}, more without",
            grown <= GOAL_MB and loose > grown,
            True,
            f"without the policy {loose:.1f} MB",
        ),
        (
            "others' p99 beside stalled clients",
            during,
            "ms",
            f"<= {MOST_TIMES:g} x or +{MOST_MORE_MS:g}",
            during <= max(before * MOST_TIMES, before + MOST_MORE_MS) and not _missed(policy.seen),
            calm,
            f"without them {before:.1f} ms; {_missed(policy.seen)} not delivered; machine before {load:.2f} cores",
        ),
        (
            "stalled clients closed after",
            round(late, 1),
            "s",
            f"<= {GOAL_CLOSED_S:g}, all, told",
            closed == lines == wanted and late <= GOAL_CLOSED_S and "too slow" in policy.notice,
            True,
            f"{closed} of {wanted} closed, {lines} lines in the log; the next connect: {policy.notice or 'nothing'}",
        ),
    ):
        yield Figure(
            figure=f"realtime: {name}",
            value=value,
            unit=unit,
            goal=goal,
            met=None if quick else met and valid,
            valid=valid,
            note=note,
        )


def _missed(seen: Seen) -> int:
    """Messages that the others did not get; of the dead all but the stalled count."""
    return int(seen.result["lost"]) + seen.wrong
