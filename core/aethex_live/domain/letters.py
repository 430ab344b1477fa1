"""Letters that hide, turn or tower: what texts and names may not do to the words around them."""

from __future__ import annotations

import re
import unicodedata

# embeddings, overrides and isolates: they turn the direction of what follows, also of other people's words.
# The marks LRM, RLM and ALM stay: they turn nothing, and people who write from right to left need them.
TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
# nothing to see and no use in a line: zero-width space, word joiner, byte order mark, soft hyphen and their kin.
# The joiners U+200C and U+200D stay: Persian, Indic scripts and emoji need them.
HIDDEN = frozenset("\u00ad\u034f\u180e\u200b\u2060\u2061\u2062\u2063\u2064\ufeff\ufff9\ufffa\ufffb")
JOINERS = frozenset("\u200c\u200d")
# Vietnamese, Hebrew with points and Tibetan need up to four marks on a letter; towers need dozens
MOST_MARKS = 4
_FLAG = "\U0001f3f4"
_MARKS = frozenset({"Mn", "Me"})
# nothing of the above is below U+00AD: almost every line is let through by this alone
_PLAIN = re.compile(r"[\x00-\xac\xae-\u02ff]*")


def tamed(text: str) -> str:
    """The text without what turns, hides or towers: at most four combining marks stay on a letter."""
    if _PLAIN.fullmatch(text):
        return text
    kept: list[str] = []
    marks = 0
    for character in text:
        if character in TURNING or character in HIDDEN or (_is_tag(character) and not _in_flag(kept)):
            continue
        marks = marks + 1 if unicodedata.category(character) in _MARKS else 0
        if marks <= MOST_MARKS:
            kept.append(character)
    return "".join(kept)


def turns(text: str) -> bool:
    """Whether the text turns the direction of writing."""
    return any(character in TURNING for character in text)


def hides(text: str) -> bool:
    """Whether the text has characters that nobody sees and no script needs there."""
    return any(
        character in HIDDEN or _is_tag(character) or (character in JOINERS and not _joins(text, at))
        for at, character in enumerate(text)
    )


def towers(text: str) -> bool:
    """Whether a letter carries more combining marks than any script needs."""
    marks = 0
    for character in text:
        marks = marks + 1 if unicodedata.category(character) in _MARKS else 0
        if marks > MOST_MARKS:
            return True
    return False


def _joins(text: str, at: int) -> bool:
    """Whether a joiner stands between two characters that it can join: no Latin, Greek or Cyrillic letters."""
    around = (text[at - 1] if at else "", text[at + 1] if at + 1 < len(text) else "")
    return all(beside > "\u0590" and unicodedata.category(beside)[0] in "LMSC" for beside in around)


def _is_tag(character: str) -> bool:
    return "\U000e0000" <= character <= "\U000e007f"


def _in_flag(before: list[str]) -> bool:
    """Whether a tag belongs to the flag of a region, such as Scotland: a black flag and up to six tags."""
    for character in reversed(before[-7:]):
        if not _is_tag(character):
            return character == _FLAG
    return False
