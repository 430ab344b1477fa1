"""The health of what an encoder sends, in words that a creator understands."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

from .chunks import VIDEO

Verdict = Literal["excellent", "good", "poor", "none"]
Level = Literal["info", "warn", "bad"]

INTERVAL: Final = 2.0
"""Seconds of one value of the bitrate history."""
_HISTORY: Final = 60
_RECENT: Final = 5
_GAP_MEMORY: Final = 30.0
_SETTLE: Final = 6.0


@dataclass(frozen=True, slots=True)
class HealthLimits:
    """What counts as too much or too little; kilobits and frames a second, seconds."""

    warn_kbps: int = 6000
    low_kbps: int = 300
    low_fps: float = 20.0
    keyframes_warn: float = 2.6
    keyframes_bad: float = 4.2
    late_warn: float = 1.0
    late_bad: float = 3.0
    silent: float = 3.0


@dataclass(frozen=True, slots=True)
class Remark:
    """What is so, and what the creator can do about it. `code` is a stable word."""

    level: Level
    code: str
    text: str


@dataclass(frozen=True, slots=True)
class HealthReport:
    """How the last ten seconds were; the history is in kilobits a second, oldest first."""

    verdict: Verdict
    remarks: tuple[Remark, ...]
    kbps: int | None
    fps: float | None
    keyframe_interval: float | None
    history: tuple[int, ...]


NOTHING: Final = HealthReport("none", (), None, None, None, ())


class _Slot(NamedTuple):
    kilobits: float
    frames: int
    sounds: int
    seconds: float


class HealthMonitor:
    """Counts what comes in: `media` for each tag, `tick` every two seconds, `report` when somebody asks."""

    def __init__(self, now: float, limits: HealthLimits | None = None) -> None:
        self.limits = limits or HealthLimits()
        self._began = self._tick = self._heard = now
        self._bytes = self._frames = self._sounds = 0
        self._slots: deque[_Slot] = deque(maxlen=_HISTORY)
        self._lags: deque[float] = deque(maxlen=_HISTORY)
        self._lag_low: float | None = None
        self._lag = 0.0
        self._last: int | None = None
        self._key: int | None = None
        self._key_gap: float | None = None
        self._step = 0
        self._gaps: deque[tuple[float, int]] = deque(maxlen=1000)

    def media(self, kind: int, timestamp: int, body: bytearray, now: float) -> None:
        """One tag that arrived at `now`; `timestamp` in ms as the encoder gave it."""
        self._bytes += len(body)
        self._heard = now
        if kind == VIDEO or self._last is None:
            self._lag = now - timestamp / 1000
            # an hour late is a jump of the encoder's clock
            if self._lag_low is None or not self._lag_low <= self._lag < self._lag_low + 3600:
                self._lag_low = self._lag
        if kind != VIDEO:
            self._sounds += len(body) > 2 and body[1] != 0
        elif len(body) > 5 and body[1] == 1:
            self._frames += 1
            self._picture(timestamp, body[0] >> 4 == 1, now)

    def _picture(self, timestamp: int, keyframe: bool, now: float) -> None:
        if self._last is not None:
            step = timestamp - self._last
            if 0 < step < 2000 and self._step and step > 1.6 * self._step:
                self._gaps.append((now, round(step / self._step) - 1))
            elif 0 < step < 1000:
                self._step = step
        self._last = timestamp
        if keyframe:
            if self._key is not None and timestamp > self._key:
                self._key_gap = (timestamp - self._key) / 1000
            self._key = timestamp

    def tick(self, now: float) -> None:
        """Close a slot of the history when its two seconds are over."""
        length = now - self._tick
        if length < INTERVAL:
            return
        self._slots.append(_Slot(self._bytes / 125, self._frames, self._sounds, length))
        self._lags.append(self._lag)
        if len(self._lags) == _HISTORY:
            # the encoder's clock and ours drift apart: what is late is judged over the last two minutes
            self._lag_low = min(self._lags)
        self._bytes = self._frames = self._sounds = 0
        self._tick = now

    def report(self, now: float) -> HealthReport:
        """The verdict at this moment."""
        self.tick(now)
        recent = list(self._slots)[-_RECENT:]
        seconds = sum(slot.seconds for slot in recent)
        history = tuple(round(slot.kilobits / slot.seconds) for slot in self._slots)
        if not seconds:
            return HealthReport("good", (), None, None, self._key_gap, history)
        kbps = round(sum(slot.kilobits for slot in recent) / seconds)
        fps = round(sum(slot.frames for slot in recent) / seconds, 1)
        remarks = tuple(self._remarks(now, kbps, fps, sum(slot.sounds for slot in recent)))
        return HealthReport(_verdict(remarks), remarks, kbps, fps or None, self._key_gap, history)

    def _remarks(self, now: float, kbps: int, fps: float, sounds: int) -> Iterator[Remark]:
        if now - self._heard > self.limits.silent:
            text = f"Nothing has come for {now - self._heard:.0f} seconds: check the connection of the encoder."
            yield Remark("bad", "no_data", text)
            return
        yield from self._on_keyframes(now)
        yield from self._on_lateness()
        yield from self._on_bitrate(kbps, fps)
        if not fps:
            yield Remark("info", "no_picture", "Only sound arrives: add a video source to show a picture.")
        elif now - self._began > _SETTLE and fps < self.limits.low_fps:
            yield Remark("warn", "low_fps", f"{fps:g} frames a second: set 30 in OBS, Settings > Video.")
        if not sounds:
            yield Remark("warn", "no_sound", "No sound arrives: check the audio mixer in OBS.")
        if dropped := self._dropped(now):
            text = f"{dropped} frames were dropped in the last 30 seconds: lower the bitrate in OBS."
            yield Remark("bad" if dropped > 60 else "warn", "dropped_frames", text)

    def _on_keyframes(self, now: float) -> Iterator[Remark]:
        gap = self._key_gap or 0.0
        if self._key is not None and self._last is not None:
            gap = max(gap, (self._last - self._key) / 1000)
        if gap > self.limits.keyframes_warn:
            text = f"Keyframe interval {gap:.0f} s: set 2 s in OBS, Settings > Output > Keyframe interval."
            yield Remark("bad" if gap > self.limits.keyframes_bad else "warn", "keyframe_interval", text)

    def _on_lateness(self) -> Iterator[Remark]:
        late = self._lag - (self._lag_low if self._lag_low is not None else self._lag)
        if late > self.limits.late_warn:
            text = f"The stream arrives {late:.0f} s late: the upload is too slow, lower the bitrate in OBS."
            yield Remark("bad" if late > self.limits.late_bad else "warn", "late", text)

    def _on_bitrate(self, kbps: int, fps: float) -> Iterator[Remark]:
        if kbps > self.limits.warn_kbps:
            text = f"{kbps} kb/s is more than many viewers can load: set {self.limits.warn_kbps} or less."
            yield Remark("warn", "high_bitrate", text)
        elif fps and kbps < self.limits.low_kbps:
            text = f"{kbps} kb/s is very little for a picture: set 2500 or more in OBS, Settings > Output."
            yield Remark("warn", "low_bitrate", text)

    def _dropped(self, now: float) -> int:
        while self._gaps and self._gaps[0][0] < now - _GAP_MEMORY:
            self._gaps.popleft()
        return sum(count for _, count in self._gaps)


def _verdict(remarks: tuple[Remark, ...]) -> Verdict:
    levels = {remark.level for remark in remarks}
    if "bad" in levels:
        return "poor"
    return "good" if "warn" in levels else "excellent"
