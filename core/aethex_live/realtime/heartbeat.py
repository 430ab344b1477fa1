"""Pings: one timer for all connections, which are spread over slots by the time they opened."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable

from aethex_live.clock import Clock
from aethex_live.realtime.connection import Connection
from aethex_live.realtime.frames import Opcode, encode
from aethex_live.realtime.packets import PING
from aethex_live.realtime.settings import RealtimeSettings

MIN_SLOTS = 25
PING_FRAME = encode(Opcode.TEXT, PING)


class Heartbeat:
    """Turned every `beat` seconds: pings one slot, and drops those of another who have not answered."""

    def __init__(self, settings: RealtimeSettings, clock: Clock, expire: Callable[[Connection], None]) -> None:
        interval = settings.ping_interval_ms / 1000
        # a beat of at most one second: other deadlines are checked by it, too
        self._slots: list[set[Connection]] = [set() for _ in range(max(MIN_SLOTS, math.ceil(interval)))]
        self.beat = interval / len(self._slots)
        self._timeout = settings.ping_timeout_ms / 1000
        self._late = math.ceil(self._timeout / self.beat)
        self._clock = clock
        self._expire = expire
        self._at = 0

    def __len__(self) -> int:
        return sum(map(len, self._slots))

    def all(self) -> list[Connection]:
        """Every connection."""
        return [connection for slot in self._slots for connection in slot]

    def add(self, connection: Connection) -> None:
        """Watch a connection; its first ping comes after a whole interval."""
        connection.slot = self._at
        self._slots[self._at].add(connection)

    def remove(self, connection: Connection) -> None:
        """Watch it no more."""
        self._slots[connection.slot].discard(connection)

    def expire_late(self, connection: Connection) -> bool:
        """Whether its answer to a ping is overdue, in which case it is dropped: a request comes between two beats."""
        late = self.is_late(connection, self._clock.monotonic())
        if late:
            self._expire(connection)
        return late

    def is_late(self, connection: Connection, now: float) -> bool:
        """Whether a ping was not answered in time, with half a beat of slack: the timer is never exact."""
        return bool(connection.pinged) and connection.pinged - self.beat / 2 <= now - self._timeout

    def turn(self) -> None:
        """One beat."""
        now = self._clock.monotonic()
        self._at = (self._at + 1) % len(self._slots)
        for connection in tuple(self._slots[(self._at - self._late) % len(self._slots)]):
            if self.is_late(connection, now):
                self._expire(connection)
        for connection in tuple(self._slots[self._at]):
            if not connection.pinged:
                connection.pinged = now
                with contextlib.suppress(RuntimeError):
                    # a transport that is closed tells us so in a moment
                    connection.send(PING_FRAME)
