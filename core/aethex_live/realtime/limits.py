"""What one address and one connection may use up."""

from __future__ import annotations

import resource
from enum import Enum

from aethex_live.realtime.errors import UpgradeRefused
from aethex_live.realtime.settings import RealtimeSettings

# files that the rest of the process needs: database, Redis, ingest, media, logs
RESERVED_FILES = 1024
# who goes on this far beyond the limit is not impatient but hostile
FLOOD = 4
# a message counts once more for every 16 KB: large ones cost time to unmask and parse
SIZE_STEP = 16_384


def connection_limit(settings: RealtimeSettings) -> int:
    """Sockets that this process may hold: the setting, else what the limit of open files leaves."""
    if settings.max_connections:
        return settings.max_connections
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return 1_000_000 if soft == resource.RLIM_INFINITY else max(64, soft - RESERVED_FILES)


class Doorkeeper:
    """Counts connections, in all and by address."""

    def __init__(self, settings: RealtimeSettings) -> None:
        self.most = connection_limit(settings)
        self._most_per_address = settings.max_connections_per_address
        self._by_address: dict[str, int] = {}
        self.total = 0

    def enter(self, address: str) -> None:
        """Count a connection in; UpgradeRefused when the process or the address has no room for it."""
        if self.total >= self.most:
            raise UpgradeRefused(503, "The site is full: try again in half a minute.", headers=(("Retry-After", "30"),))
        count = self._by_address.get(address, 0)
        if count >= self._most_per_address:
            raise UpgradeRefused(
                429,
                f"Your network address has {count} connections open already: close one and try again.",
                headers=(("Retry-After", "30"),),
            )
        self._by_address[address] = count + 1
        self.total += 1

    def leave(self, address: str) -> None:
        """Count a connection out."""
        count = self._by_address.get(address, 0)
        if count <= 1:
            self._by_address.pop(address, None)
        else:
            self._by_address[address] = count - 1
        self.total -= 1


class Verdict(Enum):
    """What becomes of a message."""

    TAKEN = "taken"
    REFUSED = "refused"
    FLOOD = "flood"


class Rate:
    """Messages of a connection, as GCRA: one float per connection says when its bucket is full again."""

    __slots__ = ("_ahead", "_flood", "step")

    def __init__(self, settings: RealtimeSettings) -> None:
        self.step = 1 / settings.messages_per_second
        self._ahead = self.step * settings.message_burst
        self._flood = self._ahead * FLOOD

    def hit(self, full_at: float, now: float, size: int) -> tuple[Verdict, float]:
        """Count a message of `size` bytes; the verdict and the new time at which the bucket is full again."""
        full_at = max(full_at, now) + self.step * (1 + size // SIZE_STEP)
        ahead = full_at - now
        if ahead <= self._ahead:
            return Verdict.TAKEN, full_at
        return (Verdict.REFUSED if ahead <= self._flood else Verdict.FLOOD), full_at

    def wait(self, full_at: float, now: float) -> float:
        """Seconds until the next message is taken."""
        return max(0.0, full_at + self.step - now - self._ahead)
