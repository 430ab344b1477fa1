"""Frames to parts, parts to segments; each is handed to the observers as soon as it is there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from .audio import AudioConfig
from .flv import VideoFrame
from .fmp4 import AUDIO_TRACK, VIDEO_SCALE, VIDEO_TRACK, Run, fragment, init_segment
from .h264 import VideoConfig
from .segments import Observer, Part, Segment

_MS: Final = VIDEO_SCALE // 1000
SNAP: Final = 100
"""Sound is put to its tag's time only when it is off by more ms than RTMP's rounding explains."""
LATE: Final = 1
"""Sound lies so many ms late (nobody hears it), so that a part's sound ends behind its pictures, never a rounding
before them: there hls.js takes the buffer's end for the middle of a segment and may stop fetching (decisions/009)."""


@dataclass(slots=True)
class Picture:
    """A coded picture at `at` ms; its duration in ms is known when the next one comes."""

    at: int
    frame: VideoFrame
    duration: int = 0


@dataclass(slots=True)
class Sound:
    """A coded sound frame at `at` ms."""

    at: int
    data: memoryview
    samples: int


class Segmenter:
    """Holds the open segment. `discontinuity` is set by the caller and goes with the next segment.

    `end_ms` is where decoding ends, `shown_ms` where the last picture and sound end on the screen.
    """

    def __init__(self, observers: Sequence[Observer], wall: Callable[[], float]) -> None:
        self._observers, self._wall = observers, wall
        self._init = b""
        self._inits = self._next_msn = self._sequence = 0
        self._wall_zero: float | None = None
        self._follows = False
        self.segment: Segment | None = None
        self.video: VideoConfig | None = None
        self.audio: AudioConfig | None = None
        self.discontinuity = False
        self.start_ms = self.end_ms = self.shown_ms = 0
        self.next_sample: int | None = None

    @property
    def started(self) -> bool:
        """Whether there was any segment so far."""
        return self._next_msn > 0

    @property
    def end_wall(self) -> float:
        """The time at which the last packaged frame ends, in seconds since 1970."""
        return (self._wall() if self._wall_zero is None else self._wall_zero) + self.end_ms / 1000

    def open(self, at: int, video: VideoConfig | None, audio: AudioConfig | None) -> None:
        """Begin a segment at `at` ms, with a new init segment when the tracks have other settings."""
        if (video, audio) != (self.video, self.audio) or not self._inits:
            self.video, self.audio = video, audio
            self._add_init(init_segment(video, audio))
        if self._wall_zero is None or (self.discontinuity and not self._follows):
            self._wall_zero = self._wall() - at / 1000
        wall = self._wall_zero + at / 1000
        self.segment = Segment(self._next_msn, self._inits - 1, self.discontinuity, wall)
        self._next_msn += 1
        self.discontinuity = False
        self.start_ms = at
        for observer in self._observers:
            observer.segment_opened(self.segment)

    def follow(self, segment: Segment, at: int) -> None:
        """The next segment, at `at` ms, stands beside `segment` of another rendition: same number, same time."""
        self._next_msn, self._wall_zero = segment.msn, segment.wall - at / 1000
        self.discontinuity = segment.discontinuity
        self._follows = True

    def _add_init(self, data: bytes) -> None:
        if data == self._init:
            return
        # players have to set up their decoders again
        self.discontinuity = self.discontinuity or self._inits > 0
        self._init = data
        self._inits += 1
        for observer in self._observers:
            observer.init_added(self._inits - 1, data)

    def add_part(self, pictures: Sequence[Picture], sounds: Sequence[Sound]) -> None:
        """What was waiting becomes a part of the open segment."""
        if self.segment is None or not (pictures or sounds):
            return
        runs, seconds, independent = [], 0.0, True
        if pictures:
            run = _video_run(pictures)
            runs.append(run)
            seconds, independent = run.duration / VIDEO_SCALE, pictures[0].frame.keyframe
            self.end_ms = pictures[-1].at + pictures[-1].duration
            last = max(picture.at + picture.frame.offset + picture.duration for picture in pictures)
            self.shown_ms = max(self.shown_ms, last)
        if sounds and self.audio is not None:
            run = self._audio_run(sounds, self.audio.rate)
            runs.append(run)
            end = -(-(run.start + run.duration) * 1000 // self.audio.rate)
            self.shown_ms = max(self.shown_ms, end)
            if not pictures:
                seconds = run.duration / self.audio.rate
                self.end_ms = max(self.end_ms, end)
        self._sequence += 1
        part = Part(fragment(self._sequence, runs), seconds, independent)
        self.segment.add(part)
        for observer in self._observers:
            observer.part_added(self.segment, part)

    def _audio_run(self, sounds: Sequence[Sound], rate: int) -> Run:
        exact = (sounds[0].at + LATE) * rate // 1000
        start = self.next_sample
        if start is None or exact - start > rate * SNAP // 1000:
            start = exact
        run = Run(AUDIO_TRACK, start)
        for sound in sounds:
            run.add(sound.data, sound.samples)
        self.next_sample = start + run.duration
        return run

    def close(self) -> None:
        """The open segment is whole."""
        segment, self.segment = self.segment, None
        if segment is None:
            return
        segment.closed = True
        for observer in self._observers:
            observer.segment_closed(segment)


def _video_run(pictures: Sequence[Picture]) -> Run:
    run = Run(VIDEO_TRACK, pictures[0].at * _MS)
    for picture in pictures:
        frame = picture.frame
        run.add(frame.data, picture.duration * _MS, keyframe=frame.keyframe, offset=frame.offset * _MS)
    return run
