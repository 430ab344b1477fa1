"""Reading MP4 boxes back: what an init segment holds, and how much of a fragment file is whole."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

_head = struct.Struct(">I4s")
_u32 = struct.Struct(">I")


class Box(NamedTuple):
    """A box inside some data: its kind, where its body starts and where it ends."""

    kind: bytes
    start: int
    end: int


@dataclass(slots=True)
class TrackFacts:
    """One track of an init segment; `scale` is its units a second, sizes are in pixels."""

    number: int = 0
    handler: bytes = b""
    scale: int = 0
    width: int = 0
    height: int = 0


@dataclass(slots=True)
class Whole:
    """The whole fragments of a file: how many bytes, and each track's length in its own units."""

    size: int = 0
    durations: dict[int, int] = field(default_factory=dict)


def boxes(data: bytes, start: int = 0, end: int | None = None) -> Iterator[Box]:
    """The boxes from `start` to `end`; stops before one that is cut off or makes no sense."""
    stop = len(data) if end is None else end
    while start + 8 <= stop:
        size, kind = _head.unpack_from(data, start)
        if size < 8 or start + size > stop:
            return
        yield Box(kind, start + 8, start + size)
        start += size


def child(data: bytes, parent: Box, *path: bytes) -> Box | None:
    """The first box under `parent` along `path`."""
    for kind in path:
        found = next((box for box in boxes(data, parent.start, parent.end) if box.kind == kind), None)
        if found is None:
            return None
        parent = found
    return parent


def tracks(init: bytes) -> list[TrackFacts]:
    """The tracks that an init segment declares."""
    found: list[TrackFacts] = []
    for movie in boxes(init):
        if movie.kind == b"moov":
            found += (_track(init, box) for box in boxes(init, *movie[1:]) if box.kind == b"trak")
    return [facts for facts in found if facts.number and facts.scale]


def _track(init: bytes, trak: Box) -> TrackFacts:
    facts = TrackFacts()
    header, times = child(init, trak, b"tkhd"), child(init, trak, b"mdia", b"mdhd")
    handler = child(init, trak, b"mdia", b"hdlr")
    if header is None or times is None or handler is None:
        return facts
    facts.number = _u32.unpack_from(init, header.start + 12)[0]
    facts.width, facts.height = (size >> 16 for size in struct.unpack_from(">II", init, header.end - 8))
    facts.scale = _u32.unpack_from(init, times.start + 12)[0]
    facts.handler = init[handler.start + 8 : handler.start + 12]
    return facts


def whole_fragments(data: bytes) -> Whole:
    """What is whole of moof + mdat pairs, from the beginning."""
    whole = Whole()
    pending: dict[int, int] | None = None
    for box in boxes(data):
        if box.kind == b"moof":
            pending = _durations(data, box)
        elif box.kind == b"mdat" and pending is not None:
            whole.size = box.end
            for track, length in pending.items():
                whole.durations[track] = whole.durations.get(track, 0) + length
            pending = None
        else:
            break
    return whole


def _durations(data: bytes, moof: Box) -> dict[int, int]:
    lengths: dict[int, int] = {}
    for traf in boxes(data, moof.start, moof.end):
        header, run = child(data, traf, b"tfhd"), child(data, traf, b"trun")
        if traf.kind != b"traf" or header is None or run is None:
            continue
        count = _u32.unpack_from(data, run.start + 4)[0]
        first = run.start + 12  # version and flags, count, data offset; then 16 bytes a sample
        count = min(count, (run.end - first) // 16)
        track = _u32.unpack_from(data, header.start + 4)[0]
        lengths[track] = sum(_u32.unpack_from(data, first + 16 * index)[0] for index in range(count))
    return lengths
