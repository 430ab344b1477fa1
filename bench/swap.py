"""The swap scenarios as a table: what was done at every provider and across every switch, and what a provider can't do.

They are tests (tests/swap); this runs them in a process of their own and prints what they wrote down. Quick runs leave
the switches out.
"""

from __future__ import annotations

import ast
import os
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from bench.figures import Figure
from bench.served import ROOT

LIMIT_S = 1500.0
ANY_PROVIDER = ("tests/swap", "-k", "any_provider")
ALL_OF_IT = ("tests/swap", "--ignore", "tests/swap/test_calls.py", "--ignore", "tests/swap/test_independent.py")


@dataclass(slots=True)
class Report:
    """What tests wrote down, by the name of the fact; and which of them failed or were left out, with why."""

    facts: dict[str, list[Mapping[str, Any]]] = field(default_factory=lambda: defaultdict(list))
    passed: int = 0
    failed: list[str] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)


def run(quick: bool) -> Iterable[Figure]:
    """The figures."""
    yield from figures(tested(ANY_PROVIDER if quick else ALL_OF_IT), quick=quick)


def tested(words: Sequence[str]) -> Report:
    """Run tests in a process of their own."""
    with tempfile.TemporaryDirectory(prefix="aethex-swap-") as folder:
        path = Path(folder) / "report.xml"
        command = [sys.executable, "-m", "pytest", *words, "-q", f"--junitxml={path}"]
        subprocess.run(command, cwd=ROOT, timeout=LIMIT_S, check=False, env=dict(os.environ), stdout=subprocess.DEVNULL)
        return read(path.read_text("utf-8"))


def read(text: str) -> Report:
    """A report of pytest's."""
    report = Report()
    for case in ElementTree.fromstring(text).iter("testcase"):
        name = f"{case.get('classname')}::{case.get('name')}"
        for fact in case.iter("property"):
            report.facts[str(fact.get("name"))].append(ast.literal_eval(str(fact.get("value"))))
        if case.find("failure") is not None or case.find("error") is not None:
            report.failed.append(name)
        elif (skipped := case.find("skipped")) is not None:
            report.skipped.append(f"{name}: {skipped.get('message')}")
        else:
            report.passed += 1
    return report


def figures(report: Report, *, quick: bool) -> Iterator[Figure]:
    """A row for each provider and each switch, and one of the scenarios as a whole."""
    rows: dict[tuple[str, str], list[Mapping[str, Any]]] = defaultdict(list)
    for fact in report.facts["swap"]:
        rows[fact["kind"], fact["name"]].append(fact)
    for (kind, name), facts in sorted(rows.items()):
        beyond = [fact for fact in facts if fact["lacks"]]
        yield Figure(
            figure=f"swap: {kind} {name}, steps done",
            value=len(facts) - len(beyond),
            unit=f"of {len(facts)}",
            goal=None,
            met=None,
            note=f"can't: {'; '.join(map(beyond_words, beyond))}" if beyond else "",
        )
    yield Figure(
        figure="swap: scenarios that failed",
        value=len(report.failed),
        unit="",
        goal=0,
        met=None if quick else not report.failed and not report.skipped and report.passed > 0,
        note=", ".join([f"{report.passed} passed", *report.failed, *report.skipped]),
    )


def beyond_words(fact: Mapping[str, Any]) -> str:
    """A step that was not done, with what is lacking where its name does not say so."""
    lacks = ", ".join(each for each in fact["lacks"] if each != fact["step"])
    return f"{fact['step']} ({lacks})" if lacks else str(fact["step"])
