"""Skeletons of Unicode's security mechanisms (UTS 39): two texts with one skeleton look alike."""

from __future__ import annotations

import unicodedata
from functools import cache
from pathlib import Path

_TABLE = Path(__file__).with_name("confusables.txt")


@cache
def table() -> dict[int, str]:
    """What each character that looks like another is written as; read once, 6,565 entries."""
    found: dict[int, str] = {}
    for line in _TABLE.read_text("ascii").splitlines():
        if line.startswith("#"):
            continue
        written, _, sources = line.partition(":")
        prototype = "".join(chr(int(code, 16)) for code in written.split("+"))
        found |= {int(code, 16): prototype for code in sources.split(",")}
    return found


def skeleton(text: str) -> str:
    """The text as its look-alikes are written: capital I and 1 become l, Cyrillic a Latin. Only to compare."""
    mapped = unicodedata.normalize("NFD", text).translate(table())
    return unicodedata.normalize("NFD", mapped)
