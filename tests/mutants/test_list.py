"""The list of mutants fits the code and the tests, and the script that applies it notices what it should."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from mutants.__main__ import judge
from mutants.judge import Outcome
from mutants.listed import Mutant, mutants
from mutants.tree import ROOT, Tree

LEAST = 25
EVERY = mutants()


@pytest.mark.parametrize("mutant", EVERY, ids=lambda mutant: mutant.name)
def test_a_mutant_fits_the_code(mutant: Mutant):
    text = (ROOT / mutant.file).read_text("utf-8")
    assert mutant.applied(text) != text
    compile(mutant.applied(text), mutant.file, "exec")
    assert mutant.breaks.endswith(".")
    assert mutant.tests


def test_the_list_is_long_enough_and_each_name_stands_there_once():
    assert len(EVERY) >= LEAST
    assert len({mutant.name for mutant in EVERY}) == len(EVERY)


def test_every_test_that_a_mutant_names_is_there():
    tests = sorted({test for mutant in EVERY for test in mutant.tests})
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "--no-header", *tests]
    found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert found.returncode == 0, found.stdout[-2000:]


def test_a_change_that_fits_twice_or_nowhere_is_refused():
    mutant = Mutant(name="m", breaks="x.", file="f", before="a", after="b", tests=("t",))
    for text in ("a a", "c"):
        with pytest.raises(ValueError, match="not once"):
            mutant.applied(text)


def test_the_worst_of_a_tests_cases_counts():
    outcome = Outcome(True, {"t.py::a[1]": "passed", "t.py::a[2]": "failed", "t.py::ab": "error"}, "")
    assert (outcome.of("t.py::a"), outcome.of("t.py::ab"), outcome.of("t.py::b")) == ("failed", "error", "")


@pytest.mark.slow
def test_a_mutant_turns_its_test_red_and_a_harmless_change_survives(tmp_path: Path):
    # Given a copy of the project
    tree = Tree(tmp_path)
    file, test = "core/aethex_live/providers/signatures.py", "tests/core/providers/test_signatures.py::"
    before = (ROOT / file).read_bytes()
    one = next(mutant for mutant in EVERY if mutant.name == "signature-future")
    harmless = Mutant(
        name="harmless",
        breaks="Nothing.",
        file=file,
        before="LONGEST_STAMP = 16",
        after="LONGEST_STAMP = 17",
        tests=(f"{test}test_the_past_and_the_future_are_stale",),
    )
    # When both are applied, Then each gets its verdict
    assert [judge(tree, mutant).word for mutant in (one, harmless)] == ["red", "SURVIVED"]
    # and neither the copy nor the working tree is left changed
    assert (tmp_path / file).read_bytes() == (ROOT / file).read_bytes() == before
