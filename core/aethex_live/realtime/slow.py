"""Slow clients: no batches while much is unsent, a marker afterwards, an end when it gets no better."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from aethex_live.clock import Clock
from aethex_live.realtime import packets
from aethex_live.realtime.connection import Connection, State
from aethex_live.realtime.metrics import Metrics
from aethex_live.realtime.settings import RealtimeSettings

if TYPE_CHECKING:
    from aethex_live.realtime.topics import Topic

log = logging.getLogger("aethex.realtime")

SHORTEST_WAIT = 0.01


class Congestion:
    """The clients whose buffer is over the limit, and since when; `sweeping` is the topic being sent."""

    def __init__(
        self,
        settings: RealtimeSettings,
        clock: Clock,
        metrics: Metrics,
        *,
        expire: Callable[[Connection, str], None],
        resumed: Callable[[Connection], None],
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._metrics = metrics
        self._expire = expire
        self._resumed = resumed
        self._since: dict[Connection, float] = {}
        self._timer: asyncio.TimerHandle | None = None
        self.sweeping: Topic | None = None

    def pause(self, connection: Connection) -> None:
        """The buffer went over the limit: skip batches, and read nothing that would need an answer."""
        if connection.state >= State.CLOSING:
            return
        self._metrics.add("clients_slowed")
        self._since[connection] = self._clock.monotonic()
        connection.paused = True
        connection.push = partial(self._skip, connection)
        connection.transport.pause_reading()
        self._watch()

    def resume(self, connection: Connection) -> None:
        """The buffer has emptied: tell what was left out, then go on."""
        if self._since.pop(connection, None) is None or connection.state >= State.CLOSING:
            return
        connection.paused = False
        connection.push = connection.send
        connection.transport.resume_reading()
        skipped, connection.skipped = connection.skipped, None
        for topic, seq in (skipped or {}).items():
            if topic in connection.topics:
                connection.write(packets.event("gap", [topic.name, seq]))
        self._resumed(connection)

    def forget(self, connection: Connection) -> None:
        """The connection is over."""
        self._since.pop(connection, None)

    def turn(self) -> None:
        """Close those that have been slow for too long."""
        if not self._since:
            return
        deadline = self._clock.monotonic() - self._settings.slow_seconds
        for connection, since in list(self._since.items()):
            if since <= deadline:
                self.forget(connection)
                self._close(connection)

    def _watch(self) -> None:
        # by the engine's beat alone the last of them would have a second more than was promised
        if self._timer is None and self._since:
            oldest = next(iter(self._since.values()))
            wait = oldest + self._settings.slow_seconds - self._clock.monotonic()
            self._timer = asyncio.get_running_loop().call_later(max(SHORTEST_WAIT, wait), self._due)

    def _due(self) -> None:
        self._timer = None
        self.turn()
        self._watch()

    def _close(self, connection: Connection) -> None:
        unsent = connection.transport.get_write_buffer_size()
        sentence = (
            f"Your connection was too slow and was closed: {unsent // 1024} KB waited for it "
            f"for more than {self._settings.slow_seconds:g} s."
        )
        log.info("closed %s (%s): slow client, %d bytes unsent", connection.id, connection.address, unsent)
        self._metrics.add("clients_closed_slow")
        self._expire(connection, sentence)

    def _skip(self, connection: Connection, _: bytes) -> None:
        topic = self.sweeping
        self._metrics.add("batches_skipped")
        if topic is None or topic.is_volatile:
            return
        if connection.skipped is None:
            connection.skipped = {}
        connection.skipped[topic] = topic.flushed
