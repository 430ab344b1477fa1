"""What characters look like: each as the ASCII that it passes for, by Unicode's table of confusables (UTS 39)."""

from __future__ import annotations

import unicodedata
from functools import cache
from typing import Any, cast

# one group each where ASCII itself is ambiguous to the eye
_IN_ASCII = str.maketrans({"I": "l", "i": "l", "1": "l", "|": "l", "0": "o", "m": "rn"})


@cache
def _table() -> dict[str, list[dict[str, Any]]]:
    """The library's table; read at the first name that is not plain ASCII, because that takes a tenth of a second."""
    from confusable_homoglyphs.confusables import confusables_data

    return cast("dict[str, list[dict[str, Any]]]", confusables_data)


@cache
def _seen(character: str) -> str:
    alike = [str(other["c"]) for other in _table().get(character, ())]
    return min((text for text in alike if text.isascii()), key=len, default=character)


def skeleton(text: str) -> str:
    """The text as it looks: Cyrillic a as the Latin one, 1 and capital I as l, m as rn. Only to compare."""
    plain = text if text.isascii() else "".join(map(_seen, unicodedata.normalize("NFD", text)))
    return plain.translate(_IN_ASCII)
