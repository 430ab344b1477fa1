"""CPU for each frame that a viewer gets: ours beside Node with the same tick, Node as it comes, and python-socketio."""

from __future__ import annotations

import statistics
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from bench.figures import Figure
from bench.realtime_servers import (
    MOST_GENERATOR_LOAD,
    MOST_MACHINE_LOAD,
    NODE,
    NODE_TICK,
    OURS,
    PYTHON,
    NotMeasured,
    Seen,
    generator,
    machine_load,
    node_is_here,
    run_generator,
    server,
)

VIEWERS, RATE, SENDERS, ROUNDS = 2000, 200, 16, 5
GOAL, WORST = 0.65, 0.85
MOST_P99_MS = 1000
TOPIC = "chat:bench"


@dataclass(frozen=True, slots=True)
class Round:
    """One server measured once: CPU of a frame in us, times of delivery in ms."""

    frame_us: float
    frames_a_second: float
    lost: int
    wrong: int
    generator_load: float
    p50_ms: float
    p99_ms: float

    @property
    def clean(self) -> bool:
        """Whether everything came exactly once, and generator and machine had time to spare."""
        calm = self.generator_load < MOST_GENERATOR_LOAD and self.p99_ms < MOST_P99_MS
        return self.lost == 0 and self.wrong == 0 and calm


def run(quick: bool) -> Iterable[Figure]:
    """The rounds take turns; python-socketio, which has no chance to keep up, is measured once."""
    viewers = VIEWERS // 10 if quick else VIEWERS
    warm, window = (0.5, 1.5) if quick else (1.0, 5.0)
    servers = [OURS, NODE_TICK] if node_is_here() else [OURS]
    rounds: dict[str, list[Round]] = {}
    load = machine_load()
    with generator() as program:
        for number in range(1 if quick else ROUNDS):
            more = [] if number else [*([NODE] if len(servers) > 1 else []), PYTHON]
            for name in (*servers, *more):
                try:
                    rounds.setdefault(name, []).append(_round(program, name, viewers, warm, window))
                except NotMeasured:
                    if name in servers:
                        raise
    yield from _figures(rounds, viewers, load, quick)


def _round(program: Path, name: str, viewers: int, warm: float, window: float) -> Round:
    with server(name) as found:
        seen = run_generator(
            program, found, viewers=viewers, rate=RATE, senders=SENDERS, warm=warm, window=window, topics=TOPIC
        )
    return result_of(seen, viewers)


def result_of(seen: Seen, viewers: int) -> Round:
    """What the generator's words mean. Raises NotMeasured."""
    said = seen.result
    if not said["frames"]:
        raise NotMeasured("no message was delivered in the window")
    return Round(
        frame_us=seen.spent("begin", "end") * 1e6 / said["frames"],
        frames_a_second=said["frames"] / said["seconds"] / viewers,
        lost=seen.lost,
        wrong=seen.wrong,
        generator_load=said["generator_load"],
        p50_ms=said["p50_ms"],
        p99_ms=said["p99_ms"],
    )


def _figures(rounds: dict[str, list[Round]], viewers: int, load: float, quick: bool) -> Iterable[Figure]:
    ours, title = rounds[OURS], f"realtime: CPU of a frame, {viewers} viewers x {RATE}/s"
    clean = all(r.clean for r in ours) and load < MOST_MACHINE_LOAD
    peers = [name for name in rounds if name != OURS]
    for name in peers:
        theirs = rounds[name]
        ratios = [mine.frame_us / other.frame_us for mine, other in zip(ours, theirs, strict=False)]
        judged = name == NODE_TICK
        valid = clean and (not judged or all(r.clean for r in theirs))
        ratio = round(statistics.median(ratios), 2)
        yield Figure(
            figure=title,
            value=round(statistics.median(r.frame_us for r in ours), 2),
            unit="us",
            goal=f"<= {GOAL} x, none > {WORST}" if judged else "shown",
            met=None if quick or not judged else valid and ratio <= GOAL and max(ratios) <= WORST,
            peer=name,
            peer_value=round(statistics.median(r.frame_us for r in theirs), 2),
            ratio=ratio,
            valid=valid,
            note=_note(ours, theirs, ratios, load),
        )
    if not peers:
        yield Figure(
            figure=title,
            value=round(statistics.median(r.frame_us for r in ours), 2),
            unit="us",
            goal=f"<= {GOAL} x Node",
            met=None if quick else False,
            valid=False,
            note="no peer: npm ci",
        )
    bad = sum(r.lost + r.wrong for r in ours)
    yield Figure(
        figure=f"realtime: lost, doubled or out of order, {viewers} viewers x {RATE}/s",
        value=float(bad),
        unit="messages",
        goal="0",
        met=bad == 0,
    )


def _note(ours: list[Round], theirs: list[Round], ratios: list[float], load: float) -> str:
    times = "/".join(f"{statistics.median(getattr(r, f) for r in ours):.0f}" for f in ("p50_ms", "p99_ms"))
    peer = "/".join(f"{statistics.median(getattr(r, f) for r in theirs):.0f}" for f in ("p50_ms", "p99_ms"))
    frames = statistics.median(r.frames_a_second for r in ours)
    other = statistics.median(r.frames_a_second for r in theirs)
    behind = f", {sum(r.lost for r in theirs)} not delivered in time" if any(r.lost for r in theirs) else ""
    return (
        f"rounds {', '.join(f'{r:.2f}' for r in ratios)}; frames/s a viewer {frames:.1f}, peer {other:.1f}{behind}; "
        f"p50/p99 {times} ms, peer {peer}; generator {max(r.generator_load for r in ours):.2f} core; "
        f"machine before {load:.2f} cores"
    )
