"""One rung of the ladder: what ffmpeg made of the source, packaged in step with the source's segments."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from .audio import AudioConfig
from .chunks import VIDEO
from .flv import VideoFrame, audio_tag, video_tag
from .h264 import VideoConfig
from .packager import PackSettings
from .segmenter import Picture, Segmenter, Sound
from .segments import Segment
from .window import LiveWindow

_NEAR: Final = 3
"""A keyframe so many ms beside a cut of the source is that cut: times go through ffmpeg's rounding."""
_KEPT_CUTS: Final = 64
_ROUNDING: Final = 1


@dataclass(frozen=True, slots=True)
class RungSpec:
    """What a rung is: the height of its picture and kilobits a second of it."""

    height: int
    kbps: int

    @property
    def name(self) -> str:
        """Its name in addresses and menus."""
        return f"{self.height}p"


class Rung:
    """Packages the tags that ffmpeg writes for one rung. Cuts come from the source; others are not made."""

    def __init__(self, spec: RungSpec, window: LiveWindow, wall: Callable[[], float], settings: PackSettings) -> None:
        self.spec, self.window = spec, window
        self.alive = True
        self._out = Segmenter([window], wall)
        self._limit = settings.part * 1000 + _ROUNDING
        self._cuts: OrderedDict[int, Segment] = OrderedDict()
        self._video: VideoConfig | None = None
        self._audio: AudioConfig | None = None
        self._pictures: list[Picture] = []
        self._sounds: list[Sound] = []
        self._part_ms = 0
        self._usual = 33

    @property
    def name(self) -> str:
        """Its name in addresses and menus."""
        return self.spec.name

    @property
    def size(self) -> tuple[int, int] | None:
        """Width and height, once the first picture was there."""
        return (self._video.width, self._video.height) if self._video else None

    @property
    def codec(self) -> str:
        """The video codec, once the first picture was there."""
        return self._video.codec if self._video else ""

    def cut_at(self, shown: int, segment: Segment) -> None:
        """The source begins `segment` with the picture that is shown at `shown` ms."""
        self._cuts[shown] = segment
        while len(self._cuts) > _KEPT_CUTS:
            self._cuts.popitem(last=False)

    def tag(self, kind: int, ms: int, body: bytearray) -> None:
        """One tag of ffmpeg's. Raises MediaRejected."""
        item = video_tag(body) if kind == VIDEO else audio_tag(body)
        if isinstance(item, VideoConfig):
            self._video = item
        elif isinstance(item, AudioConfig):
            self._audio = item
        elif isinstance(item, VideoFrame):
            self._picture(ms, item)
        elif item is not None:
            self._sound(ms, item)

    def _picture(self, at: int, frame: VideoFrame) -> None:
        if self._pictures:
            last = self._pictures[-1]
            last.duration = max(1, at - last.at)
            self._part_ms += last.duration
            self._usual = min(last.duration, 1000)
        cut = self._cut_of(at + frame.offset) if frame.keyframe else None
        if cut is not None:
            self._open(at, cut)
        elif self._part_ms + self._usual > self._limit:
            self._cut_part()
        if self._out.segment is not None:
            self._pictures.append(Picture(at, frame))

    def _cut_of(self, shown: int) -> Segment | None:
        for near in range(_NEAR + 1):
            for moment in (shown - near, shown + near):
                if (segment := self._cuts.pop(moment, None)) is not None:
                    return segment
        return None

    def _open(self, at: int, segment: Segment) -> None:
        self._cut_part()
        self._out.close()
        if segment.msn != self.window.next_msn:
            self.window.restart()
            self._out.next_sample = None
        if segment.discontinuity or self._out.audio != self._audio:
            self._out.next_sample = None
        self._out.follow(segment, at)
        self._out.open(at, self._video, self._audio)

    def _sound(self, at: int, data: memoryview) -> None:
        # what lies before the rung's first picture is left out
        if self._audio is None or self._out.segment is None or self._out.audio != self._audio:
            return
        self._sounds.append(Sound(at, data, self._audio.frame))

    def _cut_part(self) -> None:
        if self._pictures and not self._pictures[-1].duration:
            self._pictures[-1].duration = self._usual
        self._out.add_part(self._pictures, self._sounds)
        self._pictures, self._sounds, self._part_ms = [], [], 0

    def finish(self) -> None:
        """Nothing more comes of this ffmpeg: what waits is the end of the last segment."""
        self._cut_part()
        self._out.close()
        self._cuts.clear()
