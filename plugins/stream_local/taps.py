"""Frames on the broadcast's own time line, for whoever makes other renditions of them."""

from __future__ import annotations

from typing import Protocol

from .audio import AudioConfig
from .flv import VideoFrame
from .h264 import VideoConfig
from .segments import Segment


class Tap(Protocol):
    """Hears of each frame that is packaged, in order. Must not raise; times in ms since the broadcast began."""

    def opened(self, segment: Segment, at: int) -> None:
        """A segment begins with the next frame, at `at`."""

    def picture(self, at: int, frame: VideoFrame, config: VideoConfig) -> None:
        """A coded picture; `at` is its decoding time."""

    def sound(self, at: int, data: memoryview, samples: int, config: AudioConfig) -> None:
        """A coded sound frame."""

    def ended(self) -> None:
        """The publisher is gone; another one may come."""
