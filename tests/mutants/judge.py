"""Runs tests in a copy of the project and says of each how it ended."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from xml.etree import ElementTree

from .tree import Tree

TEST_LIMIT_S: Final = 60
_PYTEST: Final = (sys.executable, "-m", "pytest", "-q", "--no-header", "--tb=line", f"--timeout={TEST_LIMIT_S}")


@dataclass(frozen=True, slots=True)
class Outcome:
    """How tests ended, by name; `ran` is false where pytest itself gave up or was cut off."""

    ran: bool
    ended: dict[str, str]
    said: str

    def of(self, test: str) -> str:
        """passed, failed, skipped or error of a test with all its cases: the worst; "" when it did not run."""
        found = {how for name, how in self.ended.items() if name == test or name.startswith(f"{test}[")}
        return next((how for how in ("failed", "error", "skipped", "passed") if how in found), "")


def run(tree: Tree, tests: Sequence[str], limit_s: float, *more: str) -> Outcome:
    """Run tests; all processes that they start end with them."""
    with tempfile.TemporaryDirectory(prefix="aethex-judge-") as folder:
        report = Path(folder) / "report.xml"
        command = [*_PYTEST, f"--junitxml={report}", *more, *tests]
        process = subprocess.Popen(
            command,
            cwd=tree.root,
            env=tree.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        try:
            said, _ = process.communicate(timeout=limit_s)
        except subprocess.TimeoutExpired:
            return Outcome(False, {}, f"not done within {limit_s:g} s")
        finally:
            _end(process)
        return Outcome(process.returncode in {0, 1} and report.exists(), _read(report), said)


def _end(process: subprocess.Popen[str]) -> None:
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        return
    finally:
        process.wait(10)


def _read(report: Path) -> dict[str, str]:
    """Tests by their node ids, as far as they can be told from the report."""
    if not report.exists():
        return {}
    cases = ElementTree.parse(report).iter("testcase")
    return {_name(case.get("classname", ""), case.get("name", "")): _ending(case) for case in cases}


def _ending(case: ElementTree.Element) -> str:
    for tag, how in (("failure", "failed"), ("error", "error"), ("skipped", "skipped")):
        if case.find(tag) is not None:
            return how
    return "passed"


def _name(dotted: str, name: str) -> str:
    """tests.core.test_x.TestY and test_z -> tests/core/test_x.py::TestY::test_z."""
    parts = dotted.split(".")
    place = next((i for i, part in enumerate(parts) if part.startswith("test_")), len(parts) - 1)
    return "::".join([f"{'/'.join(parts[: place + 1])}.py", *parts[place + 1 :], name])
