"""./run mutants [word …]: break the code on purpose, one small way after another; each must turn its tests red.

Nothing is changed in the working tree: copies of it are broken. The exit code is 1 when a mutant survives or does not
fit the code any more, or when its tests fail without it.
"""

from __future__ import annotations

import argparse
import queue
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from .judge import run
from .listed import Mutant, mutants
from .tree import Tree

LIMIT_S: Final = 120.0  # for the tests of one mutant
CLEAN_LIMIT_S: Final = 600.0
_WIDTHS: Final = (38, 10, 8)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a mutant. `test` is the first that noticed, or what else is to be said."""

    mutant: Mutant
    word: str
    test: str
    seconds: float

    @property
    def red(self) -> bool:
        """Whether all its tests noticed."""
        return self.word == "red"


def main() -> int:
    """Apply them, and print what became of each."""
    wanted = parse()
    chosen = mutants(wanted.words)
    if not chosen:
        print("No mutant has such a name; tests/mutants/mutants.toml has them all.")
        return 1
    with tempfile.TemporaryDirectory(prefix="aethex-mutants-", ignore_cleanup_errors=True) as folder:
        trees = [Tree(Path(folder) / str(number)) for number in range(wanted.jobs)]
        if unfit := [error for one in chosen if (error := misfit(trees[0], one))]:
            print("\n".join(unfit))
            return 1
        if (broken := clean(trees[0], chosen, wanted.jobs)) is not None:
            print(f"Without any mutant these tests do not pass:\n{broken}")
            return 1
        print(row("mutant", "verdict", "seconds", "test"))
        verdicts = [told(verdict) for verdict in campaign(trees, chosen)]
    red = sum(verdict.red for verdict in verdicts)
    print(f"{red} of {len(verdicts)} mutants turned their tests red.")
    return 0 if red == len(verdicts) else 1


def parse() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="./run mutants", description=__doc__)
    parser.add_argument("words", nargs="*", metavar="word", help="only mutants with one of these in their name")
    parser.add_argument("--jobs", type=int, default=2, help="how many at a time (2)")
    return parser.parse_args()


def misfit(tree: Tree, mutant: Mutant) -> str:
    """What is wrong with a mutant, "" for one that fits the code."""
    try:
        with tree.broken(mutant):
            return ""
    except (OSError, ValueError) as error:
        return str(error)


def clean(tree: Tree, chosen: Sequence[Mutant], jobs: int) -> str | None:
    """Run all tests once without a mutant; what did not pass, None when all did."""
    tests = sorted({test for mutant in chosen for test in mutant.tests})
    outcome = run(tree, tests, CLEAN_LIMIT_S, "-n", str(jobs), "--dist", "loadfile")
    if not outcome.ran or not outcome.ended:
        return outcome.said
    failing = [f"{test}: {outcome.of(test) or 'not there'}" for test in tests if outcome.of(test) != "passed"]
    return "\n".join([*failing, outcome.said[-4000:]]) if failing else None


def campaign(trees: Sequence[Tree], chosen: Sequence[Mutant]) -> Iterator[Verdict]:
    """All mutants, as many at a time as there are copies; verdicts as they come."""
    free: queue.SimpleQueue[Tree] = queue.SimpleQueue()
    for tree in trees:
        free.put(tree)

    def one(mutant: Mutant) -> Verdict:
        tree = free.get()
        try:
            return judge(tree, mutant)
        finally:
            free.put(tree)

    with ThreadPoolExecutor(len(trees)) as pool:
        for done in as_completed([pool.submit(one, mutant) for mutant in chosen]):
            yield done.result()


def judge(tree: Tree, mutant: Mutant) -> Verdict:
    """Break the code, run its tests."""
    begun = time.monotonic()
    with tree.broken(mutant):
        outcome = run(tree, mutant.tests, LIMIT_S)
    took = time.monotonic() - begun
    green = [test for test in mutant.tests if outcome.of(test) != "failed"]
    if not outcome.ran:
        return Verdict(mutant, "BROKEN", outcome.said.strip().rpartition("\n")[2], took)
    if green:
        return Verdict(mutant, "SURVIVED", f"{green[0]} ({outcome.of(green[0]) or 'not run'})", took)
    return Verdict(mutant, "red", mutant.tests[0], took)


def told(verdict: Verdict) -> Verdict:
    """Print a verdict."""
    print(row(verdict.mutant.name, verdict.word, f"{verdict.seconds:.1f}", verdict.test), flush=True)
    if not verdict.red:
        print(f"    {verdict.mutant.file}: {verdict.mutant.breaks}", flush=True)
    return verdict


def row(name: str, word: str, seconds: str, test: str) -> str:
    """Cells in columns."""
    cells = zip((name, word, seconds), _WIDTHS, strict=True)
    return "".join(cell.ljust(width) for cell, width in cells) + test


if __name__ == "__main__":
    sys.exit(main())
