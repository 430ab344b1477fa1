"""CPU of a viewer's way in: upgrade, session, CONNECT with a cookie that is known, one topic."""

from __future__ import annotations

import statistics
from collections.abc import Iterable
from pathlib import Path

from bench.figures import Figure
from bench.realtime_servers import (
    MOST_MACHINE_LOAD,
    NODE_TICK,
    OURS,
    generator,
    machine_load,
    node_is_here,
    run_generator,
    server,
)

VIEWERS, WARM, ROUNDS = 3000, 300, 7
GOAL = 0.4
MOST_APART = 1.5  # slowest round over fastest: more, and the machine did something else


def run(quick: bool) -> Iterable[Figure]:
    """Rounds in turn; what a runtime does for its first connects is not counted."""
    viewers = VIEWERS // 10 if quick else VIEWERS
    names = [OURS, NODE_TICK] if node_is_here() else [OURS]
    found: dict[str, list[float]] = {name: [] for name in names}
    load = machine_load()
    with generator() as program:
        for _ in range(1 if quick else ROUNDS):
            for name in names:
                found[name].append(_round(program, name, viewers))
    yield _figure(found, load, quick)


def _round(program: Path, name: str, viewers: int) -> float:
    """Microseconds a connect."""
    with server(name) as served:
        run_generator(program, served, viewers=WARM, topics="chat:bench")
        seen = run_generator(program, served, viewers=viewers, topics="chat:bench")
    return seen.spent("connecting", "ready") * 1e6 / viewers


def _figure(found: dict[str, list[float]], load: float, quick: bool) -> Figure:
    ours, theirs = found[OURS], found.get(NODE_TICK, [])
    ratios = [mine / other for mine, other in zip(ours, theirs, strict=False)]
    ratio = round(statistics.median(ratios), 2) if ratios else None
    valid = (
        bool(theirs)
        and load < MOST_MACHINE_LOAD
        and all(max(rounds) <= MOST_APART * min(rounds) for rounds in found.values())
    )
    return Figure(
        figure="realtime: CPU of a connect",
        value=round(statistics.median(ours)),
        unit="us",
        goal=f"<= {GOAL} x Node",
        met=None if quick else valid and ratio is not None and ratio <= GOAL,
        peer=NODE_TICK if theirs else None,
        peer_value=round(statistics.median(theirs)) if theirs else None,
        ratio=ratio,
        valid=valid,
        note=f"rounds {', '.join(f'{r:.2f}' for r in ratios) or 'without a peer: npm ci'}; "
        f"machine before {load:.2f} cores",
    )
