"""What a message may say: one line of visible text. Which parts of it are names and links."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Container, Sequence
from typing import Literal, NamedTuple

from aethex_live.domain.letters import tamed
from aethex_live.errors import Invalid

from .emote_text import codes, emoji_alone

# letters and symbols by their class, but nothing to see: HANGUL FILLERs, BRAILLE PATTERN BLANK
_BLANK = frozenset("\u115f\u1160\u3164\uffa0\u2800")
_BREAKS = re.compile(r"[\t\n\r\u2028\u2029]+")

# static/text.js has the same three patterns; ASCII only, so that both languages read them alike
NAME = r"@([A-Za-z0-9_]{3,32})(?![A-Za-z0-9_])"
_MENTION = re.compile(rf"(?<![A-Za-z0-9_@/.]){NAME}")
_LINK = re.compile(r"(?<![A-Za-z0-9_])https?://[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]+")
_TRAILING = ".,;:!?'])"
# example.com, without the part before it: what people type who know that links are off
_ADDRESS = re.compile(
    r"(?<![A-Za-z0-9@])(?:[A-Za-z0-9-]{1,63}\.)+(?:com|net|org|io|gg|tv|me|co|info|biz|xyz|shop|live|link|ru|cn|de|uk|fr"
    r"|app|dev|site|online|top|club|store|ly|be|to)(?![A-Za-z0-9])",
    re.IGNORECASE,
)
_HOST = re.compile(r"https?://[A-Za-z0-9]")

PartKind = Literal["text", "mention", "link", "emote"]
LARGE = 3  # so many emotes, and nothing else, are shown larger


class Part(NamedTuple):
    """A piece of a message; the texts of all pieces make up the message."""

    kind: PartKind
    text: str


def check_text(text: str, longest: int) -> str:
    """The message as it is stored: trimmed, one line, NFC. Raises Invalid about `text`.

    What turns the direction of writing, hides or towers over other lines is taken off.
    """
    line = tamed(unicodedata.normalize("NFC", _BREAKS.sub(" ", text))).strip()
    if any(unicodedata.category(character) in ("Cc", "Cs") for character in line):
        raise Invalid("A message can't contain control characters; remove them.", field="text")
    if not any(_visible(character) for character in line):
        raise Invalid("Write something first.", field="text")
    if len(line) > longest:
        raise Invalid(f"Use at most {longest} characters; this message has {len(line)}.", field="text")
    return line


def _visible(character: str) -> bool:
    return unicodedata.category(character)[0] not in "CZM" and character not in _BLANK


def has_link(text: str) -> bool:
    """Whether a message leads elsewhere: also by an address that browsers would not make a link of."""
    return bool(_links(text)) or _ADDRESS.search(unicodedata.normalize("NFKC", text)) is not None


def mentioned(text: str) -> list[str]:
    """The user names that a message addresses, in lower case, each once, in their order."""
    return list(dict.fromkeys(match[1].lower() for match in _MENTION.finditer(text)))


def parts(text: str, mentions: frozenset[str], emotes: Container[str] = ()) -> list[Part]:
    """The pieces of a message; `mentions` are user names of accounts that exist, `emotes` codes, both in lower case."""
    found = sorted(_links(text) + _names(text, mentions) + _emotes(text, emotes))
    pieces: list[Part] = []
    at = 0
    for start, end, kind in found:
        if start < at:  # an @name or an emote inside of a link
            continue
        if start > at:
            pieces.append(Part("text", text[at:start]))
        pieces.append(Part(kind, text[start:end]))
        at = end
    if at < len(text):
        pieces.append(Part("text", text[at:]))
    return pieces


def few_emotes(pieces: Sequence[Part]) -> bool:
    """Whether these are at most three emotes or emoji, and spaces."""
    counts = [
        1 if piece.kind == "emote" else emoji_alone(piece.text) if piece.kind == "text" else -1 for piece in pieces
    ]
    return min(counts, default=-1) >= 0 and 0 < sum(counts) <= LARGE


def _emotes(text: str, emotes: Container[str]) -> list[tuple[int, int, PartKind]]:
    return [(found.start, found.end, "emote") for found in codes(text, emotes)] if emotes else []


def _links(text: str) -> list[tuple[int, int, PartKind]]:
    spans: list[tuple[int, int, PartKind]] = []
    for match in _LINK.finditer(text):
        address = _without_trailing(match[0])
        if _HOST.match(address):
            spans.append((match.start(), match.start() + len(address), "link"))
    return spans


def _without_trailing(address: str) -> str:
    """The address without the punctuation around it; a bracket that it opened itself stays."""
    while address and address[-1] in _TRAILING:
        if address[-1] == ")" and address.count("(") >= address.count(")"):
            break
        address = address[:-1]
    return address


def _names(text: str, mentions: frozenset[str]) -> list[tuple[int, int, PartKind]]:
    return [
        (match.start(), match.end(), "mention") for match in _MENTION.finditer(text) if match[1].lower() in mentions
    ]
