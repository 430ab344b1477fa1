"""Writes a broadcast to disk as it goes: each part at once, so that a crash loses what was not yet a part."""

from __future__ import annotations

import json
import logging
import math
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from .event_file import EventFile, write_whole
from .playlist import program_date
from .segments import Part, Segment

log = logging.getLogger(__name__)

META: Final = "meta.json"
NEXT: Final = "next.json"


@dataclass(frozen=True, slots=True)
class BroadcastMeta:
    """What a folder says about itself, for recovery; `started_at` in seconds since 1970."""

    ingest_id: str
    broadcast_id: str
    started_at: float
    incomplete: bool = False
    rehearsal: bool = False

    def json(self) -> bytes:
        """As it stands in meta.json."""
        fields = {name: getattr(self, name) for name in self.__slots__}
        return json.dumps(fields, indent=1).encode()


def read_meta(folder: Path) -> BroadcastMeta | None:
    """What meta.json says; None when it is missing or damaged."""
    try:
        fields = json.loads((folder / META).read_bytes())
        return BroadcastMeta(
            str(fields["ingest_id"]),
            str(fields["broadcast_id"]),
            float(fields["started_at"]),
            bool(fields["incomplete"]),
            bool(fields.get("rehearsal", False)),
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None


class Recorder:
    """An observer of the packager. A file that can't be written ends the recording, never the broadcast.

    Files: init0.mp4, 0.m4s, 1.m4s ..., event.m3u8; the open segment is N.m4s.part. Below `floor` bytes of
    free space recording stops. `segment` is the usual length in seconds.
    """

    def __init__(
        self,
        folder: Path,
        ingest_id: str,
        broadcast_id: str,
        *,
        segment: float,
        floor: int,
        rehearsal: bool = False,
    ) -> None:
        self.folder = folder
        self.incomplete = False
        self.stopped = ""  # why it stopped, for people
        self._rehearsal = rehearsal
        self.begun = False
        self._ids = (ingest_id, broadcast_id)
        self._floor = floor
        self._events = EventFile(folder, math.ceil(segment))
        self._file: int | None = None
        self._meta: BroadcastMeta | None = None
        self._init: int | None = None

    @property
    def recording(self) -> bool:
        """Whether what comes is kept."""
        return not self.incomplete

    # --- the packager's observer

    def init_added(self, index: int, data: bytes) -> None:
        if self.recording:
            self._try(lambda: self._write_init(index, data))

    def segment_opened(self, segment: Segment) -> None:
        if self.recording:
            self._try(lambda: self._open(segment))

    def part_added(self, segment: Segment, part: Part) -> None:
        if self.recording and self._file is not None:
            self._try(lambda: self._write(part.data))

    def segment_closed(self, segment: Segment) -> None:
        if self.recording and self._file is not None:
            self._try(lambda: self._close(segment))

    # --- files

    def _try(self, act: Callable[[], None]) -> None:
        try:
            act()
        except OSError as error:
            self._stop(f"{error.strerror or error}")

    def _write_init(self, index: int, data: bytes) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        write_whole(self.folder / f"init{index}.mp4", data)

    def _open(self, segment: Segment) -> None:
        if not self.begun:
            self._meta = BroadcastMeta(*self._ids, started_at=segment.wall, rehearsal=self._rehearsal)
            write_whole(self.folder / META, self._meta.json())
        free = shutil.disk_usage(self.folder).free
        if free < self._floor:
            self._stop(f"only {free >> 20} MB are free on the disk, the floor is {self._floor >> 20} MB")
            return
        if segment.discontinuity or segment.init != self._init:
            self._announce(segment)
        self._init = segment.init
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
        self._file = os.open(self.folder / f"{segment.msn}.m4s.part", flags, 0o640)
        self.begun = True

    def _announce(self, segment: Segment) -> None:
        """What the playlist will say about a segment that a crash may keep from being listed."""
        fields = {
            "msn": segment.msn,
            "init": segment.init,
            "discontinuity": segment.discontinuity,
            "date": program_date(segment.wall),
        }
        (self.folder / NEXT).write_bytes(json.dumps(fields).encode())

    def _write(self, data: bytes) -> None:
        if self._file is None:
            return
        view = memoryview(data)
        while view:
            view = view[os.write(self._file, view) :]

    def _close(self, segment: Segment) -> None:
        self._close_file()
        (self.folder / f"{segment.msn}.m4s.part").rename(self.folder / f"{segment.msn}.m4s")
        self._events.append(segment)

    def _close_file(self) -> None:
        file, self._file = self._file, None
        if file is not None:
            os.close(file)

    def _stop(self, reason: str) -> None:
        log.error("recording of broadcast %s stopped, it stays live: %s", self._ids[1], reason)
        self.incomplete = True
        self.stopped = reason
        try:
            self._close_file()
            if self._meta is not None:
                write_whole(self.folder / META, replace(self._meta, incomplete=True).json())
        except OSError as error:
            log.warning("broadcast %s could not be marked as incomplete: %s", self._ids[1], error)
