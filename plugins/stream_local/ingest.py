"""One ingest's life: idle, connecting, live, reconnecting; nothing else changes its state."""

from __future__ import annotations

from enum import StrEnum
from typing import Final, Protocol
from uuid import UUID

from .broadcast import Broadcast, HubSettings
from .health import NOTHING, HealthLimits, HealthMonitor, HealthReport
from .ports import Admission, Connected, Disconnected, Ended, EndReason, Fact, Started, Time, Timer, instant
from .segments import Segment
from .session import Publisher, PublishSession

ENDED: Final = "The stream was ended in the studio."


class IngestState(StrEnum):
    """What an ingest is doing."""

    IDLE = "idle"
    CONNECTING = "connecting"
    LIVE = "live"
    RECONNECTING = "reconnecting"


class IngestHost(Protocol):
    """What an ingest needs of the hub."""

    @property
    def settings(self) -> HubSettings: ...

    @property
    def time(self) -> Time: ...

    def new_id(self) -> UUID: ...

    def begin(self, ingest: LiveIngest, *, record: bool, rehearsal: bool) -> Broadcast: ...

    def over(self, broadcast: Broadcast) -> None: ...

    def tell(self, fact: Fact) -> None: ...


class LiveIngest:
    """State machine of one ingest. Publishers come and go; the broadcast outlives them for a while."""

    def __init__(self, ingest_id: str, host: IngestHost) -> None:
        self.id = ingest_id
        self._host = host
        self._session: PublishSession | None = None
        self._publisher: Publisher | None = None
        self._window: Timer | None = None
        self._window_ends: float | None = None
        self._refuse_until = 0.0
        self._version = 0
        self._record = True
        self.broadcast: Broadcast | None = None

    # --- what it is doing

    @property
    def state(self) -> IngestState:
        """What the ingest is doing now."""
        if self.broadcast is None:
            return IngestState.IDLE
        if not self.broadcast.packager.started:
            return IngestState.CONNECTING
        fresh = self._session is not None and self._window_ends is None
        return IngestState.LIVE if fresh else IngestState.RECONNECTING

    @property
    def publishing(self) -> bool:
        """Whether an encoder is connected."""
        return self._session is not None

    def refused_for(self) -> float:
        """Seconds for which the ingest takes no publisher, after its stream was ended by hand."""
        return max(0.0, self._refuse_until - self._host.time.monotonic())

    def allow_again(self) -> None:
        """Take publishers at once, although the stream was just ended."""
        self._refuse_until = 0.0

    def tick(self) -> None:
        """Keep the history of health; called every second."""
        if self._session is not None:
            self._session.health.tick(self._host.time.monotonic())

    def health(self) -> HealthReport:
        """How what comes in is."""
        return self._session.health.report(self._host.time.monotonic()) if self._session else NOTHING

    # --- publishers

    def attach(self, publisher: Publisher, admission: Admission) -> PublishSession:
        """A publisher with the right key: it goes on with the broadcast, or begins one."""
        old, before = self._session, self._publisher
        self._session = self._publisher = None
        if old is not None and before is not None:
            old.detach()
            before.dismiss("Another encoder took over with the same stream key.")
        self._cancel_window()
        continues = self.broadcast is not None
        if self.broadcast is None:
            self.broadcast = self._host.begin(self, record=admission.record, rehearsal=admission.rehearsal)
        broadcast = self.broadcast
        broadcast.packager.begin()
        session = self._new_session(broadcast)
        self._version, self._record = admission.version, admission.record
        self._session, self._publisher = session, publisher
        at, private = instant(self._host.time.wall()), broadcast.rehearsal
        self._host.tell(Connected(self.id, broadcast.id, at, session.publish_id, continues, rehearsal=private))
        return session

    def _new_session(self, broadcast: Broadcast) -> PublishSession:
        settings = self._host.settings
        limits = HealthLimits(warn_kbps=settings.warn_kbps)
        health = HealthMonitor(self._host.time.monotonic(), limits)
        return PublishSession(
            self._host.new_id(),
            broadcast.packager,
            health,
            self._host.time.monotonic,
            max_kbps=settings.max_kbps,
            on_end=self._gone,
        )

    def _gone(self, session: PublishSession, clean: bool) -> None:
        """The publisher left by itself, or its connection broke."""
        broadcast = self.broadcast
        if session is not self._session or broadcast is None:
            return
        self._session = self._publisher = None
        broadcast.packager.end()
        if not broadcast.packager.started:
            self.broadcast = None
            self._host.over(broadcast)
            return
        self._open_window(broadcast, session, clean)

    def _open_window(self, broadcast: Broadcast, session: PublishSession, clean: bool) -> None:
        settings, time = self._host.settings, self._host.time
        length = settings.reconnect_clean if clean else settings.reconnect
        now = time.monotonic()
        if self._window_ends is not None:
            # it came back without sending anything: the first window goes on
            length = max(0.0, self._window_ends - now)
        self._window_ends = now + length
        reason: EndReason = "unpublish" if clean else "timeout"
        self._window = time.later(length, lambda: self._window_over(reason))
        at, private = instant(time.wall()), broadcast.rehearsal
        self._host.tell(Disconnected(self.id, broadcast.id, at, session.publish_id, clean, length, rehearsal=private))

    def _window_over(self, reason: EndReason) -> None:
        self._window = None
        if self._session is None:
            self.end(reason)

    def _cancel_window(self) -> None:
        if self._window is not None:
            self._window.cancel()
            self._window = None

    # --- the broadcast

    def segment_opened(self) -> None:
        """Media is packaged: a publisher that was lost is really back."""
        self._window_ends = None

    def segment_closed(self, broadcast: Broadcast, segment: Segment) -> None:
        """A segment is whole; with the first one the broadcast can be watched."""
        if not broadcast.started:
            broadcast.started = True
            at, silent = instant(segment.wall), broadcast.packager.video is None
            self._host.tell(Started(self.id, broadcast.id, at, rehearsal=broadcast.rehearsal, audio_only=silent))

    def kick(self, sentence: str, below: int | None = None) -> bool:
        """Close the publisher, if its key's version is under `below`; the reconnect window opens."""
        publisher = self._publisher
        if publisher is None or (below is not None and self._version >= below):
            return False
        publisher.dismiss(sentence)
        return True

    def end(self, reason: EndReason, sentence: str = ENDED) -> bool:
        """End the broadcast at once. False when there is none."""
        broadcast = self.broadcast
        if reason in ("creator", "moderation"):
            self._refuse_until = self._host.time.monotonic() + self._host.settings.refuse_after_end
        if broadcast is None:
            return False
        session, publisher = self._session, self._publisher
        self._session = self._publisher = self.broadcast = self._window_ends = None
        self._cancel_window()
        if session is not None and publisher is not None:
            session.detach()
            publisher.dismiss(sentence)
        self._close(broadcast, reason)
        return True

    def go_public(self) -> bool:
        """End the rehearsal; what the encoder goes on sending begins a broadcast of its own, for everyone.

        Nothing of the rehearsal is in it, neither in its files nor in its window. False when there is no rehearsal.
        """
        rehearsal, session = self.broadcast, self._session
        if rehearsal is None or not rehearsal.rehearsal:
            return False
        self.broadcast = self._window_ends = None
        self._cancel_window()
        if session is not None:
            fresh = self.broadcast = self._host.begin(self, record=self._record, rehearsal=False)
            fresh.packager.begin()
            fresh.packager.adopt(rehearsal.packager)
            session.redirect(fresh.packager)
        self._close(rehearsal, "creator")
        return True

    def _close(self, broadcast: Broadcast, reason: EndReason) -> None:
        broadcast.packager.end()
        broadcast.reason = reason
        if broadcast.started:
            at = instant(broadcast.packager.end_wall)
            self._host.tell(Ended(self.id, broadcast.id, at, reason, rehearsal=broadcast.rehearsal))
        self._host.over(broadcast)
