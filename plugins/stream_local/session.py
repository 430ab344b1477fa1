"""Between an accepted publisher and the packager: counts, bounds, and cuts off when told to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Protocol
from uuid import UUID

from .errors import MediaRejected
from .health import HealthMonitor
from .packager import Packager

_BURST: Final = 20.0
"""Seconds of the highest bitrate that may come at once: after a pause encoders send what they kept."""


class Publisher(Protocol):
    """A connection that publishes, as the hub sees it."""

    @property
    def peer(self) -> str:
        """The network address."""

    def dismiss(self, sentence: str) -> None:
        """Close it and let the encoder show `sentence`."""


class PublishSession:
    """The media of one publisher. After `detach` it takes nothing and its end is no news."""

    def __init__(
        self,
        publish_id: UUID,
        packager: Packager,
        health: HealthMonitor,
        monotonic: Callable[[], float],
        *,
        max_kbps: int,
        on_end: Callable[[PublishSession, bool], None],
    ) -> None:
        self.publish_id = publish_id
        self.health = health
        self._packager = packager
        self._monotonic = monotonic
        self._max_kbps = max_kbps
        self._rate = max_kbps * 125.0
        self._credit = self._rate * _BURST
        self._counted = monotonic()
        self._on_end = on_end
        self._attached = True

    def media(self, kind: int, timestamp: int, body: bytearray) -> None:
        """One audio (8) or video (9) tag, `timestamp` in ms. Raises MediaRejected."""
        if not self._attached:
            return
        now = self._monotonic()
        self.health.media(kind, timestamp, body, now)
        self._spend(len(body), now)
        self._packager.media(kind, timestamp, body)

    def _spend(self, size: int, now: float) -> None:
        full = self._rate * _BURST
        self._credit = min(full, self._credit + (now - self._counted) * self._rate) - size
        self._counted = now
        if self._credit < 0:
            raise MediaRejected(
                f"The bitrate is above {self._max_kbps} kb/s: set at most that in OBS, Settings > Output."
            )

    def ended(self, clean: bool) -> None:
        """The publisher is gone; `clean` when it said so."""
        if self._attached:
            self._attached = False
            self._on_end(self, clean)

    def redirect(self, packager: Packager) -> None:
        """What comes from now on belongs to another broadcast."""
        self._packager = packager

    def detach(self) -> None:
        """Another publisher took over, or the broadcast is over."""
        self._attached = False
