"""Whether a build is needed: one hash over everything that goes into it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

SOURCES = ("css", "img", "js")


def stamp(root: Path, static: Path) -> str:
    """Hash of the lock file, our static sources and the code of the build; package files are pinned by the lock."""
    digest = hashlib.sha256()
    for path in _inputs(root, static):
        body = path.read_bytes()
        digest.update(f"{path.name}:{path.parent.name}:{len(body)}:".encode())
        digest.update(body)
    return digest.hexdigest()[:32]


def source_files(static: Path) -> list[Path]:
    """Our own files below static/, in a stable order."""
    return sorted(
        path
        for folder in SOURCES
        for path in (static / folder).rglob("*")
        if path.is_file() and not path.name.startswith(".")
    )


def _inputs(root: Path, static: Path) -> Iterator[Path]:
    yield root / "package-lock.json"
    yield from source_files(static)
    yield from sorted(Path(__file__).parent.glob("*.py"))
