"""From a bare clone to the first page, warm and cold; warm start; memory of an idle site."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from bench.figures import Figure, rss_mb
from bench.served import ROOT, free_port, start, stop

LIMIT_S = 240.0
IDLE_S = 60.0
MB = 1_000_000


def run(quick: bool) -> Iterable[Figure]:
    """Cold and warm clones (not when quick: they need the package registries), warm start, idle memory."""
    with tempfile.TemporaryDirectory(prefix="aethex-start-", ignore_cleanup_errors=True) as folder:
        place = Path(folder)
        if quick:
            yield Figure(
                figure="bare clone to first page, cold",
                value=None,
                unit="s",
                goal=60,
                met=None,
                note="not in a quick run",
            )
            yield Figure(
                figure="bare clone to first page, warm",
                value=None,
                unit="s",
                goal=25,
                met=None,
                note="not in a quick run",
            )
        else:
            yield from clones(place)
        # as a newcomer has it: without what only the tests need
        checkout = ROOT if quick else place / "warm"
        yield from warm_start(checkout, place, idle_s=5.0 if quick else IDLE_S, judge=not quick)


def clones(place: Path) -> Iterator[Figure]:
    """Two clones one after the other: with empty package caches, then with those that the first one filled.

    The second one stays.
    """
    caches = {
        "PIP_CACHE_DIR": str(place / "pip"),
        "UV_CACHE_DIR": str(place / "uv"),
        "npm_config_cache": str(place / "npm"),
    }
    for name, goal in (("cold", 60), ("warm", 25)):
        before = received_bytes()
        seconds = first_page(place / name, caches)
        fetched = (received_bytes() - before) / MB
        yield Figure(
            figure=f"bare clone to first page, {name} package caches",
            value=seconds,
            unit="s",
            goal=goal,
            met=seconds <= goal,
            note=f"{fetched:.1f} MB fetched",
        )
        yield Figure(figure=f"bytes fetched, {name} package caches", value=fetched, unit="MB", goal="shown", met=None)
    shutil.rmtree(place / "cold", ignore_errors=True)


def first_page(checkout: Path, caches: Mapping[str, str]) -> float:
    """Seconds from the end of `git clone` to the first answered page of ./run."""
    subprocess.run(["git", "clone", "-q", str(ROOT), str(checkout)], check=True, timeout=60)
    environ = {name: value for name, value in os.environ.items() if not name.startswith("AETHEX_")} | dict(caches)
    port = free_port()
    environ |= {"AETHEX_PORT": str(port), "AETHEX_STREAM_LOCAL__RTMP_PORT": str(free_port())}
    begun = time.monotonic()
    process = subprocess.Popen(
        ["./run"],
        cwd=checkout,
        env=environ,
        stderr=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        wait_for_page(f"http://127.0.0.1:{port}/", process)
        return time.monotonic() - begun
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(30)


def wait_for_page(url: str, process: subprocess.Popen[bytes]) -> None:
    """Ask until the page answers."""
    deadline = time.monotonic() + LIMIT_S
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"./run ended with {process.returncode} before it answered")
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:
                assert answer.status == 200
                return
        except OSError:
            time.sleep(0.05)
    raise RuntimeError(f"no page after {LIMIT_S:.0f} s")


def warm_start(checkout: Path, place: Path, *, idle_s: float, judge: bool) -> Iterator[Figure]:
    """The second start of `./run` on the same data, and what the idle process holds."""
    data, command = place / "data", (str(checkout / "run"),)
    stop(start(data, command=command))
    begun = time.monotonic()
    site = start(data, command=command)
    seconds = time.monotonic() - begun
    yield Figure(figure="warm start of ./run", value=seconds, unit="s", goal=2, met=seconds <= 2 if judge else None)
    time.sleep(idle_s)
    memory = rss_mb(site.pid)
    stop(site)
    yield Figure(
        figure=f"idle memory after {idle_s:.0f} s, without PostgreSQL",
        value=memory,
        unit="MB",
        goal=180,
        met=memory <= 180 if judge else None,
    )


def received_bytes() -> int:
    """Bytes that came in over all interfaces but loopback, so far."""
    lines = Path("/proc/net/dev").read_text().splitlines()[2:]
    fields = [re.split(r"[:\s]+", line.strip()) for line in lines]
    return sum(int(field[1]) for field in fields if field[0] != "lo")
