"""CONNECT: who a client is, whether it may in, and what it is told first."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from functools import partial
from uuid import UUID

from aethex_live.clock import Clock
from aethex_live.errors import Refusal
from aethex_live.realtime import packets, problems
from aethex_live.realtime.connection import Connection, State
from aethex_live.realtime.contracts import Actor, Handshake
from aethex_live.realtime.errors import ProtocolError
from aethex_live.realtime.farewell import Farewells
from aethex_live.realtime.frames import CloseCode
from aethex_live.realtime.inbox import Inbox
from aethex_live.realtime.limits import Accounts
from aethex_live.realtime.metrics import Metrics
from aethex_live.realtime.packets import Packet
from aethex_live.realtime.settings import RealtimeSettings

log = logging.getLogger("aethex.realtime")

Identify = Callable[[Handshake], Awaitable[Actor]]
# what clients of the standard library add to `auth` for themselves
_CLIENT_KEYS = frozenset({"pid", "offset"})


class Admission:
    """Identifies clients, each in its own task; `close` ends one, `entered` hears of one that is in."""

    def __init__(
        self,
        settings: RealtimeSettings,
        clock: Clock,
        metrics: Metrics,
        identify: Identify,
        inbox: Inbox,
        *,
        close: Callable[[Connection, int, str], None],
        entered: Callable[[Connection], None],
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._metrics = metrics
        self._identify = identify
        self._inbox = inbox
        self._close = close
        self._entered = entered
        self._thrown_out: dict[UUID, float] = {}
        self.farewells = Farewells(clock)
        self.accounts = Accounts(settings)

    def connect(self, connection: Connection, packet: Packet) -> None:
        """A client wants in; ProtocolError when it is in already."""
        if packet.namespace != "/":
            connection.write(packets.connect_error("Invalid namespace", namespace=packet.namespace))
            return
        shown = connection.handshake
        if connection.state == State.OPEN and shown is None:
            # it left the namespace: who it is now has to be read from a new handshake, which clients make by themselves
            self._close(connection, CloseCode.TRY_AGAIN, "Connect anew over a new socket.")
            return
        if connection.state != State.OPEN or shown is None:
            raise ProtocolError(CloseCode.PROTOCOL_ERROR, "Socket.IO protocol broken: CONNECT comes once a socket.")
        connection.state = State.CONNECTING
        auth = packet.data or {}
        given = {key: value for key, value in auth.items() if key not in _CLIENT_KEYS} or None
        handshake = Handshake(shown.headers, shown.cookies, given, shown.address)
        self._inbox.enqueue(connection, partial(self._let_in, connection, handshake, auth.get("pid")))

    def throw_out(self, identity: UUID) -> None:
        """A user or session was closed: who is being identified as that just now does not come in either."""
        now = self._clock.monotonic()
        oldest = now - self._settings.handler_timeout
        self._thrown_out = {key: at for key, at in self._thrown_out.items() if at >= oldest}
        self._thrown_out[identity] = now

    async def _let_in(self, connection: Connection, handshake: Handshake, pid: object) -> None:
        began = self._clock.monotonic()
        try:
            async with asyncio.timeout(self._settings.handler_timeout):
                actor = await self._identify(handshake)
        except Refusal as refusal:
            self._turn_away(connection, refusal)
        except Exception:
            # no refusal of the person: the client comes back by itself after a close, not after a refusal
            log.exception("a client can't be identified")
            self._close(connection, CloseCode.TRY_AGAIN, "Who you are can't be read just now: try again.")
        else:
            if connection.state == State.CONNECTING:
                self._welcome(connection, actor, pid, began)

    def _turn_away(self, connection: Connection, refusal: Refusal) -> None:
        self._metrics.add("connects_refused")
        connection.write(packets.connect_error(str(refusal), problems.of_refusal(refusal)))
        if connection.state == State.CONNECTING:
            connection.state = State.OPEN

    def _welcome(self, connection: Connection, actor: Actor, pid: object, began: float) -> None:
        thrown_out = self._thrown_out
        if thrown_out and any(thrown_out.get(key, 0) >= began for key in (actor.user_id, actor.session_id) if key):
            self._close(connection, CloseCode.POLICY, "Your session was ended.")
            return
        try:
            self.accounts.enter(actor.user_id)
        except Refusal as refusal:
            self._turn_away(connection, refusal)
            return
        connection.actor = actor
        connection.handshake = None
        connection.state = State.CONNECTED
        connection.reader.limit = self._settings.max_payload
        self._entered(connection)
        connection.write(packets.connected(connection.id))
        farewell = self.farewells.take(pid, connection)
        if farewell is not None:
            members = {"type": "urn:aethex:problem:slow-client", "title": "Closed before", "detail": farewell}
            connection.write(packets.event("notice", members))
