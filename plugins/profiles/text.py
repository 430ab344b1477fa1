"""The few words about a person, as they are stored."""

from __future__ import annotations

import re
import unicodedata

from aethex_live.errors import Invalid

LONGEST = 500
_MANY_LINES = re.compile(r"\n{3,}")
# these turn the direction of all that follows them, also outside of the text
_TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def clean_bio(text: str) -> str:
    """The text without control characters and empty ends. Raises Invalid about `bio` when it is too long."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ")
    kept = "".join(c for c in lines if c == "\n" or _is_shown(c))
    bio = _MANY_LINES.sub("\n\n", "\n".join(line.rstrip() for line in kept.split("\n"))).strip()
    if len(bio) > LONGEST:
        raise Invalid(f"Use at most {LONGEST} characters; these are {len(bio)}.", field="bio")
    return bio


def _is_shown(character: str) -> bool:
    # controls, halves of characters; joiners (Cf) hold emoji together and stay
    return unicodedata.category(character) not in {"Cc", "Cs"} and character not in _TURNING


def clean_line(text: str) -> str:
    """The text on one line, without control characters."""
    return " ".join("".join(c for c in text if c.isspace() or _is_shown(c)).split())
