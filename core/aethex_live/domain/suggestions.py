"""User names for somebody of whom another site told us: to fill a form with, never taken as they are."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping

from aethex_live.domain.names import LONGEST_USERNAME, check_username
from aethex_live.errors import Invalid

CLAIMS = ("preferred_username", "nickname", "email", "name", "given_name")
_LONGEST = 200  # of a claim that is looked at
_LEAST = 3
_OTHER = re.compile(r"[^A-Za-z0-9]+")
NUMBERS = (*range(2, 10), *range(10, 100, 7))


def suggested_names(claims: Mapping[str, object]) -> Iterator[str]:
    """Names that keep the rules, the likeliest first; a few. Nothing is said about who has them already."""
    plain = [found for name in CLAIMS if (found := _plain(claims.get(name)))]
    tails = [f"{base[: LONGEST_USERNAME - 2]}{number}" for base in plain[:1] for number in NUMBERS]
    for name in dict.fromkeys((*plain, *tails)):
        try:
            yield check_username(name)
        except Invalid:
            continue


def _plain(claim: object) -> str:
    """Letters and digits of ASCII, with _ in between; "" where too little is left."""
    if not isinstance(claim, str):
        return ""
    text = claim[:_LONGEST].partition("@")[0]
    ascii_only = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    name = _OTHER.sub("_", ascii_only).strip("_")[:LONGEST_USERNAME].strip("_")
    return name if len(name) >= _LEAST else ""
