"""`aethex serve` that writes down when media was read and when parts were closed, for the measurements alone.

BENCH_LOG names a file: lines `part MSN INDEX TIME`. BENCH_READ names a file of 8 bytes that always
holds the timestamp (ms) of the last video tag whose last byte was read; it is mapped, so that a kill loses nothing.
"""

from __future__ import annotations

import mmap
import os
import struct
import sys
import time
from pathlib import Path
from typing import Any

from aethex_live.cli import main
from aethex_plugins.stream_local.session import PublishSession
from aethex_plugins.stream_local.window import LiveWindow

VIDEO = 9


def log_parts(path: str) -> None:
    """Write a line when a part can be had."""
    sink = open(path, "a", buffering=1)  # noqa: SIM115  (open as long as the process)
    added = LiveWindow.part_added

    def part_added(self: LiveWindow, segment: Any, part: Any) -> None:
        now = time.time()
        added(self, segment, part)
        sink.write(f"part {segment.msn} {len(segment.parts) - 1} {now:.6f}\n")

    LiveWindow.part_added = part_added  # type: ignore[method-assign]  # this is what the file is for


def note_reads(path: str) -> None:
    """Keep the timestamp of the last video tag that was read."""
    Path(path).write_bytes(bytes(8))
    with open(path, "r+b") as file:
        kept = mmap.mmap(file.fileno(), 8)
    media = PublishSession.media

    def noted(self: PublishSession, kind: int, timestamp: int, body: bytearray) -> None:
        if kind == VIDEO:
            kept[:] = struct.pack("<q", timestamp)
        media(self, kind, timestamp, body)

    PublishSession.media = noted  # type: ignore[method-assign]  # this is what the file is for


if __name__ == "__main__":
    if found := os.environ.get("BENCH_LOG"):
        log_parts(found)
    if found := os.environ.get("BENCH_READ"):
        note_reads(found)
    sys.argv = ["aethex", "serve"]
    main()
