"""CPU per delivered chat message of our engine beside Node's socket.io, nothing lost and nothing twice.

Both servers do the same: 500 viewers in one room, 16 of whom send 20 messages a second in all. They take
turns within a run, and only the CPU time of their processes counts: wall-clock times of a shared machine say
little.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.figures import Figure, cpu_seconds, process_tree

HERE = Path(__file__).parent
VIEWERS, RATE, SENDERS = 500, 20, 16
# above these the generator, or others on the machine, decide what is measured
MOST_GENERATOR_LOAD = 0.9
MOST_P99_MS = 1000
START_SECONDS = 20.0

OURS = "aethex"
NODE = "node socket.io"
NODE_TICK = "node socket.io, 50 ms tick"
COMMANDS: dict[str, list[str]] = {
    OURS: [sys.executable, str(HERE / "peers" / "aethex_realtime.py"), "{port}"],
    NODE: ["node", str(HERE / "peers" / "socketio.js"), "{port}"],
    NODE_TICK: ["node", str(HERE / "peers" / "socketio.js"), "{port}", "50"],
}


@dataclass(frozen=True, slots=True)
class Round:
    """One server measured once. CPU and times of delivery in us and ms."""

    cpu_us: float
    lost: int
    doubled: int
    generator_load: float
    p50_ms: float
    p99_ms: float

    @property
    def clean(self) -> bool:
        """Whether everything came exactly once, and generator and machine had time to spare."""
        calm = self.generator_load < MOST_GENERATOR_LOAD and self.p99_ms < MOST_P99_MS
        return self.lost == 0 and self.doubled == 0 and calm


class NotMeasured(Exception):
    """A server or the generator did not do what it should; the text says what."""


def run(quick: bool) -> Iterable[Figure]:
    """The figures; `quick` measures each server once and for a shorter time."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        yield _skipped("the load generator needs a C compiler: install the package gcc")
        return
    with tempfile.TemporaryDirectory() as folder:
        generator = Path(folder) / "gen"
        build = [compiler, "-O2", "-o", str(generator), str(HERE / "_gen.c")]
        subprocess.run(build, check=True, timeout=60)
        try:
            yield from _figures(_measure(generator, quick))
        except NotMeasured as error:
            yield _skipped(str(error))


def _measure(generator: Path, quick: bool) -> dict[str, list[Round]]:
    names = [OURS, *([NODE] if quick else [NODE, NODE_TICK])] if _node_is_here() else [OURS]
    warm, window = (0.5, 3.0) if quick else (1.0, 8.0)
    rounds: dict[str, list[Round]] = {name: [] for name in names}
    for _ in range(1 if quick else 3):
        for name in names:
            rounds[name].append(_round(generator, name, warm, window))
    return rounds


def _node_is_here() -> bool:
    return shutil.which("node") is not None and (HERE.parent / "node_modules" / "socket.io").is_dir()


def _round(generator: Path, name: str, warm: float, window: float) -> Round:
    with _server(name) as (pid, port):
        tree = process_tree(pid)
        words = [str(generator), *map(str, (port, VIEWERS, RATE, warm, window, SENDERS))]
        with subprocess.Popen(words, stdout=subprocess.PIPE, text=True, preexec_fn=_on_core(1)) as process:
            limit = threading.Timer(window + 60, process.kill)
            limit.start()
            try:
                return _follow(process, tree)
            finally:
                limit.cancel()
                process.kill()


def _follow(process: subprocess.Popen[str], tree: list[int]) -> Round:
    assert process.stdout is not None
    begin = end = 0.0
    for line in process.stdout:
        match line.strip():
            case "ready":
                pass
            case "begin":
                begin = cpu_seconds(tree)
            case "end":
                end = cpu_seconds(tree)
            case result:
                return _result(json.loads(result), end - begin)
    raise NotMeasured("the load generator ended without a result: see its message above")


def _result(seen: dict[str, float], cpu: float) -> Round:
    if not seen["deliveries"]:
        raise NotMeasured("no message was delivered in the window")
    return Round(
        cpu_us=cpu * 1e6 / seen["deliveries"],
        lost=int(seen["lost"]) + int(seen["dead"]),
        doubled=int(seen["doubled"]) + int(seen["foreign"]),
        generator_load=seen["generator_load"],
        p50_ms=seen["p50_ms"],
        p99_ms=seen["p99_ms"],
    )


@contextmanager
def _server(name: str) -> Iterator[tuple[int, int]]:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = int(probe.getsockname()[1])
    command = [word.format(port=port) for word in COMMANDS[name]]
    process = subprocess.Popen(command, cwd=HERE.parent, preexec_fn=_on_core(0))
    try:
        _wait_for(process, name, port)
        yield process.pid, port
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_for(process: subprocess.Popen[bytes], name: str, port: int) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), 0.5).close()
        except OSError:
            time.sleep(0.05)
        else:
            # what a runtime does just after its start is not what is measured
            time.sleep(0.5)
            return
    raise NotMeasured(f"the server '{name}' did not start: see its message above")


def _on_core(wanted: int) -> Callable[[], None]:
    """Keep server and generator on cores of their own where there are two."""
    cores = sorted(os.sched_getaffinity(0))
    return lambda: os.sched_setaffinity(0, {cores[wanted % len(cores)]})


def _figures(rounds: dict[str, list[Round]]) -> Iterator[Figure]:
    ours = rounds[OURS]
    clean = all(r.clean for found in rounds.values() for r in found)
    peers: list[str | None] = [name for name in rounds if name != OURS]
    for peer in peers or [None]:
        yield _cpu_figure(ours, peer, rounds.get(peer or "", []), clean)
    yield Figure(
        figure=f"realtime: lost or doubled of {VIEWERS} viewers x {RATE}/s",
        value=float(sum(r.lost + r.doubled for r in ours)),
        unit="messages",
        goal="0",
        met=all(r.lost == r.doubled == 0 for r in ours),
        valid=clean,
    )


def _cpu_figure(ours: list[Round], peer: str | None, theirs: list[Round], clean: bool) -> Figure:
    load = max(r.generator_load for r in (*ours, *theirs))
    return Figure(
        figure=f"realtime: server CPU per delivery, {VIEWERS} viewers x {RATE}/s",
        value=round(_median(ours, "cpu_us"), 2),
        unit="us",
        goal="shown",
        met=clean and bool(theirs),
        peer=peer,
        peer_value=round(_median(theirs, "cpu_us"), 2) if theirs else None,
        ratio=_ratio(ours, theirs, "cpu_us") if theirs else None,
        valid=clean,
        note=f"p50/p99 {_median(ours, 'p50_ms'):.0f}/{_median(ours, 'p99_ms'):.0f} ms"
        + (f", peer {_median(theirs, 'p50_ms'):.0f}/{_median(theirs, 'p99_ms'):.0f}" if theirs else ", no peer: npm ci")
        + f"; generator {load:.2f} core; load average {os.getloadavg()[0]:.1f}",
    )


def _median(rounds: list[Round], field: str) -> float:
    return float(statistics.median(getattr(r, field) for r in rounds))


def _ratio(ours: list[Round], theirs: list[Round], field: str) -> float | None:
    other = _median(theirs, field)
    return round(_median(ours, field) / other, 2) if other else None


def _skipped(why: str) -> Figure:
    return Figure(
        figure=f"realtime: server CPU per delivery, {VIEWERS} viewers x {RATE}/s",
        value=None,
        unit="us",
        goal="shown",
        met=False,
        valid=False,
        note=f"skipped: {why}",
    )
