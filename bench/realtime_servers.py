"""Servers under test, the load generator, and what both say: shared by the figures of realtime."""

from __future__ import annotations

import json
import os
import resource
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.figures import cpu_seconds, process_tree, rss_mb

HERE = Path(__file__).parent
PEERS = HERE / "peers"
START_SECONDS = 60.0
# above this the generator, or others on the machine, decide what is measured
MOST_GENERATOR_LOAD = 0.9
MOST_MACHINE_LOAD = 0.5

OURS = "aethex"
NODE = "node socket.io"
NODE_TICK = "node socket.io, 50 ms tick"
PYTHON = "python-socketio, 50 ms tick"


class NotMeasured(Exception):
    """A server or the generator did not do what it should; the text says what."""


@dataclass(frozen=True, slots=True)
class Served:
    """A server under test."""

    name: str
    pid: int
    port: int
    log: Path

    @property
    def memory_kb(self) -> float:
        """Resident memory of its process."""
        return rss_mb(self.pid) * 1024

    def metrics(self) -> dict[str, int]:
        """The engine's counters (our server only)."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/", timeout=10) as answer:
            found: dict[str, int] = json.loads(answer.read())
        return found


@dataclass(slots=True)
class Seen:
    """What the generator said at the end, and the server's CPU seconds and memory at each of its words."""

    result: dict[str, Any] = field(default_factory=dict)
    cpu: dict[str, float] = field(default_factory=dict)
    memory_kb: dict[str, float] = field(default_factory=dict)

    def spent(self, begin: str, end: str) -> float:
        """CPU seconds of the server between two words."""
        return self.cpu[end] - self.cpu[begin]

    @property
    def lost(self) -> int:
        """Messages that did not come, and viewers who were thrown out."""
        return int(self.result["lost"]) + int(self.result["dead"])

    @property
    def wrong(self) -> int:
        """Messages that came twice, out of order, or from nowhere."""
        return sum(int(self.result[name]) for name in ("doubled", "swapped", "foreign"))


def commands(port: int, arguments: tuple[str, ...] = ()) -> dict[str, list[str]]:
    """How each server is started."""
    node, word = shutil.which("node") or "node", str(port)
    return {
        OURS: [sys.executable, str(PEERS / "aethex_realtime.py"), word, *arguments],
        NODE: [node, str(PEERS / "socketio.js"), word, "0", *arguments],
        NODE_TICK: [node, str(PEERS / "socketio.js"), word, "50", *arguments],
        PYTHON: [sys.executable, str(PEERS / "python_socketio.py"), word, *arguments],
    }


def node_is_here() -> bool:
    """Whether Node and its socket.io can be had."""
    return shutil.which("node") is not None and (HERE.parent / "node_modules" / "socket.io").is_dir()


@contextmanager
def generator() -> Iterator[Path]:
    """The load generator, compiled. Raises NotMeasured."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        raise NotMeasured("the load generator needs a C compiler: install the package gcc")
    with tempfile.TemporaryDirectory(prefix="aethex-gen-") as folder:
        program = Path(folder) / "gen"
        build = [compiler, "-O2", "-o", str(program), str(HERE / "_gen.c")]
        subprocess.run(build, check=True, timeout=60)
        yield program


@contextmanager
def server(name: str, *arguments: str, core: int | None = 0) -> Iterator[Served]:
    """A server as a process of its own, on a core of its own where there are two. Raises NotMeasured."""
    port = _free_port()
    with tempfile.TemporaryDirectory(prefix="aethex-served-") as folder:
        log = Path(folder) / "log"
        with log.open("wb") as sink:
            command = commands(port, arguments)[name]
            process = subprocess.Popen(command, cwd=HERE.parent, stderr=sink, preexec_fn=_prepared(core))
        try:
            _wait_for(process, name, port, log)
            yield Served(name, process.pid, port, log)
        finally:
            _end(process)


def run_generator(
    program: Path, of: Served, *, on_word: Callable[[str], None] | None = None, core: int | None = 1, **words: object
) -> Seen:
    """Let the generator do its work against a server; `words` are its arguments. Raises NotMeasured."""
    seconds = sum(float(str(words.get(key, 0))) for key in ("warm", "window", "hold")) + 120
    line = [str(program), f"port={of.port}", *(f"{key}={value}" for key, value in words.items())]
    tree = process_tree(of.pid)
    with subprocess.Popen(line, stdout=subprocess.PIPE, text=True, preexec_fn=_prepared(core)) as process:
        limit = threading.Timer(seconds, process.kill)
        limit.start()
        try:
            return _follow(process, of, tree, on_word)
        finally:
            limit.cancel()
            process.kill()


def _follow(process: subprocess.Popen[str], of: Served, tree: list[int], on_word: Callable[[str], None] | None) -> Seen:
    assert process.stdout is not None
    seen = Seen()
    for line in process.stdout:
        word = line.strip()
        if word.startswith("{"):
            seen.result = json.loads(word)
            continue
        seen.cpu[word] = cpu_seconds(tree)
        seen.memory_kb[word] = of.memory_kb
        if on_word is not None:
            on_word(word)
    if process.wait(10) or "ready" not in seen.cpu:
        raise NotMeasured(f"the load generator failed at {of.name}: see its message above")
    return seen


def machine_load(seconds: float = 1.0) -> float:
    """Cores that the machine is busy with at this moment, as measured over so many seconds."""
    before = _busy_ticks()
    time.sleep(seconds)
    return (_busy_ticks() - before) / os.sysconf("SC_CLK_TCK") / seconds


def _busy_ticks() -> int:
    fields = [int(field) for field in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:]]
    return sum(fields) - fields[3] - fields[4]  # all but idle and waiting for disks


def raise_file_limit() -> None:
    """As many open files as the machine allows: one for every viewer."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def _prepared(core: int | None) -> Callable[[], None]:
    cores = sorted(os.sched_getaffinity(0))

    def prepare() -> None:
        raise_file_limit()
        if core is not None:
            os.sched_setaffinity(0, {cores[core % len(cores)]})

    return prepare


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def _wait_for(process: subprocess.Popen[bytes], name: str, port: int, log: Path) -> None:
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
    raise NotMeasured(f"the server '{name}' did not start: {log.read_text()[-300:]}")


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def environment(**more: str) -> Mapping[str, str]:
    """The surroundings of a child process without the settings of a site that may be here."""
    return {name: value for name, value in os.environ.items() if not name.startswith("AETHEX_")} | more
