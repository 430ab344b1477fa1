"""Audio and video tags of a publisher in, parts and segments out. Sans-IO: no clock, no file, no socket."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from .audio import AudioConfig
from .chunks import VIDEO
from .errors import MediaRejected
from .flv import VideoFrame, audio_tag, video_tag
from .h264 import VideoConfig
from .opus import packet_samples
from .segmenter import SNAP, Picture, Segmenter, Sound
from .segments import Observer
from .taps import Tap
from .timeline import Timeline

_ROUNDING: Final = 1  # RTMP times are whole ms: ten frames of 33.3 may take 334
_EARLY: Final = 50  # a keyframe so many ms before the segment target still closes the segment
_HELD: Final = 400
_EARLY_SOUNDS: Final = 50  # about a second before the first picture; older ones lie before it anyway
_STOPPED: Final = 5000
_NO_KEYFRAME: Final = "No keyframe has come for 12 seconds: set the keyframe interval to 2 s in OBS, Settings > Output."
_NO_PICTURE: Final = "No picture has come for 12 seconds: check the video source in the encoder."


@dataclass(frozen=True, slots=True)
class PackSettings:
    """How media is cut; seconds, but for `segment_bytes`."""

    part: float = 0.333
    segment: float = 2.0
    longest_segment: float = 12.0
    segment_bytes: int = 16 << 20
    config_wait: float = 0.5


class Packager:
    """Packages one broadcast: `begin` for each publisher, `media` for each tag, `end` when it is gone."""

    def __init__(
        self, observers: Sequence[Observer], wall: Callable[[], float], settings: PackSettings | None = None
    ) -> None:
        self.settings = settings or PackSettings()
        self.wall = wall
        self.taps: list[Tap] = []
        self._out = Segmenter(observers, wall)
        self._timeline = Timeline()
        self._part_limit = self.settings.part * 1000 + _ROUNDING
        self._reset()

    def _reset(self) -> None:
        self.video: VideoConfig | None = None
        self.audio: AudioConfig | None = None
        self._pictures: list[Picture] = []
        self._sounds: list[Sound] = []
        self._held: list[tuple[int, VideoFrame | memoryview]] | None = []
        self._held_from: int | None = None
        self._early: list[tuple[int, memoryview]] = []
        self._keyless_from: int | None = None
        self._with_picture = False
        self._usual = 33
        self._part_ms = self._segment_bytes = self._waiting_samples = 0

    # --- the publisher

    @property
    def started(self) -> bool:
        """Whether anything was packaged so far."""
        return self._out.started

    @property
    def end_wall(self) -> float:
        """The time at which the last packaged frame ends, in seconds since 1970."""
        return self._out.end_wall

    def begin(self) -> None:
        """A publisher comes; what it sends follows what was there, after a discontinuity."""
        self.end()
        self._out.discontinuity = self._out.started
        self._out.next_sample = None
        self._timeline.begin(max(self._out.end_ms, self._out.shown_ms))
        self._reset()

    def adopt(self, other: Packager) -> None:
        """Go on with a publisher whose codec settings `other` has heard; call it after `begin`."""
        if other.video is not None or other.audio is not None:
            self.video, self.audio = other.video, other.audio
            self._held = None

    def end(self) -> None:
        """The publisher is gone: what is waiting becomes the last part, and the segment is closed."""
        self._release()
        if self._pictures:
            self._pictures[-1].duration = self._usual
        self._cut_segment()
        for tap in self.taps:
            tap.ended()

    def media(self, kind: int, timestamp: int, body: bytearray) -> None:
        """One tag (8 audio, 9 video) at `timestamp` ms. Raises MediaRejected with a sentence for people."""
        item = video_tag(body) if kind == VIDEO else audio_tag(body)
        if item is None:
            return
        if isinstance(item, VideoConfig):
            self.video = item
        elif isinstance(item, AudioConfig):
            self._configure_audio(item)
        elif self._held is None:
            self._frame(timestamp, item)
        else:
            self._held.append((timestamp, item))
        if self._held is not None and self._decided(timestamp):
            self._release()

    def _decided(self, timestamp: int) -> bool:
        """Whether it is known which tracks there are: both, or what came within half a second."""
        if self._held_from is None:
            self._held_from = timestamp
        if self.video is not None and self.audio is not None:
            return True
        waited = (timestamp - self._held_from) & 0xFFFFFFFF
        return waited >= self.settings.config_wait * 1000 or len(self._held or ()) >= _HELD

    def _release(self) -> None:
        held, self._held = self._held, None
        for timestamp, item in held or ():
            self._frame(timestamp, item)

    def _frame(self, timestamp: int, item: VideoFrame | memoryview) -> None:
        if isinstance(item, VideoFrame):
            self._picture(timestamp, item)
        else:
            self._sound(timestamp, item)

    # --- picture

    def _picture(self, timestamp: int, frame: VideoFrame) -> None:
        if self.video is None or not self._decodable(timestamp, frame):
            return
        if not self._with_picture and self._out.segment is None:
            # after a break nothing may lie on the screen at the same time as what was there before
            self._timeline.begin(max(self._out.end_ms, self._out.shown_ms - frame.offset))
        at, jumped = self._timeline.video(timestamp, self._usual)
        if self._pictures:
            self._finish_last_picture(at)
        self._out.discontinuity |= jumped
        if frame.keyframe:
            self._keyframe(at)
        elif self._part_full(self._usual):
            self._cut_part()
        self._pictures.append(Picture(at, frame))
        for tap in self.taps:
            tap.picture(at, frame, self.video)
        self._count(len(frame.data), at)

    def _decodable(self, timestamp: int, frame: VideoFrame) -> bool:
        """Whether a decoder could show it: after a keyframe, and with the setting that the segment has."""
        if frame.keyframe or (self._with_picture and self._out.video == self.video):
            self._keyless_from = None
            return True
        if self._keyless_from is None:
            self._keyless_from = timestamp
        if (timestamp - self._keyless_from) & 0xFFFFFFFF > self.settings.longest_segment * 1000:
            raise MediaRejected(_NO_KEYFRAME)
        return False

    def _finish_last_picture(self, at: int) -> None:
        last = self._pictures[-1]
        last.duration = at - last.at
        self._part_ms += last.duration
        if last.duration <= 1000:
            self._usual = last.duration

    def _part_full(self, coming: float) -> bool:
        return self._part_ms + coming > self._part_limit

    def _keyframe(self, at: int) -> None:
        fresh, self._with_picture = not self._with_picture, True
        due = at - self._out.start_ms >= self.settings.segment * 1000 - _EARLY
        stale = (self._out.video, self._out.audio) != (self.video, self.audio)
        if due or fresh or stale or self._out.discontinuity:
            self._cut_segment()
        elif self._part_full(self._usual):
            self._cut_part()
        if self._out.segment is None:
            self._open(at)
        if fresh:
            early, self._early = self._early, []
            for timestamp, data in early:
                self._sound(timestamp, data)

    # --- sound

    def _configure_audio(self, config: AudioConfig) -> None:
        if config == self.audio:
            return
        if self._out.segment is not None and not self._with_picture:
            self._cut_segment()
        self.audio = config

    def _sound(self, timestamp: int, data: memoryview) -> None:
        audio = self.audio
        if audio is None:
            return
        if self.video is not None and not self._with_picture and self._out.segment is None:
            self._early.append((timestamp, data))
            del self._early[:-_EARLY_SOUNDS]
            return
        samples = packet_samples(data) if audio.kind == "opus" else audio.frame
        length = samples * 1000 / audio.rate
        at, jumped = self._timeline.audio(timestamp, int(length))
        if not self._with_picture:
            self._cut_before_sound(at, length, jumped=jumped)
        elif self._out.audio != audio or at < self._sound_floor(audio.rate):
            return
        self._sounds.append(Sound(at, data, samples))
        self._waiting_samples += samples
        for tap in self.taps:
            tap.sound(at, data, samples, audio)
        self._count(len(data), at)

    def _sound_floor(self, rate: int) -> float:
        """Sound before this time (ms) was packaged already, or lies before the first picture."""
        if self._out.next_sample is not None:
            return (self._out.next_sample + self._waiting_samples) * 1000 / rate - SNAP
        if self._sounds:
            return self._sounds[0].at + self._waiting_samples * 1000 / rate - SNAP
        return float(self._out.start_ms)

    def _cut_before_sound(self, at: int, length: float, *, jumped: bool) -> None:
        """Without a picture the sound itself decides where parts and segments end."""
        self._out.discontinuity |= jumped
        waiting = self._waiting_samples * 1000 / (self.audio.rate if self.audio else 1)
        if jumped or at - self._out.start_ms >= self.settings.segment * 1000 - _EARLY:
            self._cut_segment()
        elif self._sounds and waiting + length > self._part_limit:
            self._cut_part()
        if self._out.segment is None:
            self._open(at)

    # --- parts and segments

    def _count(self, size: int, at: int) -> None:
        self._segment_bytes += size
        if at - self._out.start_ms > self.settings.longest_segment * 1000:
            shown = self._pictures[-1].at if self._pictures else self._out.start_ms
            raise MediaRejected(_NO_PICTURE if at - shown > _STOPPED else _NO_KEYFRAME)
        if self._segment_bytes > self.settings.segment_bytes:
            raise MediaRejected("The bitrate is too high for this keyframe interval: set it to 2 s.")

    def _open(self, at: int) -> None:
        if self.audio != self._out.audio:
            self._out.next_sample = None
        self._segment_bytes = 0
        self._out.open(at, self.video if self._with_picture else None, self.audio)
        if self._out.segment is not None:
            for tap in self.taps:
                tap.opened(self._out.segment, at)

    def _cut_part(self) -> None:
        self._out.add_part(self._pictures, self._sounds)
        self._pictures, self._sounds = [], []
        self._part_ms = self._waiting_samples = 0

    def _cut_segment(self) -> None:
        self._cut_part()
        self._out.close()
