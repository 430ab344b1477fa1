"""What one address, one account and one connection may use up."""

from __future__ import annotations

import math
import resource
from enum import Enum
from uuid import UUID

from aethex_live.errors import TooMany
from aethex_live.realtime.errors import UpgradeRefused
from aethex_live.realtime.settings import RealtimeSettings

# files that the rest of the process needs: database, Redis, ingest, media, logs
RESERVED_FILES = 1024
# who goes on this far beyond the limit is not impatient but hostile
FLOOD = 4
# a message counts once more for every 16 KB: large ones cost time to unmask and parse
SIZE_STEP = 16_384
# how often what is full again is forgotten
SWEEP_SECONDS = 10.0


def connection_limit(settings: RealtimeSettings) -> int:
    """Sockets that this process may hold: the setting, else what the limit of open files leaves."""
    if settings.max_connections:
        return settings.max_connections
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return 1_000_000 if soft == resource.RLIM_INFINITY else max(64, soft - RESERVED_FILES)


def address_limit(settings: RealtimeSettings, most: int) -> int:
    """Sockets of one address, where the process takes `most`.

    A campus or a mobile carrier has thousands of viewers behind one address, so it is a part of what there is,
    not a number that fits a home: one address never takes more than a quarter from all the others.
    """
    if settings.max_connections_per_address:
        return settings.max_connections_per_address
    return min(5000, max(200, most // 4))


class Buckets:
    """GCRA for many keys; one that has been quiet for long enough is forgotten."""

    def __init__(self, per_second: float, burst: int) -> None:
        self._step = 1 / per_second
        self._ahead = self._step * burst
        self._full_at: dict[object, float] = {}
        self._swept_at = 0.0

    def __len__(self) -> int:
        return len(self._full_at)

    def hit(self, key: object, now: float) -> float:
        """Count one; 0 when it is taken, else the seconds to wait, and it is not counted."""
        full_at = max(self._full_at.get(key, 0.0), now) + self._step
        wait = full_at - now - self._ahead
        # a rounding error is no reason to refuse
        if wait > self._step / 1000:
            return wait
        self._full_at[key] = full_at
        return 0.0

    def forget(self, now: float) -> None:
        """Drop the keys whose bucket is full again; now and then, as it walks over all."""
        if now - self._swept_at >= SWEEP_SECONDS:
            self._swept_at = now
            self._full_at = {key: at for key, at in self._full_at.items() if at > now}


class Accounts:
    """Counts the connections of accounts."""

    def __init__(self, settings: RealtimeSettings) -> None:
        self._most = settings.max_connections_per_account
        self._by_user: dict[UUID, int] = {}

    def enter(self, user_id: UUID | None) -> None:
        """Count one in; a Refusal when the account has enough. Guests are counted by address alone."""
        if user_id is None:
            return
        count = self._by_user.get(user_id, 0)
        if count >= self._most:
            raise TooMany(f"You have {count} connections open already: close a window and try again.", retry_after=30.0)
        self._by_user[user_id] = count + 1

    def leave(self, user_id: UUID | None) -> None:
        """Count one out."""
        if user_id is None:
            return
        count = self._by_user.pop(user_id, 0)
        if count > 1:
            self._by_user[user_id] = count - 1


class Events:
    """The events of all sockets of an account and of an address."""

    def __init__(self, settings: RealtimeSettings) -> None:
        self._by_user = Buckets(settings.messages_per_second_per_account, settings.message_burst_per_account)
        self._by_address = Buckets(settings.messages_per_second_per_address, settings.message_burst_per_address)

    def hit(self, user_id: UUID | None, address: str, now: float) -> float:
        """Count one; 0 when it is taken, else the seconds to wait."""
        wait = self._by_user.hit(user_id, now) if user_id is not None else 0.0
        return wait or self._by_address.hit(address, now)

    def forget(self, now: float) -> None:
        """Drop who has been quiet."""
        self._by_user.forget(now)
        self._by_address.forget(now)


class Doorkeeper:
    """Counts connections, in all and by address."""

    def __init__(self, settings: RealtimeSettings) -> None:
        self.most = connection_limit(settings)
        self._most_per_address = address_limit(settings, self.most)
        self._by_address: dict[str, int] = {}
        # after a break all that are behind an address come back at once, some of them twice
        self._rate = Buckets(settings.connects_per_second_per_address, 2 * self._most_per_address)
        self.total = 0

    def enter(self, address: str, now: float) -> None:
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
        if wait := self._rate.hit(address, now):
            sentence = "Too many connections are opened from your network address: try again in a moment."
            raise UpgradeRefused(429, sentence, headers=(("Retry-After", str(math.ceil(wait))),))
        self._by_address[address] = count + 1
        self.total += 1

    def forget(self, now: float) -> None:
        """Drop the addresses that have opened nothing for a while."""
        self._rate.forget(now)

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
