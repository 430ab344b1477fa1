"""What the swap scenarios came to: each step done or beyond the provider, printed at the end of a run.

A step that a provider does not declare is no skipped test: it is written down beside those that were done.
"""

from __future__ import annotations

import enum
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

import pytest

PROPERTY = "swap"
T = TypeVar("T")


@dataclass
class Steps:
    """The steps of one run of a scenario. `note` keeps a fact of the test (`record_property`)."""

    kind: str
    name: str
    capabilities: frozenset[Any]
    note: Callable[[str, object], None] = field(repr=False)
    _asked: set[str] = field(default_factory=set)

    async def take(self, step: str, act: Callable[[], Awaitable[T]], *needs: enum.StrEnum) -> T | None:
        """Do a step, or write down which of the capabilities that it needs are not declared."""
        self._asked |= {str(need) for need in needs}
        lacking = [str(need) for need in needs if need not in self.capabilities]
        found = None if lacking else await act()
        self._write(step, lacking)
        return found

    def cannot(self, step: str, why: str) -> None:
        """Write down a step that is beyond the provider for another reason than a capability."""
        self._write(step, [why])

    def rest(self, all_of_them: Iterable[enum.StrEnum]) -> None:
        """Write down the capabilities that no step asked for and that are not declared either."""
        for capability in all_of_them:
            if str(capability) not in self._asked and capability not in self.capabilities:
                self._write(str(capability), [str(capability)])

    def _write(self, step: str, lacking: list[str]) -> None:
        self.note(PROPERTY, {"kind": self.kind, "name": self.name, "step": step, "lacks": lacking})


def told(facts: Iterable[Mapping[str, Any]]) -> dict[tuple[str, str], dict[str, list[str]]]:
    """Facts by kind and name: the steps that were done, and those that can't be with what they lack."""
    found: dict[tuple[str, str], dict[str, list[str]]] = {}
    for fact in facts:
        sums = found.setdefault((fact["kind"], fact["name"]), {"done": [], "cannot": []})
        lacks = ", ".join(each for each in fact["lacks"] if each != fact["step"])
        if not fact["lacks"]:
            sums["done"].append(fact["step"])
        else:
            sums["cannot"].append(f"{fact['step']} ({lacks})" if lacks else fact["step"])
    return dict(sorted(found.items()))


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """A line for each provider and each switch, and one for what it can't do."""
    reports = [report for each in terminalreporter.stats.values() for report in each]
    calls = [report for report in reports if isinstance(report, pytest.TestReport) and report.when == "call"]
    facts = [value for report in calls for name, value in report.user_properties if name == PROPERTY]
    if not facts:
        return
    terminalreporter.section("swap: what a provider can't do")
    for (kind, name), steps in told(facts).items():
        terminalreporter.write_line(f"{kind} {name}: {len(steps['done'])} steps done")
        if steps["cannot"]:
            terminalreporter.write_line(f"    can't: {'; '.join(steps['cannot'])}")
