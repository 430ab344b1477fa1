"""The live window: the newest segments in memory, their playlists, and the requests that wait for more."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from . import playlist
from .playlist import PlaylistView
from .segments import Part, Segment
from .waiters import Waiters


@dataclass(frozen=True, slots=True)
class WindowSettings:
    """Seconds of a part and a segment; how many segments are shown, and how many stay in memory besides."""

    part: float = 0.333
    segment: float = 2.0
    shown: int = 6
    part_segments: int = 3
    spare: int = 1
    longest: float = 30.0


class LiveWindow:
    """An observer of the packager that answers players from memory."""

    def __init__(
        self, monotonic: Callable[[], float], settings: WindowSettings | None = None, *, gone: int = 0
    ) -> None:
        self.settings = settings or WindowSettings()
        self.waiters = Waiters(monotonic)
        self.ended = False
        self.next_msn = 0
        self._closed: deque[Segment] = deque()
        self._open: Segment | None = None
        self._inits: dict[int, bytes] = {}
        self._gone = gone  # discontinuities that the playlists no longer show
        self._bandwidth = 0
        # a segment ends at the first keyframe after its target, so one frame more than the setting is usual
        self._target = math.ceil(self.settings.segment)
        self._low_latency: bytes | None = None
        self._plain: bytes | None = None

    # --- the packager's observer

    def init_added(self, index: int, data: bytes) -> None:
        self._inits[index] = data

    def segment_opened(self, segment: Segment) -> None:
        self._open, self.next_msn = segment, segment.msn
        self._changed()

    def part_added(self, segment: Segment, part: Part) -> None:
        self._changed()

    def segment_closed(self, segment: Segment) -> None:
        self._open, self.next_msn = None, segment.msn + 1
        self._closed.append(segment)
        self._target = max(self._target, playlist.target_duration(segment.duration))
        if segment.duration:
            self._bandwidth = max(self._bandwidth, round(segment.size * 8 / segment.duration))
        self._drop_old()
        self._plain = None
        self._changed()

    def end(self) -> None:
        """No more will come: the playlists say so."""
        self.ended = True
        self._plain = None
        self._changed()
        self.waiters.release()

    def restart(self) -> None:
        """Segments are missing: what was there before is no longer shown."""
        self._gone = self.discontinuities
        self._closed.clear()
        self._open = self._plain = None
        self._changed()

    @property
    def discontinuities(self) -> int:
        """How many there were so far."""
        current = self._open is not None and self._open.discontinuity
        return self._gone + sum(segment.discontinuity for segment in self._closed) + current

    @property
    def bandwidth(self) -> int:
        """The most bits a second that a segment had."""
        return max(self._bandwidth, 64_000)

    def forget_media(self) -> None:
        """Give the memory back, where the files have it all."""
        self._low_latency, self._plain = self.low_latency(), self.plain()
        self._closed.clear()
        self._inits.clear()

    def _changed(self) -> None:
        self._low_latency = None
        self.waiters.wake()

    def _drop_old(self) -> None:
        while len(self._closed) > self._shown() + self.settings.spare:
            if self._closed.popleft().discontinuity:
                self._gone += 1
        oldest = self._closed[0].init
        for index in [index for index in self._inits if index < oldest]:
            del self._inits[index]

    def _shown(self) -> int:
        """How many closed segments the playlists show: fewer when they are long, but three at least."""
        seconds, count = 0.0, 0
        for segment in reversed(self._closed):
            seconds += segment.duration
            if count >= 3 and (count >= self.settings.shown or seconds > self.settings.longest):
                break
            count += 1
        return count

    # --- answers

    @property
    def playable(self) -> bool:
        """Whether the first segment is closed, so that the target duration is known."""
        return bool(self._closed) or self.ended

    @property
    def target(self) -> int:
        """EXT-X-TARGETDURATION in seconds."""
        return self._target

    def low_latency(self) -> bytes:
        """`index.m3u8`, kept until the next part."""
        if self._low_latency is None:
            self._low_latency = playlist.low_latency(self._view())
        return self._low_latency

    def plain(self) -> bytes:
        """`live.m3u8`, kept until the next segment."""
        if self._plain is None:
            self._plain = playlist.plain(self._view())
        return self._plain

    def _view(self) -> PlaylistView:
        hidden = len(self._closed) - self._shown()
        kept = list(self._closed)
        gone = self._gone + sum(segment.discontinuity for segment in kept[:hidden])
        return PlaylistView(
            closed=kept[hidden:],
            open=self._open,
            next_msn=self.next_msn,
            target=self._target,
            part_target=self.settings.part,
            part_segments=self.settings.part_segments,
            gone_discontinuities=gone,
            ended=self.ended,
        )

    def init(self, index: int) -> bytes | None:
        """The init segment of that number, while it is in memory."""
        return self._inits.get(index)

    def segment(self, msn: int) -> Segment | None:
        """The closed segment of that number, while it is in memory."""
        if not self._closed:
            return None
        index = msn - self._closed[0].msn
        return self._closed[index] if 0 <= index < len(self._closed) else None

    def newest(self) -> Segment | None:
        """The newest closed segment."""
        return self._closed[-1] if self._closed else None

    def part(self, msn: int, index: int) -> Part | None:
        """That part, while it is in memory."""
        current = self._open
        segment = current if current is not None and current.msn == msn else self.segment(msn)
        return segment.parts[index] if segment is not None and index < len(segment.parts) else None

    def is_next(self, msn: int, index: int) -> bool:
        """Whether that part is the one that the playlist hints at."""
        return not self.ended and msn == self.next_msn and index == self._parts()

    def has(self, msn: int, part: int | None) -> bool:
        """Whether a playlist that holds that segment, or that part of it, is there."""
        if part is None or msn != self.next_msn:
            if msn >= self.next_msn:
                return False
            beyond = part is not None and msn == self.next_msn - 1 and self._beyond(msn, part)
            return not beyond or self._parts() > 0
        return self._parts() > part

    def _beyond(self, msn: int, part: int) -> bool:
        """A part after a segment's last one stands for the first of the next segment."""
        segment = self.segment(msn)
        return segment is not None and part >= len(segment.parts)

    def _parts(self) -> int:
        return len(self._open.parts) if self._open is not None else 0
