"""Whether a page's media arrives as fast as it is made, and how much of it: pure counting, no clock of its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from .errors import MediaRejected

LATE_S: Final = 1.5
"""So far behind its own best the media may be before the page is told to send less."""
_AGAIN_S: Final = 4.0
_BURST_S: Final = 20.0


class Lateness:
    """Compares the media's clock with ours; what counts is the growth of the distance."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._best: float | None = None
        self._told = float("-inf")

    def behind(self, ms: int) -> float:
        """Seconds by which a frame of time `ms` is later than the earliest was."""
        distance = self._monotonic() - ms / 1000
        if self._best is None or distance < self._best:
            self._best = distance
        return distance - self._best

    def should_tell(self, ms: int) -> bool:
        """Whether the page should hear now that it sends too much; not more often than every four seconds."""
        now = self._monotonic()
        if self.behind(ms) < LATE_S or now - self._told < _AGAIN_S:
            return False
        self._told = now
        return True


class Allowance:
    """A bucket of bytes that fills with `kbps`: for what is not media yet when it comes, as WebM is."""

    def __init__(self, monotonic: Callable[[], float], kbps: int) -> None:
        self._monotonic, self._kbps = monotonic, kbps
        self._full = kbps * 125.0 * _BURST_S
        self._left, self._at = self._full, monotonic()

    def spend(self, size: int) -> None:
        """Take `size` bytes out. Raises MediaRejected when there are none left."""
        now = self._monotonic()
        self._left = min(self._full, self._left + (now - self._at) * self._kbps * 125) - size
        self._at = now
        if self._left < 0:
            raise MediaRejected(f"The bitrate is above {self._kbps} kb/s: choose a lower quality.")
