"""The newest messages of a topic, encoded, for clients that return."""

from __future__ import annotations

from collections import deque
from itertools import islice


class Ring:
    """Holds every message with a number in (floor, newest]; forgets the oldest when it is full."""

    __slots__ = ("_bytes", "_entries", "_most_bytes", "_most_messages", "floor")

    def __init__(self, most_messages: int, most_bytes: int) -> None:
        self._most_messages = most_messages
        self._most_bytes = most_bytes
        self._entries: deque[tuple[int, bytes]] = deque()
        self._bytes = 0
        self.floor = 0

    def reset(self, floor: int) -> None:
        """Forget all; from now on it holds what comes after `floor`."""
        self._entries.clear()
        self._bytes = 0
        self.floor = floor

    def add(self, seq: int, encoded: bytes) -> None:
        """Keep a message; numbers only grow."""
        self._entries.append((seq, encoded))
        self._bytes += len(encoded)
        while len(self._entries) > self._most_messages or self._bytes > self._most_bytes:
            self.floor, forgotten = self._entries.popleft()
            self._bytes -= len(forgotten)

    def between(self, after: int, upto: int) -> list[bytes] | None:
        """The messages in (after, upto], or None when some of them are forgotten."""
        if after < self.floor:
            return None
        skip = 0
        for seq, _ in reversed(self._entries):
            if seq <= after:
                break
            skip += 1
        start = len(self._entries) - skip
        return [encoded for seq, encoded in islice(self._entries, start, None) if seq <= upto]
