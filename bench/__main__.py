"""./run bench [name] [--quick] [--json]: measure, print a table for people or one JSON object a line."""

from __future__ import annotations

import argparse
import importlib
import json
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, replace

from bench import realtime
from bench.figures import Figure
from bench.served import ROOT

QUICK = (sys.executable, "-m", "bench", "--quick", "--json")
QUICK_LIMIT_S = 180.0
AREAS = (
    "start",
    "glass",
    "browser",
    "ingest",
    "viewers",
    "crash",
    "realtime",
    "hooks",
    "backup",
    "processes",
    "http",
    "pages",
    "plugins",
    "webhooks",
    "addresses",
    "storage",
    "swap",
    "calls",
    "outage",
)
PARTS = tuple(f"realtime.{part}" for part in realtime.PARTS)


def main() -> int:
    """Run the areas that were named, all by default; the exit code is 1 when a goal was not met."""
    wanted = parse()
    missed = 0
    if not wanted.json:
        print(row("figure", "value", "goal", "met", "peer"))
    for figure in figures([wanted.area] if wanted.area else AREAS, quick=wanted.quick):
        missed += figure.met is False
        print(as_json(figure) if wanted.json else as_row(figure), flush=True)
    return 1 if missed else 0


def figures(areas: Sequence[str], *, quick: bool) -> Iterator[Figure]:
    """Area by area; quick runs judge nothing, so several areas run side by side and end within a minute."""
    if not quick or len(areas) == 1:
        for area in areas:
            yield from measure(area, quick=quick)
        return
    alone = [part for area in areas for part in (PARTS if area == "realtime" else (area,))]
    runs = [subprocess.Popen([*QUICK, area], cwd=ROOT, stdout=subprocess.PIPE, text=True) for area in alone]
    for run in runs:
        for line in run.communicate(timeout=QUICK_LIMIT_S)[0].splitlines():
            yield replace(Figure(**json.loads(line)), met=None)


def parse() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="./run bench", description=__doc__)
    parser.add_argument("area", nargs="?", choices=(*AREAS, *PARTS), help="measure this area or part only")
    parser.add_argument("--quick", action="store_true", help="end within a minute; what can't be judged then is null")
    parser.add_argument("--json", action="store_true", help="one object a line")
    return parser.parse_args()


def measure(area: str, *, quick: bool) -> Iterable[Figure]:
    """The figures of an area, or of a part of one."""
    if area in PARTS:
        return realtime.run_part(area.partition(".")[2], quick)
    found: Iterable[Figure] = importlib.import_module(f"bench.{area}").run(quick)
    return found


def as_json(figure: Figure) -> str:
    """One line for programs."""
    return json.dumps(asdict(figure))


def as_row(figure: Figure) -> str:
    """One line for people."""
    value = "-" if figure.value is None else f"{figure.value:,.3g} {figure.unit}"
    met = {True: "yes", False: "NO", None: "-"}[figure.met]
    peer = f"{figure.peer} {figure.peer_value:,.3g} (x{figure.ratio:.2f})" if figure.peer_value and figure.ratio else ""
    note = "" if figure.valid else " NOT VALID"
    goal = "" if figure.goal is None else str(figure.goal)
    return row(figure.figure, value, goal, met, peer) + f"{note} {figure.note}"


def row(*cells: str) -> str:
    """Cells in columns."""
    widths = (58, 18, 12, 5, 34)
    return "".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip()


if __name__ == "__main__":
    sys.exit(main())
