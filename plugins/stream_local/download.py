"""A recording as one MP4 file: its init segment with the length written in, and its segments, never copied."""

from __future__ import annotations

import hashlib
import struct
from bisect import bisect_right
from dataclasses import dataclass, field
from itertools import accumulate
from pathlib import Path

from . import event_file
from .event_file import Entry

_TIME_SCALE = 1000  # of the movie header, as fmp4.py writes it


@dataclass(frozen=True, slots=True)
class WholeFile:
    """A file that is put together while it is read: `head`, then the files `segments` of `sizes` bytes each."""

    head: bytes
    segments: tuple[Path, ...]
    sizes: tuple[int, ...]
    starts: tuple[int, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "starts", tuple(accumulate(self.sizes, initial=len(self.head))))

    @property
    def size(self) -> int:
        """Bytes in all."""
        return self.starts[-1]

    @property
    def tag(self) -> bytes:
        """An ETag: another one for a file with other content."""
        digest = hashlib.sha256(self.head + repr(self.sizes).encode()).hexdigest()[:24]
        return f'"{digest}"'.encode()

    def read(self, start: int, size: int) -> bytes:
        """At most `size` bytes from `start`, less at a border of two files; nothing at the end. Blocks. OSError."""
        if start < len(self.head):
            return self.head[start : start + size]
        index = bisect_right(self.starts, start) - 1
        if index >= len(self.segments):
            return b""
        begin = start - self.starts[index]
        with self.segments[index].open("rb", buffering=0) as file:
            file.seek(begin)
            return file.read(min(size, self.sizes[index] - begin))


def whole_files(folder: Path) -> list[WholeFile]:
    """The recording's files: one, or one for each run of segments with the same init segment. Blocks. OSError."""
    entries, _ = event_file.read(folder / event_file.NAME)
    runs: list[tuple[int, list[Entry]]] = []
    for entry in entries:
        init = event_file.init_of([entry])
        if init is not None and (not runs or runs[-1][0] != init):
            runs.append((init, []))
        if runs:
            runs[-1][1].append(entry)
    return [_whole(folder, init, run) for init, run in runs]


def _whole(folder: Path, init: int, entries: list[Entry]) -> WholeFile:
    paths = tuple(folder / f"{entry.msn}.m4s" for entry in entries)
    duration = sum(entry.duration for entry in entries)
    head = with_duration((folder / f"init{init}.mp4").read_bytes(), duration)
    return WholeFile(head, paths, tuple(path.stat().st_size for path in paths))


def with_duration(init: bytes, seconds: float) -> bytes:
    """The init segment with an `mehd` box, by which players know the length of a file that is all fragments."""
    moov = init.find(b"moov") - 4
    mvex = init.find(b"mvex", moov) - 4
    if moov < 0 or mvex < 0:
        return init
    box = struct.pack(">I4sIQ", 20, b"mehd", 1 << 24, round(seconds * _TIME_SCALE))
    return b"".join(
        (
            init[:moov],
            struct.pack(">I", int.from_bytes(init[moov : moov + 4], "big") + len(box)),
            init[moov + 4 : mvex],
            struct.pack(">I", int.from_bytes(init[mvex : mvex + 4], "big") + len(box)),
            init[mvex + 4 : mvex + 8],
            box,
            init[mvex + 8 :],
        )
    )
