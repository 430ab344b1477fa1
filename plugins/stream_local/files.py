"""Media files over HTTP: read off the event loop in large pieces, with ranges."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO, Final

from .http_replies import Header, Reply, headers

_PIECE: Final = 512 << 10
_RANGE: Final = re.compile(rb"bytes=([0-9]{0,18})-([0-9]{0,18})")


class BadRange(ValueError):
    """The range lies outside of the file."""


def parse_range(value: bytes, size: int) -> tuple[int, int] | None:
    """First and last byte (inclusive) of a Range header; None when the whole file is to be sent.

    Raises BadRange. Several ranges at once are answered with the whole file, as HTTP allows.
    """
    match = _RANGE.fullmatch(value.strip())
    if match is None or not (match[1] or match[2]):
        return None
    if not match[1]:
        tail = int(match[2])
        if not tail:
            raise BadRange
        return max(0, size - tail), size - 1
    first = int(match[1])
    last = min(int(match[2]), size - 1) if match[2] else size - 1
    if match[2] and int(match[2]) < first:
        return None
    if first >= size:
        raise BadRange
    return first, last


async def send_file(reply: Reply, path: Path, kind: bytes, cache: bytes, asked: Iterable[Header] = ()) -> None:
    """Answer with a file, or the range of it that the request's headers ask for."""
    try:
        file, size = await asyncio.to_thread(_open, path)
    except OSError:
        await reply.refuse(404, "There is no such file.")
        return
    try:
        await _send(reply, file, size, kind, cache, asked)
    finally:
        await asyncio.to_thread(file.close)


async def _send(reply: Reply, file: BinaryIO, size: int, kind: bytes, cache: bytes, asked: Iterable[Header]) -> None:
    wanted = next((value for name, value in asked if name == b"range"), None)
    try:
        span = parse_range(wanted, size) if wanted is not None else None
    except BadRange:
        await reply.refuse(416, "The range lies outside of the file.", (b"content-range", b"bytes */%d" % size))
        return
    first, last = span or (0, size - 1)
    left = last - first + 1
    fields = [*headers(kind, cache, left), (b"accept-ranges", b"bytes")]
    if span is not None:
        fields.append((b"content-range", b"bytes %d-%d/%d" % (first, last, size)))
    await reply.start(200 if span is None else 206, fields)
    while left > 0 and not reply.head:
        piece = await asyncio.to_thread(_read, file, first, min(left, _PIECE))
        if not piece:
            return  # the file got shorter: the connection ends short of its length, and the client notices
        first, left = first + len(piece), left - len(piece)
        await reply.more(piece)
    await reply.end()


def _open(path: Path) -> tuple[BinaryIO, int]:
    file = path.open("rb", buffering=0)
    return file, path.stat().st_size


def _read(file: BinaryIO, start: int, size: int) -> bytes:
    file.seek(start)
    return file.read(size)
