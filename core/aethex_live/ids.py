"""Identifiers of rows: UUID version 7, so that keys sort by the time they were made."""

from __future__ import annotations

import os
import time
import uuid
from datetime import UTC, datetime, timedelta

_VERSION = 7 << 76
_VARIANT = 2 << 62


def uuid7() -> uuid.UUID:
    """A new UUIDv7: 48 bits of Unix milliseconds, 74 random bits (Python 3.11 has none of its own)."""
    milliseconds = time.time_ns() // 1_000_000
    chance = int.from_bytes(os.urandom(10), "big")
    high = (chance >> 64) & 0xFFF
    low = chance & ((1 << 62) - 1)
    return uuid.UUID(int=(milliseconds << 80) | _VERSION | (high << 64) | _VARIANT | low)


def time_of(made: uuid.UUID) -> datetime:
    """When a UUIDv7 was made, to the millisecond."""
    return datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=made.int >> 80)


def derived_id(*parts: object) -> uuid.UUID:
    """The same UUID for the same parts: an event that is told twice is stored once."""
    return uuid.uuid5(uuid.NAMESPACE_URL, "aethex:" + ":".join(str(part) for part in parts))
