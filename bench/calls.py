"""Each call that a vendor's plugin can make, and whether it is valid by the vendor's own description."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from bench.figures import Figure
from bench.swap import Report, tested

TESTS = ("tests/swap/test_calls.py",)


def run(quick: bool) -> Iterable[Figure]:
    """The figures."""
    yield from figures(tested(TESTS), quick=quick)


def figures(report: Report, *, quick: bool) -> Iterator[Figure]:
    """A row for each call, those that no description knows among them, and one for each plugin."""
    for fact in report.facts["calls"]:
        for name, valid in sorted(fact["calls"].items()):
            judged = None if quick else bool(valid)
            said = "valid" if valid else "not valid"
            yield Figure(figure=named(fact, name), value=int(valid), unit=said, goal=1, met=judged, note=path_of(name))
    for fact in report.facts["beside"]:
        for name, where in sorted(fact["calls"].items()):
            note = f"{path_of(name)}: {where}"
            yield Figure(figure=named(fact, name), value=None, unit="", goal=None, met=None, note=note)
    for fact in report.facts["calls"]:
        share = 100 * sum(fact["calls"].values()) / len(fact["calls"])
        yield Figure(
            figure=f"calls: {fact['vendor']}, valid by its vendor's description",
            value=share,
            unit="%",
            goal=100,
            met=None if quick else share == 100,
            note=f"{len(fact['calls'])} calls",
        )
    yield Figure(
        figure="calls: tests that failed or were left out",
        value=len(report.failed) + len(report.skipped),
        unit="",
        goal=0,
        met=None if quick else not report.failed and not report.skipped,
        note="; ".join([f"{report.passed} passed", *report.failed, *report.skipped]),
    )


def named(fact: Mapping[str, Any], call: str) -> str:
    """Whose call it is, and by which method."""
    return f"calls: {fact['vendor']}, {call.partition(' ')[0]}"


def path_of(call: str) -> str:
    """The path of a call, as the description names it."""
    return call.partition(" ")[2]
