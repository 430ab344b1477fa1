"""From the encoder's 32-bit milliseconds to one steady time line for picture and sound."""

from __future__ import annotations

from typing import Final, NamedTuple

JUMP: Final = 2000
"""A step of more than so many ms is a jump of the encoder's clock, unless the other track made it too."""
_BACK: Final = 100
_STALLED: Final = 1000


class Moment(NamedTuple):
    """Time in ms since the broadcast began; `jumped` when the encoder's clock did not run on."""

    ms: int
    jumped: bool


class _Track:
    __slots__ = ("absolute", "last", "raw", "shift")

    def __init__(self) -> None:
        self.raw: int | None = None
        self.absolute = self.shift = 0
        self.last: int | None = None

    def unwrap(self, raw: int) -> int:
        if self.raw is None:
            self.absolute = raw
        else:
            self.absolute += ((raw - self.raw + 0x80000000) & 0xFFFFFFFF) - 0x80000000
        self.raw = raw
        return self.absolute


class Timeline:
    """Places frames of both tracks. After `begin` the first frame comes right after what was there before.

    A jump is taken out of each track by its own continuity, so sound and picture stay together.
    """

    def __init__(self) -> None:
        self._start = 0
        self._origin: int | None = None
        self._video, self._audio = _Track(), _Track()
        self._audio_at_picture: int | None = None

    def begin(self, start: int) -> None:
        """A new publisher: its first frame will be at `start` ms."""
        self._start, self._origin = start, None
        self._video, self._audio = _Track(), _Track()
        self._audio_at_picture = None

    def video(self, raw: int, usual: int) -> Moment:
        """The decoding time of a picture; always later than the one before. `usual`: a frame in ms."""
        before = self._video.last
        moment = self._place(self._video, self._audio, raw, usual)
        if before is not None and moment.ms <= before:
            moment = Moment(before + 1, moment.jumped)
        self._video.last = moment.ms
        self._audio_at_picture = self._audio.last
        return moment

    def audio(self, raw: int, usual: int) -> Moment:
        """The time of a sound frame; kept within 2 s of the picture while both are coming."""
        track = self._audio
        moment = self._place(track, self._video, raw, usual)
        picture, mark = self._video.last, self._audio_at_picture
        fresh = mark is not None and abs(moment.ms - mark) <= _STALLED
        if fresh and picture is not None and abs(moment.ms - picture) > JUMP:
            track.shift += picture - moment.ms
            moment = Moment(picture, True)
        track.last = moment.ms
        return moment

    def _place(self, track: _Track, other: _Track, raw: int, usual: int) -> Moment:
        absolute = track.unwrap(raw)
        if self._origin is None:
            self._origin = absolute - self._start
        ms = absolute - self._origin + track.shift
        expected = self._expected(ms, track, other, usual)
        if expected is None:
            return Moment(ms, False)
        track.shift += expected - ms
        return Moment(expected, True)

    def _expected(self, ms: int, track: _Track, other: _Track, usual: int) -> int | None:
        """Where the frame belongs when its own time is wrong, else None."""
        confirmed = other.last is not None and abs(ms - other.last) <= JUMP
        if track.last is None:
            return None if confirmed else other.last
        step = ms - track.last
        wrong = step < -_BACK or (step > JUMP and not confirmed)
        return track.last + usual if wrong else None
