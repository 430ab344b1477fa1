"""`aethex serve` with a broadcast whose live window is filled with parts of 2 MB, for the measurements alone."""

from __future__ import annotations

import os
import sys
import time
from types import SimpleNamespace
from typing import Any

from aethex_live.cli import main
from aethex_plugins.stream_local.hub import Hub
from aethex_plugins.stream_local.segments import Part, Segment
from aethex_plugins.stream_local.window import LiveWindow

PATH = "00000000-0000-7000-8000-000000000001/00000000-0000-7000-8000-000000000002"
SIZE = 2_000_000
PARTS = 6
SEGMENTS = 8


def filled() -> LiveWindow:
    """A window as it is after a quarter of a minute of a stream."""
    window = LiveWindow(time.monotonic)
    window.init_added(0, os.urandom(800))
    body = os.urandom(SIZE)
    for msn in range(SEGMENTS):
        segment = Segment(msn=msn, init=0, discontinuity=False, wall=time.time())
        window.segment_opened(segment)
        for index in range(PARTS):
            segment.add(Part(data=body, duration=0.333, independent=index == 0))
            window.part_added(segment, segment.parts[-1])
        segment.closed = True
        window.segment_closed(segment)
    return window


def replace_find() -> None:
    """Let the hub know one more broadcast."""
    broadcast: Any = SimpleNamespace(window=filled(), poster=None, kept=False, rehearsal=False)
    find = Hub.find

    def found(self: Hub, path: str) -> Any:
        return broadcast if path == PATH else find(self, path)

    Hub.find = found  # type: ignore[method-assign]  # this is what the file is for


if __name__ == "__main__":
    replace_find()
    sys.argv = ["aethex", "serve"]
    main()
