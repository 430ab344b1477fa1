"""Identifiers of rows: UUID version 7, so that keys sort by the time they were made."""

from __future__ import annotations

import os
import threading
import time
import uuid
from datetime import UTC, datetime, timedelta

_VERSION = 7 << 76
_VARIANT = 2 << 62
_HALF = (1 << 73) - 1


class _Sequence:
    """Chance that only grows within a millisecond, so that what one process makes sorts in the order it was made."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._milliseconds = 0
        self._chance = 0

    def next(self, milliseconds: int) -> int:
        """74 bits for an id of this millisecond."""
        chance = int.from_bytes(os.urandom(10), "big") & _HALF  # the upper half is room to grow into
        with self._lock:
            if milliseconds == self._milliseconds:
                chance = self._chance + 1 + (chance & 0xFFFFFFFF)
            self._milliseconds, self._chance = milliseconds, chance
        return chance


_sequence = _Sequence()


def uuid7() -> uuid.UUID:
    """A new UUIDv7: 48 bits of Unix milliseconds, 74 bits of chance (Python 3.11 has none of its own)."""
    milliseconds = time.time_ns() // 1_000_000
    chance = _sequence.next(milliseconds)
    high, low = chance >> 62, chance & ((1 << 62) - 1)
    return uuid.UUID(int=(milliseconds << 80) | _VERSION | (high << 64) | _VARIANT | low)


def time_of(made: uuid.UUID) -> datetime:
    """When a UUIDv7 was made, to the millisecond."""
    return datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=made.int >> 80)


def derived_id(*parts: object) -> uuid.UUID:
    """The same UUID for the same parts: an event that is told twice is stored once."""
    return uuid.uuid5(uuid.NAMESPACE_URL, "aethex:" + ":".join(str(part) for part in parts))
