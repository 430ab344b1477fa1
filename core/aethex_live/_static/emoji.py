"""Emoji by name and keyword: emojibase's English table, cut to what a picker and a completion need."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

# emojibase's numbers of groups; 2 holds the parts that other emoji are made of, and is left out
GROUPS = (0, 1, 3, 4, 5, 6, 7, 8, 9)


def emoji_table(compact: bytes, shortcodes: bytes) -> bytes:
    """JSON of groups, each a list of [emoji, "names", "keywords"]; equal bytes for equal input.

    The first name is the one that stands between colons; words are apart by spaces, those of the name are no keywords.
    """
    rows = [row for row in json.loads(compact) if row.get("group") in GROUPS]
    names: Mapping[str, Any] = json.loads(shortcodes)
    table: list[list[list[str]]] = [[] for _ in GROUPS]
    for row in sorted(rows, key=lambda row: row["order"]):
        table[GROUPS.index(row["group"])].append(_entry(row, names.get(row["hexcode"], ())))
    return json.dumps(table, ensure_ascii=False, separators=(",", ":")).encode()


def _entry(row: Mapping[str, Any], names: str | Iterable[str]) -> list[str]:
    known = [names] if isinstance(names, str) else list(names)
    known = known or ["_".join(_words(row["label"]))]
    said = {part for name in known for part in name.split("_")}
    keywords = dict.fromkeys(word for text in (row["label"], *row.get("tags", ())) for word in _words(text))
    return [row["unicode"], " ".join(known), " ".join(word for word in keywords if word not in said)]


def _words(text: str) -> list[str]:
    kept = "".join(character if character.isalnum() else " " for character in text.lower())
    return kept.split()
