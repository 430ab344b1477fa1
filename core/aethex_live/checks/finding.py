"""What a check found: what was looked at, how it stands, in a sentence, and what to do."""

from __future__ import annotations

import enum
from collections.abc import Iterable
from dataclasses import dataclass


class Level(enum.StrEnum):
    """How a thing stands. A `WARNING` does not keep the site from working, a `BAD` does or soon will."""

    OK = "ok"
    WARNING = "warning"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding. `check` is the thing's name (`database`, `disk`), `next_step` is empty where nothing is to do."""

    check: str
    level: Level
    sentence: str
    next_step: str = ""


def ok(check: str, sentence: str) -> Finding:
    """All is well."""
    return Finding(check, Level.OK, sentence)


def warning(check: str, sentence: str, next_step: str) -> Finding:
    """It works, but should be seen to."""
    return Finding(check, Level.WARNING, sentence, next_step)


def bad(check: str, sentence: str, next_step: str) -> Finding:
    """It does not work, or will not for long."""
    return Finding(check, Level.BAD, sentence, next_step)


def worst(findings: Iterable[Finding]) -> Level:
    """The verdict over all findings."""
    order = (Level.OK, Level.WARNING, Level.BAD)
    return max((finding.level for finding in findings), key=order.index, default=Level.OK)
