"""The list of mutants: what each one breaks, where, and which tests must notice."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

LIST: Final = Path(__file__).parent / "mutants.toml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """One change for the worse. `before` occurs exactly once in `file`; each of `tests` must fail with `after`."""

    name: str
    breaks: str
    file: str
    before: str
    after: str
    tests: tuple[str, ...]

    def applied(self, text: str) -> str:
        """The file's text with the change. Raises ValueError when `before` is not found exactly once."""
        if (found := text.count(self.before)) != 1:
            raise ValueError(f"{self.name}: its text stands {found} times in {self.file}, not once")
        return text.replace(self.before, self.after)


def mutants(words: Sequence[str] = (), path: Path = LIST) -> list[Mutant]:
    """All of them, or those whose name has one of the words; in the order of the list."""
    rows = [_mutant(row) for row in tomllib.loads(path.read_text("utf-8"))["mutant"]]
    return [one for one in rows if not words or any(word in one.name for word in words)]


def _mutant(row: dict[str, Any]) -> Mutant:
    # a text of several lines ends with the line break before its closing quotes, which is none of the code's
    texts = {name: row[name].removesuffix("\n") if "\n" in row[name] else row[name] for name in ("before", "after")}
    return Mutant(name=row["name"], breaks=row["breaks"], file=row["file"], tests=tuple(row["tests"]), **texts)
