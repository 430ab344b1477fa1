"""The text of HLS playlists: low latency, plain, and the growing one of a recording."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from .segments import Part, Segment

ENDLIST: Final = "#EXT-X-ENDLIST"


@dataclass(frozen=True, slots=True)
class PlaylistView:
    """What a live playlist shows: closed segments, the open one, and where the next part will be."""

    closed: Sequence[Segment]
    open: Segment | None
    next_msn: int
    target: int
    part_target: float
    part_segments: int
    gone_discontinuities: int
    ended: bool


def target_duration(seconds: float) -> int:
    """EXT-X-TARGETDURATION for segments up to `seconds`: each, rounded, must not be longer."""
    return max(1, math.floor(seconds + 0.5))


def program_date(wall: float) -> str:
    """EXT-X-PROGRAM-DATE-TIME for seconds since 1970."""
    at = datetime.fromtimestamp(wall, UTC).isoformat(timespec="milliseconds")
    return f"#EXT-X-PROGRAM-DATE-TIME:{at.replace('+00:00', 'Z')}"


def low_latency(view: PlaylistView) -> bytes:
    """The playlist with parts, blocking reload and a hint for the next part."""
    target = max(view.part_target, *(part.duration for part in _shown_parts(view)), 0.0)
    hold = max(3 * target, 0.9)
    control = f"CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK={hold:.3f},HOLD-BACK={3 * view.target:.1f}"
    lines = [
        *_head(view, 9),
        f"#EXT-X-SERVER-CONTROL:{control}",
        f"#EXT-X-PART-INF:PART-TARGET={target:.3f}",
    ]
    shown = [*view.closed, *([view.open] if view.open else [])]
    init: int | None = None
    for index, segment in enumerate(shown):
        lines += _segment_head(segment, init)
        init = segment.init
        if index >= len(shown) - view.part_segments:
            lines += (_part_line(segment.msn, k, part) for k, part in enumerate(segment.parts))
        if segment is not view.open:
            lines += _segment_tail(segment)
    if not view.ended:
        part = len(view.open.parts) if view.open else 0
        lines.append(f'#EXT-X-PRELOAD-HINT:TYPE=PART,URI="{view.next_msn}.{part}.m4s"')
    return _text(lines, ended=view.ended)


def plain(view: PlaylistView) -> bytes:
    """The playlist of whole segments, for players without low latency."""
    lines = list(_head(view, 7))
    init: int | None = None
    for segment in view.closed:
        lines += (*_segment_head(segment, init), *_segment_tail(segment))
        init = segment.init
    return _text(lines, ended=view.ended)


def recording_head(target: int) -> list[str]:
    """The first lines of a playlist that only grows."""
    return [
        "#EXTM3U",
        "#EXT-X-VERSION:7",
        f"#EXT-X-TARGETDURATION:{target}",
        "#EXT-X-PLAYLIST-TYPE:EVENT",
        "#EXT-X-INDEPENDENT-SEGMENTS",
        "#EXT-X-MEDIA-SEQUENCE:0",
    ]


def recording_entry(segment: Segment, init_before: int | None) -> list[str]:
    """The lines of one closed segment in a recording's playlist."""
    return [*_segment_head(segment, init_before), *_segment_tail(segment)]


def _head(view: PlaylistView, version: int) -> Iterable[str]:
    first = view.closed[0].msn if view.closed else view.open.msn if view.open else view.next_msn
    yield "#EXTM3U"
    yield f"#EXT-X-VERSION:{version}"
    yield f"#EXT-X-TARGETDURATION:{view.target}"
    yield "#EXT-X-INDEPENDENT-SEGMENTS"
    yield f"#EXT-X-MEDIA-SEQUENCE:{first}"
    if view.gone_discontinuities:
        yield f"#EXT-X-DISCONTINUITY-SEQUENCE:{view.gone_discontinuities}"


def _segment_head(segment: Segment, init_before: int | None) -> Iterable[str]:
    if segment.discontinuity:
        yield "#EXT-X-DISCONTINUITY"
    if segment.init != init_before:
        yield f'#EXT-X-MAP:URI="init{segment.init}.mp4"'
    yield program_date(segment.wall)


def _segment_tail(segment: Segment) -> Iterable[str]:
    yield f"#EXTINF:{segment.duration:.3f},"
    yield f"{segment.msn}.m4s"


def _part_line(msn: int, index: int, part: Part) -> str:
    independent = ",INDEPENDENT=YES" if part.independent else ""
    return f'#EXT-X-PART:DURATION={part.duration:.3f},URI="{msn}.{index}.m4s"{independent}'


def _shown_parts(view: PlaylistView) -> Iterable[Part]:
    for segment in [*view.closed, *([view.open] if view.open else [])][-view.part_segments :]:
        yield from segment.parts


def _text(lines: list[str], *, ended: bool) -> bytes:
    if ended:
        lines.append(ENDLIST)
    return ("\n".join(lines) + "\n").encode()
