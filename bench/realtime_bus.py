"""Two processes over a real Redis: CPU of a message in the process that only hears it, beside Node's Redis adapter."""

from __future__ import annotations

import contextlib
import statistics
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

import redis

from bench.cluster import program
from bench.figures import Figure, cpu_seconds
from bench.realtime_frames import TOPIC
from bench.realtime_servers import (
    MOST_MACHINE_LOAD,
    NODE_TICK,
    OURS,
    NotMeasured,
    Seen,
    Served,
    generator,
    machine_load,
    node_is_here,
    run_generator,
    server,
)
from bench.served import ROOT, free_port

VIEWERS, RATE, SENDERS, ROUNDS = 16, 400, 8, 3
GOAL = 0.5


def run(quick: bool) -> Iterable[Figure]:
    """Rounds in turn: viewers on both sides, everything is said on one."""
    window = 2.0 if quick else 6.0
    names = [OURS, *([NODE_TICK] if _adapter() else [])]
    found: dict[str, list[float]] = {name: [] for name in names}
    lost = 0
    load = machine_load()
    with generator() as tool, redis_server() as url:
        for _ in range(1 if quick else ROUNDS):
            for name in names:
                cost, missing = _round(tool, name, url, window)
                found[name].append(cost)
                lost += missing if name == OURS else 0
    yield _figure(found, lost, load, quick)


def _adapter() -> bool:
    return node_is_here() and (ROOT / "node_modules" / "@socket.io" / "redis-adapter").is_dir()


@contextlib.contextmanager
def redis_server() -> Iterator[str]:
    """A Redis of its own; its address. Raises Missing."""
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="aethex-redis-") as folder:
        command = [program("redis-server"), "--port", str(port), "--bind", "127.0.0.1", "--dir", folder]
        quiet = subprocess.DEVNULL
        process = subprocess.Popen([*command, "--save", "", "--appendonly", "no"], stdout=quiet)
        try:
            _wait_for_redis(port)
            yield f"redis://127.0.0.1:{port}/0"
        finally:
            process.terminate()
            process.wait(10)


def _wait_for_redis(port: int) -> None:
    with redis.Redis(port=port, socket_timeout=1) as asked:
        for _ in range(200):
            with contextlib.suppress(redis.ConnectionError):
                asked.ping()
                return
            time.sleep(0.05)
    raise NotMeasured("redis-server did not start")


def _round(tool: Path, name: str, url: str, window: float) -> tuple[float, int]:
    """Microseconds a message in the process that hears, and what its viewers did not get."""
    with server(name, "--redis", url) as speaks, server(name, "--redis", url, core=1) as hears:
        marks: dict[str, float] = {}
        heard: list[Seen] = []
        listening = threading.Thread(target=_listen, args=(tool, hears, window, heard))
        listening.start()
        time.sleep(2.0)  # its viewers are there before anything is said
        sent = run_generator(
            tool,
            speaks,
            on_word=lambda word: marks.update({word: cpu_seconds([hears.pid])}),
            core=None,
            viewers=VIEWERS,
            rate=RATE,
            senders=SENDERS,
            warm=1.0,
            window=window,
            topics=TOPIC,
        )
        listening.join(60)
    if not heard:
        raise NotMeasured(f"the viewers of the second {name} did not come in")
    wanted = int(sent.result["sent"]) * VIEWERS
    missing = sent.lost + wanted - int(heard[0].result["delivered"]) + heard[0].wrong
    return (marks["end"] - marks["begin"]) * 1e6 / (RATE * window), missing


def _listen(tool: Path, hears: Served, window: float, heard: list[Seen]) -> None:
    heard.append(run_generator(tool, hears, core=None, viewers=VIEWERS, topics=TOPIC, hold=window + 6.0))


def _figure(found: dict[str, list[float]], lost: int, load: float, quick: bool) -> Figure:
    ours, theirs = found[OURS], found.get(NODE_TICK, [])
    ratios = [mine / other for mine, other in zip(ours, theirs, strict=False) if other]
    ratio = round(statistics.median(ratios), 2) if ratios else None
    valid = bool(ratios) and lost == 0 and load < MOST_MACHINE_LOAD
    return Figure(
        figure=f"realtime: CPU of a message over Redis, subscriber, {RATE}/s",
        value=round(statistics.median(ours), 1),
        unit="us",
        goal=f"<= {GOAL} x Node",
        met=None if quick else valid and ratio is not None and ratio <= GOAL,
        peer="node redis-adapter, 50 ms tick" if theirs else None,
        peer_value=round(statistics.median(theirs), 1) if theirs else None,
        ratio=ratio,
        valid=valid,
        note=f"rounds {', '.join(f'{r:.2f}' for r in ratios) or 'without a peer: npm ci'}; {lost} lost; "
        f"{VIEWERS} viewers on each side; machine before {load:.2f} cores",
    )
