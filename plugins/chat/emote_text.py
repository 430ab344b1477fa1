"""Emotes in a text: which `:code:` stand in it, and whether it consists of nothing else."""

from __future__ import annotations

import re
from collections.abc import Container, Iterator
from typing import NamedTuple

# static/emotes_text.js has the same pattern; ASCII only. Looking ahead, so that :a1:b2: offers both
_CODE = re.compile(r":(?=([A-Za-z0-9]{2,24}):)")
CODE = re.compile(r"[A-Za-z0-9]{2,24}")
MOST_KINDS = 30  # different emotes of one message; what is beyond stays text
# what emoji are made of, in the Unicode table's ranges: a superset, so that a new emoji is no refusal
_BASE = (
    "[\u00a9\u00ae\u203c\u2049\u2122\u2139\u2194-\u21aa\u231a-\u23ff\u24c2\u25aa-\u25fe\u2600-\u27bf\u2934\u2935"
    "\u2b05-\u2b55\u3030\u303d\u3297\u3299\U0001f000-\U0001f1e5\U0001f200-\U0001faff]"
)
_PART = f"{_BASE}(?:[\ufe0e\ufe0f]|[\U0001f3fb-\U0001f3ff])*(?:[\U000e0020-\U000e007e]+\U000e007f)?"
_EMOJI = re.compile(f"[0-9#*]\ufe0f?\u20e3|[\U0001f1e6-\U0001f1ff]{{2}}|{_PART}(?:\u200d{_PART})*")


class Found(NamedTuple):
    """A `:code:` in a text, colons included."""

    start: int
    end: int
    code: str


def codes(text: str, known: Container[str]) -> Iterator[Found]:
    """Each `:code:` whose code in lower case is among the known, from the left, none over another."""
    if ":" not in text:
        return
    free = 0
    for match in _CODE.finditer(text):
        if match.start() >= free and match[1].lower() in known:
            free = match.end(1) + 1
            yield Found(match.start(), free, match[1])


def emoji_alone(text: str) -> int:
    """How many emoji a text has that has nothing but them and spaces; -1 for others."""
    rest, found = _EMOJI.subn("", text)
    return -1 if rest.strip() else found


def only_emotes(text: str, known: Container[str]) -> bool:
    """Whether a message consists of emotes, emoji and spaces alone."""
    rest, at = [], 0
    for found in codes(text, known):
        rest.append(text[at : found.start])
        at = found.end
    rest.append(text[at:])
    return not _EMOJI.sub("", " ".join(rest)).strip()
