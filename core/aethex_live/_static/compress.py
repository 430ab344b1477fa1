"""Compression ahead of time: gzip and brotli beside each text file, on all cores."""

from __future__ import annotations

import gzip
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import brotli

TEXT = {".css", ".js", ".mjs", ".svg", ".json", ".map", ".txt"}
BROTLI_QUALITY = 10  # 11 is 2 % smaller for three times the seconds
SMALLEST = 256  # bytes; below that a header costs more than it saves


def compress_all(paths: Iterable[Path]) -> None:
    """Write `<file>.gz` and `<file>.br` where they are smaller than the file (both codecs release the GIL)."""
    wanted = sorted((path for path in paths if path.suffix in TEXT), key=lambda path: -path.stat().st_size)
    with ThreadPoolExecutor() as pool:
        list(pool.map(_compress, wanted))


def _compress(path: Path) -> None:
    body = path.read_bytes()
    if len(body) < SMALLEST:
        return
    for suffix, packed in (
        (".gz", gzip.compress(body, 9, mtime=0)),
        (".br", brotli.compress(body, quality=BROTLI_QUALITY)),
    ):
        if len(packed) < len(body):
            path.with_name(path.name + suffix).write_bytes(packed)
