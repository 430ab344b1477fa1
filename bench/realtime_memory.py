"""Memory of a viewer in our process: the slope between two crowds that both have been there for a minute."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from pathlib import Path

from bench.figures import Figure
from bench.realtime_servers import OURS, NotMeasured, Seen, generator, run_generator, server

CROWDS, SECONDS = (2000, 8000), 60.0
TOPICS = "chat:one,chat:two,chat:three"
GOAL_KB = 5.0


def run(quick: bool) -> Iterable[Figure]:
    """Both crowds at once, each in a server of its own: so they sit through the same minute, and two heartbeats."""
    crowds, seconds = ((200, 800), 3.0) if quick else (CROWDS, SECONDS)
    found: dict[int, Seen] = {}
    with generator() as program:
        threads = [threading.Thread(target=_crowd, args=(program, size, seconds, found)) for size in crowds]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    if len(found) < len(crowds):
        raise NotMeasured("one of the crowds did not come in: see the generator's message above")
    yield _figure(found, crowds, seconds, quick)


def _crowd(program: Path, size: int, seconds: float, found: dict[int, Seen]) -> None:
    with server(OURS, core=None) as served:
        found[size] = run_generator(program, served, core=None, viewers=size, topics=TOPICS, hold=seconds)


def _figure(found: dict[int, Seen], crowds: tuple[int, int], seconds: float, quick: bool) -> Figure:
    few, many = crowds
    slope = (found[many].memory_kb["end"] - found[few].memory_kb["end"]) / (many - few)
    gone = sum(int(seen.result["dead"]) for seen in found.values())
    sizes = ", ".join(f"{size} viewers {seen.memory_kb['end'] / 1024:.1f} MB" for size, seen in found.items())
    return Figure(
        figure=f"realtime: memory a viewer, {few} to {many} with 3 topics",
        value=round(slope, 2),
        unit="KB",
        goal=f"<= {GOAL_KB:g}",
        met=None if quick else slope <= GOAL_KB and gone == 0,
        valid=gone == 0,
        note=f"after {seconds:.0f} s: {sizes}; {gone} were thrown out",
    )
