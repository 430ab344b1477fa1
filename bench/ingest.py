"""What a stream costs on its way in: CPU and memory a 3 Mb/s pass-through stream, at 1 and at 24 publishers."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from bench.figures import Figure, cpu_seconds, rss_mb
from bench.publisher import fixture, start
from bench.served import ServedSite, served

SETTINGS = {"AETHEX_STREAM_LOCAL__MAX_PUBLISHERS": "64", "AETHEX_STREAM_LOCAL__THUMBNAILS": "false"}
WARM_UP_S = 12.0
CPU_GOAL = 1.5  # % of a core a stream
MEMORY_GOAL = 8.0  # MB a stream


def run(quick: bool) -> Iterable[Figure]:
    """One publisher, then many."""
    clip = fixture()
    if quick:
        with served(SETTINGS) as site:
            yield from measure(site, 2, 6.0, clip, judge=False)
        return
    for count in (1, 24):
        with served(SETTINGS) as site:
            yield from measure(site, count, 30.0, clip, judge=True)


def measure(site: ServedSite, count: int, window: float, clip: Path, *, judge: bool) -> Iterator[Figure]:
    """CPU over the window less that of the idle site, memory over that of the idle site."""
    keys = [key for _, key in channels(site, count)]
    time.sleep(3)
    idle_memory = rss_mb(site.pid)
    idle = share(site.pid, 5.0)
    warm_up = WARM_UP_S if judge else WARM_UP_S / 2
    publisher = start(site.rtmp_port, keys, clip, warm_up + window + 15)
    try:
        time.sleep(warm_up)
        sender = cpu_seconds([publisher.pid])
        busy = share(site.pid, window)
        sender = (cpu_seconds([publisher.pid]) - sender) / window
        memory = (rss_mb(site.pid) - idle_memory) / count
        live = len(site.call("GET", "/live")["items"])  # type: ignore[arg-type]  # a list
    finally:
        publisher.kill()
        publisher.wait(10)
    valid = live == count and sender < 0.9
    each = 100 * (busy - idle) / count
    name = f"{count} publisher{'' if count == 1 else 's'}"
    note = f"{live} of {count} live, publishers' process {sender:.2f} core"
    yield Figure(
        figure=f"ingest CPU a stream, {name}",
        value=each,
        unit="% of a core",
        goal=CPU_GOAL,
        met=(each <= CPU_GOAL and valid) if judge else None,
        valid=valid,
        note=note,
    )
    yield Figure(
        figure=f"ingest memory a stream, {name}",
        value=memory,
        unit="MB",
        goal=MEMORY_GOAL,
        met=(memory <= MEMORY_GOAL and valid) if judge else None,
        valid=valid,
    )


def channels(site: ServedSite, count: int) -> list[tuple[str, str]]:
    """So many channels; an account has at most five, so there are several accounts."""
    made = []
    for index in range(count):
        if index and index % 5 == 0:
            site.sign_up(f"creator{index}")
        made.append(site.channel(f"channel-{index}"))
    return made


def share(pid: int, seconds: float) -> float:
    """Share of a core that the process uses over so many seconds."""
    before, begun = cpu_seconds([pid]), time.monotonic()
    time.sleep(seconds)
    return (cpu_seconds([pid]) - before) / (time.monotonic() - begun)
