"""What five plugins that review a chat message cost it, with the time limits and health counts of a real site."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Iterable

from bench.figures import Figure
from bench.hooks import MOST_APART, Caller

PLUGINS, GOAL_US = 5, 10.0


def run(quick: bool) -> Iterable[Figure]:
    """Microseconds a message: the best of some rounds, of the process's own CPU time."""
    times = asyncio.run(_rounds(5, 2_000) if quick else _rounds(15, 10_000))
    value, median = min(times), statistics.median(times)
    steady = median <= value * MOST_APART
    yield Figure(
        figure=f"realtime: {PLUGINS} moderation hooks on a message",
        value=round(value, 2),
        unit="us",
        goal=f"<= {GOAL_US:g}",
        met=None if quick else value <= GOAL_US and steady,
        valid=steady,
        note=f"median {median:.2f} us of {len(times)} rounds",
    )


async def _rounds(rounds: int, messages: int) -> list[float]:
    site = Caller(PLUGINS)
    found = []
    try:
        for _ in range(rounds + 1):
            begun = time.process_time()
            for _ in range(messages):
                await site.ask()
            found.append((time.process_time() - begun) / messages * 1e6)
    finally:
        site.hooks.close()
    return found[1:]  # the first one warms up
