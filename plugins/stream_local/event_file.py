"""A recording's playlist on disk: appended to while live, read back and ended after."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from . import playlist
from .segments import Segment

NAME: Final = "event.m3u8"
_DURATION: Final = re.compile(r"#EXTINF:([0-9]+(?:\.[0-9]+)?),")
_MEDIA: Final = re.compile(r"([0-9]+)\.m4s")
_MAP: Final = re.compile(r'#EXT-X-MAP:URI="init([0-9]+)\.mp4"')


@dataclass(slots=True)
class Entry:
    """One listed segment: its lines before EXTINF, its number and its seconds."""

    msn: int
    duration: float
    tags: list[str] = field(default_factory=list)

    def lines(self) -> list[str]:
        """The entry as it stands in the playlist."""
        return [*self.tags, f"#EXTINF:{self.duration:.3f},", f"{self.msn}.m4s"]


def write_whole(path: Path, data: bytes, *, durable: bool = False) -> None:
    """Replace a file in one step, so that a reader or a crash never meets half of it.

    `durable` waits for the disk; not to be used in the event loop.
    """
    scratch = path.with_name(path.name + ".tmp")
    with scratch.open("wb") as file:
        file.write(data)
        if durable:
            file.flush()
            os.fsync(file.fileno())
    scratch.replace(path)


class EventFile:
    """Appends to event.m3u8, one write a segment; writes it anew when a longer segment raises the target."""

    def __init__(self, folder: Path, target: int) -> None:
        self._path = folder / NAME
        self._target = target
        self._init: int | None = None
        self._begun = False

    def append(self, segment: Segment) -> None:
        """List a closed segment. Raises OSError."""
        lines = playlist.recording_entry(segment, self._init)
        longer = playlist.target_duration(segment.duration)
        if longer > self._target:
            self._raise_target(longer)
        if not self._begun:
            lines = [*playlist.recording_head(self._target), *lines]
        data = ("\n".join(lines) + "\n").encode()
        with self._path.open("ab", buffering=0) as file:
            if file.write(data) != len(data):
                raise OSError(f"{self._path.name} could not be written whole")
        self._begun = True
        self._init = segment.init

    def _raise_target(self, target: int) -> None:
        self._target = target
        if self._begun:
            entries, _ = read(self._path)
            write_whole(self._path, text(entries, ended=False, target=target))


def read(path: Path) -> tuple[list[Entry], bool]:
    """The whole entries of a playlist and whether it is ended; a torn last entry is left out."""
    try:
        content = path.read_text("utf-8", "replace")
    except FileNotFoundError:
        return [], False
    return parse(content), playlist.ENDLIST in content.splitlines()


def parse(content: str) -> list[Entry]:
    """The whole entries in a playlist's text; a torn last one is left out."""
    entries: list[Entry] = []
    tags: list[str] = []
    duration: float | None = None
    for line in content.splitlines(keepends=True):
        if not line.endswith("\n"):
            break
        line = line.rstrip()
        if match := _DURATION.fullmatch(line):
            duration = float(match[1])
        elif match := _MEDIA.fullmatch(line):
            if duration is not None:
                entries.append(Entry(int(match[1]), duration, tags))
            tags, duration = [], None
        elif line.startswith(("#EXT-X-MAP", "#EXT-X-DISCONTINUITY", "#EXT-X-PROGRAM-DATE-TIME")):
            tags.append(line)
    return entries


def text(entries: Iterable[Entry], *, ended: bool, target: int = 1) -> bytes:
    """A whole playlist of these entries."""
    listed = list(entries)
    target = max(target, *(playlist.target_duration(entry.duration) for entry in listed), 1)
    lines = playlist.recording_head(target)
    for entry in listed:
        lines += entry.lines()
    if ended:
        lines.append(playlist.ENDLIST)
    return ("\n".join(lines) + "\n").encode()


def init_of(entries: Iterable[Entry]) -> int | None:
    """The number of the init segment that the last entry uses."""
    found: int | None = None
    for entry in entries:
        for tag in entry.tags:
            if match := _MAP.fullmatch(tag):
                found = int(match[1])
    return found
