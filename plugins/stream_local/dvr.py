"""The playlist that reaches back while live: the last hours, read from the recording's own playlist on disk.

Memory does not grow with the window: in it are the rare changes (init segments, discontinuities) and one compressed
playlist, made anew for the first request after each segment.
"""

from __future__ import annotations

import asyncio
import zlib
from bisect import bisect_right
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from . import event_file
from .event_file import Entry
from .playlist import ENDLIST
from .segments import Part, Segment

_LINE_BYTES: Final = 240
"""The longest entry of event.m3u8: discontinuity, map, date, duration and name."""
_MOST_CHANGES: Final = 5000


@dataclass(frozen=True, slots=True)
class DvrFacts:
    """What the playlist says beside its entries. `target` in seconds; `changes` are (msn, init) from there on."""

    target: int
    changes: tuple[tuple[int, int], ...]
    discontinuities: tuple[int, ...]
    ended: bool


def render(entries: list[Entry], facts: DvrFacts) -> bytes:
    """The playlist of these segments. It has no type: a list whose head goes may be none that only grows."""
    first = entries[0].msn if entries else 0
    lines = [
        "#EXTM3U",
        "#EXT-X-VERSION:7",
        f"#EXT-X-TARGETDURATION:{facts.target}",
        "#EXT-X-INDEPENDENT-SEGMENTS",
        f"#EXT-X-MEDIA-SEQUENCE:{first}",
    ]
    # a discontinuity of the first entry stands before it, so it is not yet counted
    if gone := bisect_right(facts.discontinuities, first - 1):
        lines.append(f"#EXT-X-DISCONTINUITY-SEQUENCE:{gone}")
    for index, entry in enumerate(entries):
        lines += _head(entry, facts, dated=index == 0)
        lines += [f"#EXTINF:{entry.duration:.3f},", f"{entry.msn}.m4s"]
    if facts.ended:
        lines.append(ENDLIST)
    return ("\n".join(lines) + "\n").encode()


def _head(entry: Entry, facts: DvrFacts, *, dated: bool) -> list[str]:
    broken = "#EXT-X-DISCONTINUITY" in entry.tags
    lines = ["#EXT-X-DISCONTINUITY"] if broken else []
    changed = next((tag for tag in entry.tags if tag.startswith("#EXT-X-MAP")), None)
    if changed is None and dated and facts.changes:
        index = bisect_right(facts.changes, (entry.msn, 1 << 60)) - 1
        changed = f'#EXT-X-MAP:URI="init{facts.changes[max(index, 0)][1]}.mp4"'
    if changed is not None:
        lines.append(changed)
    # players count on from one date to the next; a date for each segment would double the list
    if dated or broken:
        lines += [tag for tag in entry.tags if tag.startswith("#EXT-X-PROGRAM-DATE-TIME")]
    return lines


def within(entries: list[Entry], seconds: float) -> list[Entry]:
    """The newest entries that last at most `seconds` together, one at least."""
    left, start = seconds, len(entries)
    while start > 0 and (left >= entries[start - 1].duration or start == len(entries)):
        start -= 1
        left -= entries[start].duration
    return entries[start:]


def read_tail(path: Path, seconds: float, segment: float) -> list[Entry]:
    """The newest entries of event.m3u8 that last at most `seconds`. Blocks. Raises OSError."""
    size = int(seconds / segment + 2) * _LINE_BYTES
    with path.open("rb") as file:
        end = file.seek(0, 2)
        file.seek(max(0, end - size))
        content = file.read()
    if size < end:
        # begin with an entry that is whole: what stands before the first name is a torn one
        content = content.partition(b".m4s\n")[2]
    return within(event_file.parse(content.decode("utf-8", "replace")), seconds)


class Dvr:
    """An observer of the packager that answers with the last `seconds` of the broadcast, compressed."""

    def __init__(self, *, seconds: float, segment: float) -> None:
        self._seconds, self._segment = seconds, segment
        self._changes: list[tuple[int, int]] = []
        self._discontinuities: list[int] = []
        self._newest = -1
        self._made: tuple[int, bool, bytes] | None = None
        self._one = asyncio.Lock()

    def init_added(self, index: int, data: bytes) -> None:
        """Nothing to do: the segment says which one it needs."""

    def segment_opened(self, segment: Segment) -> None:
        if not self._changes or self._changes[-1][1] != segment.init:
            self._changes = [*self._changes[-_MOST_CHANGES:], (segment.msn, segment.init)]
        if segment.discontinuity:
            self._discontinuities.append(segment.msn)

    def part_added(self, segment: Segment, part: Part) -> None:
        """Nothing to do: it lists whole segments."""

    def segment_closed(self, segment: Segment) -> None:
        self._newest = segment.msn

    async def playlist(self, folder: Path, target: int, *, ended: bool) -> bytes:
        """The playlist, compressed with gzip. Raises OSError when the file can't be read."""
        async with self._one:
            newest = self._newest
            if self._made is None or self._made[:2] != (newest, ended):
                facts = DvrFacts(target, tuple(self._changes), tuple(self._discontinuities), ended)
                self._made = (newest, ended, await asyncio.to_thread(self._make, folder, facts))
            return self._made[2]

    def _make(self, folder: Path, facts: DvrFacts) -> bytes:
        entries = read_tail(folder / event_file.NAME, self._seconds, self._segment)
        return zipped(render(entries, facts))


def zipped(data: bytes) -> bytes:
    """The data as gzip."""
    packer = zlib.compressobj(6, zlib.DEFLATED, 31)
    return packer.compress(data) + packer.flush()


def unzipped(data: bytes) -> bytes:
    """What `zipped` packed."""
    return zlib.decompress(data, 31)
