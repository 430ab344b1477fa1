"""Parts and segments, and who hears of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Part:
    """One moof + mdat pair. `duration` in seconds; `independent`: it begins with a keyframe."""

    data: bytes
    duration: float
    independent: bool


@dataclass(slots=True)
class Segment:
    """Some parts from one keyframe to another; immutable once closed.

    `init` is the number of its init segment, `wall` the time of its first frame in seconds since 1970.
    """

    msn: int
    init: int
    discontinuity: bool
    wall: float
    parts: list[Part] = field(default_factory=list)
    duration: float = 0.0
    size: int = 0
    closed: bool = False

    def add(self, part: Part) -> None:
        """One more part at the end."""
        self.parts.append(part)
        self.duration += part.duration
        self.size += len(part.data)


class Observer(Protocol):
    """Hears of all that a packager makes, in order. Must not raise."""

    def init_added(self, index: int, data: bytes) -> None: ...

    def segment_opened(self, segment: Segment) -> None: ...

    def part_added(self, segment: Segment, part: Part) -> None: ...

    def segment_closed(self, segment: Segment) -> None: ...
