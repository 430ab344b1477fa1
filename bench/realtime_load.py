"""A large room: 5,000 viewers x 200 messages a second, and whether all of it comes, soon enough."""

from __future__ import annotations

from collections.abc import Iterable

from bench.figures import Figure
from bench.realtime_frames import TOPIC, result_of
from bench.realtime_servers import (
    MOST_GENERATOR_LOAD,
    MOST_MACHINE_LOAD,
    OURS,
    generator,
    machine_load,
    run_generator,
    server,
)

VIEWERS, RATE, SENDERS, SECONDS = 5000, 200, 16, 20.0
GOAL_MS = 300


def run(quick: bool) -> Iterable[Figure]:
    """One server, one crowd; valid only where machine and generator have time to spare."""
    viewers, seconds = (VIEWERS // 10, 2.0) if quick else (VIEWERS, SECONDS)
    load = machine_load()
    with generator() as program, server(OURS) as served:
        seen = run_generator(
            program, served, viewers=viewers, rate=RATE, senders=SENDERS, warm=1.0, window=seconds, topics=TOPIC
        )
    found = result_of(seen, viewers)
    valid = load < MOST_MACHINE_LOAD and found.generator_load < MOST_GENERATOR_LOAD
    core = seen.spent("begin", "end") / float(seen.result["seconds"])
    note = (
        f"sustained {seen.result['deliveries'] / seen.result['seconds']:,.0f}/s with {core:.2f} core, "
        f"p50 {found.p50_ms:.0f} ms; generator {found.generator_load:.2f} core; machine before {load:.2f} cores"
    )
    for name, value, unit, goal, met in (
        ("p99", found.p99_ms, "ms", f"<= {GOAL_MS}", found.p99_ms <= GOAL_MS),
        (
            "lost, doubled or out of order",
            float(found.lost + found.wrong),
            "messages",
            "0",
            found.lost + found.wrong == 0,
        ),
    ):
        yield Figure(
            figure=f"realtime: {name}, {viewers} viewers x {RATE}/s",
            value=value,
            unit=unit,
            goal=goal,
            met=None if quick else met and valid,
            valid=valid,
            note=note,
        )
