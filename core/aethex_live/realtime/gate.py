"""What the protocol class needs of the engine: the way in and the way out of a transport."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable

from aethex_live.realtime import handshake
from aethex_live.realtime.addresses import Addresses
from aethex_live.realtime.connection import Connection
from aethex_live.realtime.contracts import Handshake
from aethex_live.realtime.errors import UpgradeRefused
from aethex_live.realtime.frames import CloseCode, FrameReader
from aethex_live.realtime.limits import Doorkeeper
from aethex_live.realtime.metrics import Metrics
from aethex_live.realtime.poll_transport import PollTransport
from aethex_live.realtime.sessions import Sessions
from aethex_live.realtime.settings import RealtimeSettings
from aethex_live.realtime.upgrade import Probe

# how many clients a second can come back without being noticed by the others
RETURNING_PER_SECOND = 2000


class Gate:
    """Lets transports in and out. `is_open` says whether new ones are taken."""

    def __init__(self, settings: RealtimeSettings, metrics: Metrics, sessions: Sessions) -> None:
        self._settings = settings
        self._metrics = metrics
        self._addresses = Addresses(settings.trusted_proxies)
        self.doorkeeper = Doorkeeper(settings)
        self.sessions = sessions
        self.path = settings.path.encode()
        self.is_open = False
        self.polled: dict[str, PollTransport] = {}
        self._probes: dict[str, Probe] = {}

    def enter(self, transport: asyncio.Transport, request: handshake.Request) -> Connection:
        """Answer an upgrade and open a connection; UpgradeRefused when it is not taken."""
        handshake.check_websocket(request)
        peer = transport.get_extra_info("peername")
        shown = self.admit(request, str(peer[0]) if isinstance(peer, tuple) else "")
        connection = Connection(transport, self._answer(transport, request), shown, shown.address)
        self.sessions.open(connection)
        return connection

    def admit(self, request: handshake.Request, peer: str) -> Handshake:
        """Count a new session in, over whichever transport; UpgradeRefused when it is not taken."""
        handshake.check_origin(request, self._settings.origins)
        if not self.is_open:
            sentence = "The server is starting or stopping: try again."
            raise UpgradeRefused(503, sentence, headers=(("Retry-After", "2"),))
        address = self._addresses.of(peer, request.headers.get("x-forwarded-for", ""))
        self.doorkeeper.enter(address, self.sessions.now())
        return Handshake(request.headers, request.cookies, None, address)

    def probe(
        self, transport: asyncio.Transport, request: handshake.Request, switched: Callable[[Connection], None]
    ) -> Probe:
        """Answer the upgrade of a polling session; UpgradeRefused when there is none, or it has one."""
        handshake.check_websocket(request)
        handshake.check_origin(request, self._settings.origins)
        polled = self.polled.get(request.query["sid"][0])
        if polled is None or polled.is_closing():
            raise handshake.unknown_session()
        if self._probes.get(polled.sid) is not None:
            raise UpgradeRefused(400, "This session has a websocket already.")
        probe = Probe(polled, transport, self._answer(transport, request), self.sessions, switched)
        self._probes[polled.sid] = probe
        return probe

    def unprobe(self, probe: Probe) -> None:
        """A websocket that was tried out is gone, or has taken over: then requests find no session any more."""
        probe.lost()
        self._probes.pop(probe.sid, None)
        polled = self.polled.get(probe.sid)
        if polled is not None and polled.is_closing():
            del self.polled[probe.sid]

    def turn(self) -> None:
        """One beat: end the attempts that take too long."""
        now = self.sessions.now()
        self.doorkeeper.forget(now)
        deadline = now - self._settings.connect_timeout
        for probe in [probe for probe in self._probes.values() if probe.began <= deadline]:
            probe.abandon(CloseCode.POLICY, "The upgrade took too long.")

    def _answer(self, transport: asyncio.Transport, request: handshake.Request) -> FrameReader:
        answer, compressed = handshake.accept(request, compress=self._settings.compress)
        transport.set_write_buffer_limits(high=self._settings.slow_buffer)
        transport.write(answer)
        return FrameReader(self._settings.max_payload_before_connect, deflate=compressed)

    def refuse(self, transport: asyncio.Transport, error: UpgradeRefused) -> None:
        """Answer an upgrade over HTTP and close."""
        self._metrics.add("upgrades_refused")
        transport.write(handshake.refusal(error))
        transport.close()

    def leave(self, connection: Connection) -> None:
        """A transport is closed."""
        self.sessions.lost(connection)
        self.doorkeeper.leave(connection.address)

    def send_away(self, connection: Connection) -> None:
        """Tell a client that this server goes, and when to come back: not all in the same moment."""
        spread = max(1.0, self.doorkeeper.total / RETURNING_PER_SECOND)
        wait = round(random.uniform(0.5, 0.5 + spread), 2)  # noqa: S311 - jitter, no secret
        self.sessions.dismiss(connection, CloseCode.GOING_AWAY, "restart", wait)
