"""Our style sheets: one file out of many, without comments, with hashed addresses."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from aethex_live._static.errors import BuildError

_TOKEN = re.compile(r"""("(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')|/\*.*?\*/|\s+""", re.DOTALL)
_TIGHT = re.compile(r"\s*([{};,>])\s*")
_AFTER_COLON = re.compile(r"([{;][\w-]+):\s+")
_ADDRESS = re.compile(r"""url\(\s*(["']?)([^"')]+)\1\s*\)""")


def minify(text: str) -> str:
    """The same rules without comments and needless white space; text in quotes is kept as it is."""
    strings: list[str] = []

    def swallow(match: re.Match[str]) -> str:
        if match[1] is None:
            return " "
        strings.append(match[1])
        return f"\x00{len(strings) - 1}\x00"

    bare = _TOKEN.sub(swallow, text)
    bare = _TIGHT.sub(r"\1", re.sub(r"\s+", " ", bare)).replace(";}", "}")
    bare = _AFTER_COLON.sub(r"\1:", bare)
    return re.sub(r"\x00(\d+)\x00", lambda match: strings[int(match[1])], bare).strip()


def join(sheets: Iterable[tuple[str, str]], address: Callable[[str], str]) -> bytes:
    """Concatenate (file name, text) in order; `address` turns `../img/x.svg` of a `url()` into its public address."""
    parts = []
    for name, text in sheets:
        if "@import" in text:
            raise BuildError(f"css/{name} has an @import: the build joins the sheets itself, take it out")
        parts.append(minify(text))
    return with_addresses("\n".join(parts), address).encode()


def with_addresses(text: str, address: Callable[[str], str]) -> str:
    """Replace each relative `url()` by what `address` gives for it; data: and absolute ones stay."""

    def replace(match: re.Match[str]) -> str:
        target = match[2]
        return match[0] if re.match(r"[a-z]+:|/|#", target) else f'url("{address(target)}")'

    return _ADDRESS.sub(replace, text)
