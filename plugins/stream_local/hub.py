"""The streaming server's heart: all ingests, their broadcasts, and the recordings that come of them."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Final, Protocol
from uuid import UUID

from .archive import Archive
from .broadcast import Broadcast, HubSettings
from .health import NOTHING, HealthReport
from .ingest import ENDED, IngestState, LiveIngest
from .ports import EndReason, Fact, Gate, Journal, Refusal, Time, Timer
from .reporter import Reporter
from .session import Publisher, PublishSession

log = logging.getLogger(__name__)

_RESTART: Final = "The server is being restarted: the encoder may connect again in a moment."
_TOO_LONG: Final = "The stream has reached the longest time that this site allows: start a new one."


class LadderKeeper(Protocol):
    """Makes other qualities of broadcasts."""

    def begin(self, broadcast: Broadcast) -> None: ...

    def end(self, broadcast: Broadcast) -> None: ...


class Hub:
    """Lets publishers in, ends broadcasts, finishes recordings. One per process, in its event loop."""

    def __init__(
        self, settings: HubSettings, gate: Gate, journal: Journal, time: Time, new_id: Callable[[], UUID]
    ) -> None:
        self.settings, self.time, self.new_id = settings, time, new_id
        self._gate = gate
        self._reporter = Reporter(journal)
        self.archive = Archive(settings, self._reporter, time)
        self._ingests: dict[str, LiveIngest] = {}
        self._broadcasts: dict[str, Broadcast] = {}
        self._closing = False
        self.ladders: LadderKeeper | None = None
        self._timer: Timer | None = None

    # --- life

    async def start(self) -> list[UUID]:
        """Finish what a crash left behind, then keep time; returns what was recovered. Raises OSError."""
        recovered = await self.archive.recover()
        self._tick()
        return recovered

    async def close(self, timeout: float = 8.0) -> None:
        """End all broadcasts; what can't be written within `timeout` seconds is done at the next start."""
        self._closing = True
        if self._timer is not None:
            self._timer.cancel()
        for ingest in list(self._ingests.values()):
            ingest.end("crash", _RESTART)
        if not await self._reporter.drain(timeout):
            log.warning("not all recordings were finished; the next start does it")

    def _tick(self) -> None:
        self._timer = self.time.later(1.0, self._tick)
        self.sweep()

    def sweep(self) -> None:
        """What is due every second: requests that wait too long, too long broadcasts, idle ingests."""
        now = self.time.monotonic()
        for broadcast in self._broadcasts.values():
            for window in (broadcast.window, *broadcast.renditions.all_windows()):
                window.waiters.expire()
        for ingest in list(self._ingests.values()):
            ingest.tick()
            broadcast_now = ingest.broadcast
            if broadcast_now is not None and now - broadcast_now.began > self.settings.longest:
                ingest.end("limit", _TOO_LONG)
            if ingest.state is IngestState.IDLE and not ingest.refused_for():
                del self._ingests[ingest.id]

    # --- publishers

    async def open(self, key: str, publisher: Publisher) -> PublishSession | Refusal:
        """Let a publisher in, or say why not. `key` is secret and goes nowhere but to the gate."""
        answer = await self._gate.admit(key, publisher.peer)
        if isinstance(answer, Refusal):
            return answer
        if self._closing:
            return Refusal(_RESTART)
        ingest = self._ingests.get(answer.ingest_id)
        wait = ingest.refused_for() if ingest is not None else 0.0
        if wait > 0:
            return Refusal(f"This stream was just ended: stop it in the encoder too, then start again in {wait:.0f} s.")
        others = sum(other.publishing for other in self._ingests.values() if other is not ingest)
        if others >= self.settings.publishers:
            return Refusal(f"This site takes {self.settings.publishers} streams at once, and all are in use.")
        if ingest is None:
            ingest = self._ingests[answer.ingest_id] = LiveIngest(answer.ingest_id, self)
        return ingest.attach(publisher, answer)

    def kick(self, ingest_id: str, sentence: str, *, below: int | None = None) -> bool:
        """Close the ingest's publisher, when its key's version is under `below`; the reconnect window opens.

        False when there was none to close.
        """
        ingest = self._ingests.get(ingest_id)
        return ingest is not None and ingest.kick(sentence, below)

    def end(self, ingest_id: str, reason: EndReason, sentence: str = ENDED) -> bool:
        """End what is live on the ingest, at once; its encoder shows the sentence. False when nothing is."""
        ingest = self._ingests.get(ingest_id)
        return ingest is not None and ingest.end(reason, sentence)

    def go_public(self, ingest_id: str) -> bool:
        """Make what is rehearsed on the ingest public from now on. False when nothing is."""
        ingest = self._ingests.get(ingest_id)
        return ingest is not None and ingest.go_public()

    def allow_again(self, ingest_id: str) -> None:
        """Let an ingest go live again at once, although its stream was just ended by hand."""
        if ingest := self._ingests.get(ingest_id):
            ingest.allow_again()

    # --- questions

    def ingest(self, ingest_id: str) -> LiveIngest | None:
        """The ingest, when anything goes on with it."""
        return self._ingests.get(ingest_id)

    def ingests(self) -> list[LiveIngest]:
        """All with which something goes on."""
        return list(self._ingests.values())

    def health(self, ingest_id: str) -> HealthReport:
        """How what comes in on the ingest is."""
        ingest = self._ingests.get(ingest_id)
        return ingest.health() if ingest is not None else NOTHING

    def broadcasts(self) -> list[Broadcast]:
        """All that are in memory: live ones, and for a while those that ended."""
        return list(self._broadcasts.values())

    def find(self, path: str) -> Broadcast | None:
        """The broadcast at `<ingest>/<broadcast>`, while it is live and for a while after."""
        return self._broadcasts.get(path)

    def recording_folder(self, recording_id: str) -> Path:
        """Where the files of a recording are; they may be on their way from live to vod."""
        finished = self.settings.vod / recording_id
        if not finished.exists():
            for broadcast in self._broadcasts.values():
                if str(broadcast.id) == recording_id and broadcast.reason is not None:
                    return broadcast.folder
        return finished

    # --- for the ingests

    def begin(self, ingest: LiveIngest, *, record: bool, rehearsal: bool) -> Broadcast:
        """A new broadcast of `ingest`."""
        broadcast = Broadcast(
            ingest.id,
            self.new_id(),
            self.settings,
            self.time,
            record=record,
            rehearsal=rehearsal,
            on_open=ingest.segment_opened,
            on_close=lambda segment: ingest.segment_closed(broadcast, segment),
        )
        self._broadcasts[broadcast.path] = broadcast
        if self.ladders is not None:
            self.ladders.begin(broadcast)
        return broadcast

    def tell(self, fact: Fact) -> None:
        """Write a fact down, in order."""
        self._reporter.tell(fact)

    def over(self, broadcast: Broadcast) -> None:
        """The broadcast is over: players are told, its recording is finished, then it is forgotten."""
        if self.ladders is not None:
            self.ladders.end(broadcast)
        for window in (broadcast.window, *broadcast.renditions.all_windows()):
            window.end()
        if broadcast.packager.started:
            linger = self.settings.linger if broadcast.kept else self.settings.linger_unrecorded
            self.time.later(linger, lambda: self._forget(broadcast))
        else:
            self._forget(broadcast)
        if broadcast.recorder is not None:
            self.archive.finish(broadcast)

    def _forget(self, broadcast: Broadcast) -> None:
        self._broadcasts.pop(broadcast.path, None)

    async def delete_recording(self, recording_id: UUID) -> None:
        """Delete a recording's files; unknown ones are no error. Raises OSError."""
        folder = self.recording_folder(str(recording_id))
        for broadcast in list(self._broadcasts.values()):
            if broadcast.id == recording_id and broadcast.reason is not None:
                self._forget(broadcast)
        await self.archive.delete(folder)
