"""Where on the disk each key lies."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import PurePosixPath

# file systems take names of 255 bytes; the rest is room for "@" and what stands behind it
_PIECE = 200
_MORE = "@"  # no key has it: a folder that ends so is the beginning of a longer segment


def path_of(key: str) -> PurePosixPath:
    """The path below the storage folder on which the names of an object's files are built."""
    return PurePosixPath(*(name for segment in key.split("/") for name in _pieces(segment)))


def key_of(names: Iterable[str]) -> str:
    """The key whose `path_of` has these names."""
    return "".join(name.removesuffix(_MORE) if name.endswith(_MORE) else f"{name}/" for name in names).removesuffix("/")


def _pieces(segment: str) -> list[str]:
    cut = [segment[start : start + _PIECE] for start in range(0, len(segment), _PIECE)]
    return [f"{piece}{_MORE}" for piece in cut[:-1]] + cut[-1:]
