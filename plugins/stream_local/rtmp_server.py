"""The RTMP listener: how many may connect, how long each may take, and who guessed keys too often."""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from .ports import Refusal, Time, Timer
from .rtmp import RtmpConnection, Session
from .session import Publisher

log = logging.getLogger(__name__)

Admit = Callable[[str, Publisher], Awaitable[Session | Refusal]]


@dataclass(frozen=True, slots=True)
class RtmpLimits:
    """Bounds of the listener; times in seconds. `per_address` counts those whose key was not accepted (yet)."""

    connections: int = 64
    per_address: int = 8
    handshake: float = 5.0
    publish: float = 10.0
    idle: float = 15.0
    farewell: float = 2.0
    failures: int = 5
    forget_failures: float = 300.0


class KeyGuard:
    """Remembers wrong keys per address and makes guessing slow: 2 s after the fifth, doubled to 5 min."""

    def __init__(self, limits: RtmpLimits, time: Time) -> None:
        self._limits, self._time = limits, time
        self._failures: dict[str, tuple[int, float]] = {}

    def failed(self, address: str) -> None:
        """One more wrong key from there."""
        count, _ = self._failures.get(address, (0, 0.0))
        self._failures[address] = (count + 1, self._time.monotonic())
        self._forget()

    def succeeded(self, address: str) -> None:
        """A right key: the address starts afresh."""
        self._failures.pop(address, None)

    def wait(self, address: str) -> float:
        """Seconds until the next key from there is looked at."""
        count, at = self._failures.get(address, (0, 0.0))
        over = count - self._limits.failures
        if over < 0:
            return 0.0
        pause = min(2.0 * 2.0 ** min(over, 20), self._limits.forget_failures)
        return max(0.0, at + pause - self._time.monotonic())

    def _forget(self) -> None:
        if len(self._failures) < 1000:
            return
        oldest = self._time.monotonic() - self._limits.forget_failures
        self._failures = {peer: entry for peer, entry in self._failures.items() if entry[1] > oldest}
        while len(self._failures) > 10_000:
            self._failures.pop(next(iter(self._failures)))


class RtmpServer:
    """Listens for encoders. `admit` decides on a key and gives the session that takes the media."""

    def __init__(self, admit: Admit, time: Time, limits: RtmpLimits | None = None) -> None:
        self._admit = admit
        self._time = time
        self.limits = limits or RtmpLimits()
        self._connections: set[RtmpConnection] = set()
        self._strangers: set[RtmpConnection] = set()
        self._addresses: Counter[str] = Counter()
        self._guard = KeyGuard(self.limits, time)
        self._listener: asyncio.Server | None = None
        self._secure: asyncio.Server | None = None
        self._timer: Timer | None = None

    @property
    def connections(self) -> int:
        """How many are connected now."""
        return len(self._connections)

    @property
    def listening(self) -> bool:
        """Whether encoders can connect."""
        return self._listener is not None

    @property
    def port(self) -> int:
        """The port that is listened on (useful where 0 was asked for)."""
        if self._listener is None:
            raise RuntimeError("the RTMP listener is not running")
        return int(self._listener.sockets[0].getsockname()[1])

    @property
    def secure_port(self) -> int | None:
        """The port of RTMPS, None where there is none."""
        return int(self._secure.sockets[0].getsockname()[1]) if self._secure is not None else None

    async def start(self, host: str, port: int, tls: ssl.SSLContext | None = None) -> None:
        """Listen on `host:port`. Raises OSError when the port is taken."""
        loop = asyncio.get_running_loop()
        self._listener = await loop.create_server(lambda: RtmpConnection(self), host, port, backlog=64, ssl=tls)
        self._timer = self._time.later(1.0, self._tick)

    async def start_secure(self, host: str, port: int, tls: ssl.SSLContext) -> None:
        """Listen for RTMPS too; both count together. Raises OSError when the port is taken."""
        self._secure = await asyncio.get_running_loop().create_server(
            lambda: RtmpConnection(self),
            host,
            port,
            backlog=64,
            ssl=tls,
            ssl_handshake_timeout=self.limits.handshake,
        )

    async def stop(self) -> None:
        """Stop listening and close every connection."""
        if self._timer is not None:
            self._timer.cancel()
        listeners = [listener for listener in (self._listener, self._secure) if listener is not None]
        for listener in listeners:
            listener.close()
        for connection in list(self._connections):
            connection.abort()
        for listener in listeners:
            await listener.wait_closed()
        self._listener = self._secure = None

    # --- for the connections

    def monotonic(self) -> float:
        return self._time.monotonic()

    def enter(self, connection: RtmpConnection) -> bool:
        """Whether one more connection is welcome."""
        full = len(self._connections) >= self.limits.connections
        if full or self._addresses[connection.peer] >= self.limits.per_address:
            log.warning("RTMP connection of %s refused: too many connections", connection.peer)
            return False
        self._connections.add(connection)
        self._strangers.add(connection)
        self._addresses[connection.peer] += 1
        return True

    def leave(self, connection: RtmpConnection) -> None:
        self._connections.discard(connection)
        self._known(connection)

    def _known(self, connection: RtmpConnection) -> None:
        """It does not count against its address any more: a studio with many encoders has one address."""
        if connection not in self._strangers:
            return
        self._strangers.discard(connection)
        self._addresses[connection.peer] -= 1
        if not self._addresses[connection.peer]:
            del self._addresses[connection.peer]

    async def admit(self, key: str, publisher: RtmpConnection) -> Session | Refusal:
        wait = self._guard.wait(publisher.peer)
        if wait > 0:
            return Refusal(f"Too many wrong stream keys: wait {wait:.0f} seconds, then check the key.")
        answer = await self._admit(key, publisher)
        if not isinstance(answer, Refusal):
            self._guard.succeeded(publisher.peer)
            self._known(publisher)
        elif answer.code == "BadName":
            self._guard.failed(publisher.peer)
        return answer

    # --- time limits

    def _tick(self) -> None:
        self.sweep()
        self._timer = self._time.later(1.0, self._tick)

    def sweep(self) -> None:
        """Close the connections whose time is over; called once a second."""
        now = self._time.monotonic()
        for connection in list(self._connections):
            reason = self._overdue(connection, now)
            if reason:
                log.info("RTMP connection of %s closed: %s", connection.peer, reason)
                connection.abort()

    def _overdue(self, connection: RtmpConnection, now: float) -> str | None:
        limits = self.limits
        if connection.leaving_at is not None:
            return "it did not hang up" if now - connection.leaving_at >= limits.farewell else None
        if not connection.greeted and now - connection.opened_at >= limits.handshake:
            return "no handshake"
        if connection.session is None and now - connection.opened_at >= limits.publish:
            return "it did not publish"
        if now - connection.heard_at >= limits.idle:
            return f"no data for {limits.idle:.0f} seconds"
        return None
