"""Realtime beside its peers: cost of a frame, a viewer, a connect; what gets lost, and how soon things are seen.

Each part stands in a module of its own and can be run alone, as in `./run bench realtime.cuts`. What counts is the CPU
time of the servers' processes, in rounds that take turns: wall-clock times of a shared machine say little.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable, Iterator

from bench.cluster import Missing
from bench.figures import Figure
from bench.realtime_servers import NotMeasured

PARTS = ("frames", "connects", "memory", "load", "bus", "slow", "cuts", "acts", "hooks")


def run(quick: bool) -> Iterator[Figure]:
    """The figures of all parts, one part after the other."""
    for part in PARTS:
        yield from run_part(part, quick)


def run_part(part: str, quick: bool) -> Iterator[Figure]:
    """The figures of one part; what can't be measured is said, and the others go on."""
    measure: Callable[[bool], Iterable[Figure]] = importlib.import_module(f"bench.realtime_{part}").run
    try:
        yield from measure(quick)
    except (NotMeasured, Missing) as error:
        yield Figure(
            figure=f"realtime.{part}",
            value=None,
            unit="",
            goal=None,
            met=None if quick else False,
            valid=False,
            note=f"skipped: {error}",
        )
