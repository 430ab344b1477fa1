"""Other renditions of a broadcast than what the encoder sends: the sound alone, and what the ladder makes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from .audio import AudioConfig
from .flv import VideoFrame
from .h264 import VideoConfig
from .packager import Packager, PackSettings
from .rung import Rung
from .segmenter import Segmenter, Sound
from .segments import Segment
from .window import LiveWindow, WindowSettings

AUDIO: Final = "audio"
_ROUNDING: Final = 1


class AudioRendition:
    """A tap that packages the sound alone, in step with the broadcast's segments. Nothing is encoded anew."""

    def __init__(self, window: LiveWindow, settings: PackSettings, packager: Packager) -> None:
        self.window = window
        self._out = Segmenter([window], packager.wall)
        self._limit = settings.part * 1000 + _ROUNDING
        self._next: Segment | None = None
        self._sounds: list[Sound] = []
        self._samples = 0

    def opened(self, segment: Segment, at: int) -> None:
        self._close()
        self._next = segment

    def picture(self, at: int, frame: VideoFrame, config: VideoConfig) -> None:
        """Nothing to do."""

    def sound(self, at: int, data: memoryview, samples: int, config: AudioConfig) -> None:
        if self._next is not None:
            self._open(self._next, at, config)
            self._next = None
        if self._out.segment is None or config != self._out.audio:
            return
        if self._sounds and (self._samples + samples) * 1000 / config.rate > self._limit:
            self._cut()
        self._sounds.append(Sound(at, data, samples))
        self._samples += samples

    def ended(self) -> None:
        self._close()

    def _open(self, segment: Segment, at: int, config: AudioConfig) -> None:
        if segment.msn != self.window.next_msn or config != self._out.audio:
            self._out.next_sample = None
        if segment.msn != self.window.next_msn:
            self.window.restart()
        if segment.discontinuity:
            self._out.next_sample = None
        self._out.follow(segment, at)
        self._out.open(at, None, config)

    def _cut(self) -> None:
        self._out.add_part([], self._sounds)
        self._sounds, self._samples = [], 0

    def _close(self) -> None:
        self._cut()
        self._out.close()


class Renditions:
    """All renditions of one broadcast by name; the sound is packaged from the first request on."""

    def __init__(self, packager: Packager, window: LiveWindow) -> None:
        self._packager, self._source = packager, window
        self._settings = packager.settings
        self._audio: AudioRendition | None = None
        self.rungs: tuple[Rung, ...] = ()

    def new_window(self) -> LiveWindow:
        """A window for one more rendition; it counts discontinuities as the source does."""
        settings = WindowSettings(part=self._settings.part, segment=self._settings.segment)
        return LiveWindow(self._source.waiters.monotonic, settings, gone=self._source.discontinuities)

    def window(self, name: str) -> LiveWindow | None:
        """The window of a rendition; None for one that is not there."""
        if name != AUDIO:
            return next((rung.window for rung in self.rungs if rung.name == name and rung.alive), None)
        if self._audio is None and not self._source.ended and self._packager.audio is not None:
            self._audio = AudioRendition(self.new_window(), self._settings, self._packager)
            self._packager.taps.append(self._audio)
        return self._audio.window if self._audio is not None else None

    def expected(self) -> Sequence[Rung]:
        """The rungs that have begun, and will be playable in a moment if they are not yet."""
        return [rung for rung in self.rungs if rung.alive]

    def all_windows(self) -> Sequence[LiveWindow]:
        """The windows of all renditions but the source."""
        audio = [self._audio.window] if self._audio is not None else []
        return [*audio, *(rung.window for rung in self.rungs)]

    def master(self) -> bytes:
        """The playlist of playlists: the source first, then what the ladder makes."""
        lines = ["#EXTM3U", "#EXT-X-VERSION:9", "#EXT-X-INDEPENDENT-SEGMENTS"]
        video = self._packager.video
        size = (video.width, video.height) if video else None
        lines += self._variant(self._source.bandwidth, size, self._source_codecs(), "index.m3u8")
        for rung in self.expected():
            if rung.window.playable:
                codecs = self._codecs(rung.codec)
                lines += self._variant(rung.window.bandwidth, rung.size, codecs, f"{rung.name}/index.m3u8")
        return ("\n".join(lines) + "\n").encode()

    def _source_codecs(self) -> str:
        return self._codecs(self._packager.video.codec if self._packager.video else "")

    def _codecs(self, video: str) -> str:
        audio = self._packager.audio.codec if self._packager.audio else ""
        return ",".join(codec for codec in (video, audio) if codec)

    def _variant(self, bandwidth: int, size: tuple[int, int] | None, codecs: str, uri: str) -> list[str]:
        resolution = f",RESOLUTION={size[0]}x{size[1]}" if size else ""
        return [f'#EXT-X-STREAM-INF:BANDWIDTH={bandwidth}{resolution},CODECS="{codecs}"', uri]
