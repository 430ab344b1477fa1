"""What the protocol class needs of the engine: the way in and the way out of a transport."""

from __future__ import annotations

import asyncio
import random

from aethex_live.realtime import handshake
from aethex_live.realtime.addresses import Addresses
from aethex_live.realtime.connection import Connection
from aethex_live.realtime.contracts import Handshake
from aethex_live.realtime.errors import UpgradeRefused
from aethex_live.realtime.frames import CloseCode, FrameReader
from aethex_live.realtime.limits import Doorkeeper
from aethex_live.realtime.metrics import Metrics
from aethex_live.realtime.sessions import Sessions
from aethex_live.realtime.settings import RealtimeSettings

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

    def enter(self, transport: asyncio.Transport, request: handshake.Request) -> Connection:
        """Answer an upgrade and open a connection; UpgradeRefused when it is not taken."""
        handshake.check(request, self._settings.origins)
        if not self.is_open:
            sentence = "The server is starting or stopping: try again."
            raise UpgradeRefused(503, sentence, headers=(("Retry-After", "2"),))
        peer = transport.get_extra_info("peername")
        peer_address = str(peer[0]) if isinstance(peer, tuple) else ""
        address = self._addresses.of(peer_address, request.headers.get("x-forwarded-for", ""))
        self.doorkeeper.enter(address)
        answer, compressed = handshake.accept(request, compress=self._settings.compress)
        transport.set_write_buffer_limits(high=self._settings.slow_buffer)
        transport.write(answer)
        reader = FrameReader(self._settings.max_payload_before_connect, deflate=compressed)
        shown = Handshake(request.headers, request.cookies, None, address)
        connection = Connection(transport, reader, shown, address)
        self.sessions.open(connection)
        return connection

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
