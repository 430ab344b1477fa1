"""Keys of objects: which are legal, and where on the disk each one lies."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import PurePosixPath

from aethex_live.providers import Invalid

from .errors import PROVIDER

MOST_CHARACTERS = 400
PUBLIC_PREFIX = "public/"
# file systems take names of 255 bytes; the rest is room for "@" and what stands behind it
_PIECE = 200
_SEGMENT = re.compile(r"[a-z0-9._-]+")
_MORE = "@"  # no key has it: a folder that ends so is the beginning of a longer segment


def is_key(text: str) -> bool:
    """Whether `text` is a legal key: a relative path that can't climb out of its folder."""
    if not 0 < len(text) <= MOST_CHARACTERS:
        return False
    return all(_SEGMENT.fullmatch(part) and part.strip(".") for part in text.split("/"))


def check_key(key: str, operation: str) -> str:
    """The key itself. Raises Invalid for an illegal one."""
    if not is_key(key):
        raise Invalid(
            f"The storage key {key[:80]!r} is not legal: at most {MOST_CHARACTERS} of a-z 0-9 . _ - and /.",
            provider=PROVIDER,
            operation=operation,
        )
    return key


def check_prefix(prefix: str, operation: str) -> str:
    """The prefix itself: the beginning of a legal key, or nothing. Raises Invalid for anything else."""
    if prefix:
        check_key(prefix.removesuffix("/"), operation)
    return prefix


def path_of(key: str) -> PurePosixPath:
    """The path below the storage folder on which the names of an object's files are built."""
    return PurePosixPath(*(name for segment in key.split("/") for name in _pieces(segment)))


def key_of(names: Iterable[str]) -> str:
    """The key whose `path_of` has these names."""
    return "".join(name.removesuffix(_MORE) if name.endswith(_MORE) else f"{name}/" for name in names).removesuffix("/")


def _pieces(segment: str) -> list[str]:
    cut = [segment[start : start + _PIECE] for start in range(0, len(segment), _PIECE)]
    return [f"{piece}{_MORE}" for piece in cut[:-1]] + cut[-1:]
