"""The life of a connection: opened, identified, read, closed."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from functools import partial
from itertools import takewhile

from aethex_live.clock import Clock
from aethex_live.errors import Refusal
from aethex_live.realtime import packets, problems
from aethex_live.realtime.connection import Connection, State, new_id
from aethex_live.realtime.contracts import Actor, Handshake
from aethex_live.realtime.errors import ProtocolError
from aethex_live.realtime.farewell import Farewells
from aethex_live.realtime.frames import CloseCode, Control, Event, Opcode, decode_close, encode
from aethex_live.realtime.heartbeat import Heartbeat
from aethex_live.realtime.inbox import Inbox
from aethex_live.realtime.limits import Rate, Verdict
from aethex_live.realtime.membership import leave
from aethex_live.realtime.metrics import Metrics
from aethex_live.realtime.packets import Kind, Packet
from aethex_live.realtime.settings import RealtimeSettings
from aethex_live.realtime.slow import Congestion

log = logging.getLogger("aethex.realtime")

Identify = Callable[[Handshake], Awaitable[Actor]]
# how long a peer may take to answer our close frame; with a beat of 1 s, 2 s are promised
LINGER_SECONDS = 0.5
# what clients of the standard library add to `auth` for themselves
_CLIENT_KEYS = frozenset({"pid", "offset"})


class Sessions:
    """Turns frames into packets and packets into acts; knows every connection and its deadlines."""

    def __init__(
        self, settings: RealtimeSettings, clock: Clock, metrics: Metrics, identify: Identify, inbox: Inbox
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._metrics = metrics
        self._identify = identify
        self._inbox = inbox
        self._rate = Rate(settings)
        self._farewells = Farewells(clock)
        self._unconnected: dict[Connection, float] = {}
        self._lingering: dict[Connection, float] = {}
        self.heartbeat = Heartbeat(settings, clock, self._expired)
        self.congestion = Congestion(settings, clock, metrics, self._too_slow)

    def open(self, connection: Connection) -> None:
        """Greet a new connection."""
        self._metrics.add("connections_opened")
        self._unconnected[connection] = self._clock.monotonic()
        self.heartbeat.add(connection)
        connection.write(
            packets.opened(
                new_id(),
                interval_ms=self._settings.ping_interval_ms,
                timeout_ms=self._settings.ping_timeout_ms,
                max_payload=self._settings.max_payload,
            )
        )

    def lost(self, connection: Connection) -> None:
        """The transport is closed."""
        self._leave_topics(connection)
        connection.mark_closed()
        self.heartbeat.remove(connection)
        self.congestion.forget(connection)
        self._unconnected.pop(connection, None)
        self._lingering.pop(connection, None)
        self._metrics.add("connections_closed")

    def received(self, connection: Connection, data: bytes) -> None:
        """Bytes have come; whatever is wrong with them closes this connection and nothing else."""
        try:
            for event in connection.reader.feed(data):
                self._event(connection, event)
        except ProtocolError as error:
            self._metrics.add("protocol_errors")
            log.debug("closed %s (%s): %s", connection.id, connection.address, error)
            self.close(connection, error.code, str(error))

    def close(self, connection: Connection, code: int, reason: str) -> None:
        """End a connection by the rules: a close frame, a moment for the answer, then the transport."""
        if connection.state < State.CLOSING:
            self._leave_topics(connection)
            connection.begin_close(code, reason)
            self._lingering[connection] = self._clock.monotonic()

    def dismiss(self, connection: Connection, code: int, reason: str, retry_after: float | None) -> None:
        """Say why, then end."""
        if connection.state == State.CONNECTED:
            connection.write(packets.event("closing", {"reason": reason, "retry_after": retry_after}))
        self.close(connection, code, reason)

    def turn(self) -> None:
        """One beat: pings, slow clients and silent ones."""
        self.heartbeat.turn()
        self.congestion.turn()
        now = self._clock.monotonic()
        for connection in _older(self._unconnected, now - self._settings.connect_timeout):
            self._metrics.add("connect_timeouts")
            self.close(connection, CloseCode.POLICY, "No CONNECT came in time.")
            self._unconnected.pop(connection, None)
        for connection in _older(self._lingering, now - LINGER_SECONDS):
            connection.transport.abort()

    def _event(self, connection: Connection, event: Event) -> None:
        if connection.state >= State.CLOSING:
            if isinstance(event, Control) and event.opcode == Opcode.CLOSE:
                connection.transport.close()
            return
        self._metrics.add("frames_received")
        size = len(event.payload) if isinstance(event, Control) else len(event)
        verdict, connection.full_at = self._rate.hit(connection.full_at, self._clock.monotonic(), size)
        if verdict is Verdict.FLOOD:
            self._metrics.add("rate_limited")
            self.close(connection, CloseCode.POLICY, "Too many messages.")
        elif isinstance(event, Control):
            self._control(connection, event)
        elif isinstance(event, bytes):
            raise ProtocolError(CloseCode.UNSUPPORTED, "Binary messages are not taken here.")
        else:
            self._engine_packet(connection, event, refused=verdict is Verdict.REFUSED)

    def _control(self, connection: Connection, control: Control) -> None:
        if control.opcode == Opcode.PING:
            connection.send(encode(Opcode.PONG, control.payload))
        elif control.opcode == Opcode.CLOSE:
            code = decode_close(control.payload)
            self.close(connection, CloseCode.NORMAL if code == 1005 else code, "")
            connection.transport.close()

    def _engine_packet(self, connection: Connection, text: str, *, refused: bool) -> None:
        match text[:1]:
            case "4":
                self._packet(connection, packets.decode(text[1:]), refused=refused)
            case "3":
                connection.pinged = 0.0
            case "2":
                connection.write(packets.PONG + text[1:].encode())
            case "1":
                self.close(connection, CloseCode.NORMAL, "")
            case "6":
                pass
            case _:
                raise ProtocolError(
                    CloseCode.PROTOCOL_ERROR, "Engine.IO protocol broken: a packet of an unknown kind."
                )

    def _packet(self, connection: Connection, packet: Packet, *, refused: bool) -> None:
        if packet.kind >= Kind.BINARY_EVENT:
            raise ProtocolError(CloseCode.UNSUPPORTED, "Binary events are not taken here: send JSON.")
        if packet.kind == Kind.CONNECT:
            self._connect(connection, packet)
        elif packet.namespace != "/" or connection.state == State.OPEN:
            raise ProtocolError(CloseCode.PROTOCOL_ERROR, "Socket.IO protocol broken: CONNECT comes first.")
        elif packet.kind == Kind.DISCONNECT:
            self._disconnect(connection)
        elif packet.kind == Kind.EVENT and refused:
            self._metrics.add("rate_limited")
            wait = self._rate.wait(connection.full_at, self._clock.monotonic())
            members = problems.problem(429, "too-many-requests", "You send too fast.", retry_after=wait)
            self._inbox.refuse(connection, packet.ack, members)
        elif packet.kind == Kind.EVENT:
            self._inbox.take(connection, packet)

    def _disconnect(self, connection: Connection) -> None:
        # the transport stays and is pinged, as in the reference server; to connect again takes a new one
        self._leave_topics(connection)
        connection.state = State.OPEN
        connection.actor = None

    def _connect(self, connection: Connection, packet: Packet) -> None:
        if packet.namespace != "/":
            connection.write(packets.connect_error("Invalid namespace", namespace=packet.namespace))
        elif connection.state != State.OPEN or connection.handshake is None:
            raise ProtocolError(
                CloseCode.PROTOCOL_ERROR, "Socket.IO protocol broken: CONNECT comes once a socket."
            )
        else:
            connection.state = State.CONNECTING
            auth = packet.data or {}
            given = {key: value for key, value in auth.items() if key not in _CLIENT_KEYS} or None
            shown = connection.handshake
            handshake = Handshake(shown.headers, shown.cookies, given, shown.address)
            self._inbox.enqueue(connection, partial(self._let_in, connection, handshake, auth.get("pid")))

    async def _let_in(self, connection: Connection, handshake: Handshake, pid: object) -> None:
        try:
            async with asyncio.timeout(self._settings.handler_timeout):
                actor = await self._identify(handshake)
        except Refusal as refusal:
            self._turn_away(connection, refusal)
        except Exception:
            # no refusal of the person: the client comes back by itself after a close, not after a refusal
            log.exception("a client can't be identified")
            self.close(connection, CloseCode.TRY_AGAIN, "Who you are can't be read at the moment: try again.")
        else:
            self._welcome(connection, actor, pid)

    def _turn_away(self, connection: Connection, refusal: Refusal) -> None:
        self._metrics.add("connects_refused")
        connection.write(packets.connect_error(str(refusal), problems.of_refusal(refusal)))
        if connection.state == State.CONNECTING:
            connection.state = State.OPEN

    def _welcome(self, connection: Connection, actor: Actor, pid: object) -> None:
        if connection.state != State.CONNECTING:
            return
        connection.actor = actor
        connection.handshake = None
        connection.state = State.CONNECTED
        connection.reader.limit = self._settings.max_payload
        self._unconnected.pop(connection, None)
        connection.write(packets.connected(connection.id))
        farewell = self._farewells.take(pid, connection)
        if farewell is not None:
            members = {"type": "urn:aethex:problem:slow-client", "title": "Closed before", "detail": farewell}
            connection.write(packets.event("notice", members))

    def _leave_topics(self, connection: Connection) -> None:
        for topic in connection.topics:
            leave(connection, topic, self._clock.monotonic())

    def _expired(self, connection: Connection) -> None:
        self._metrics.add("ping_timeouts")
        self.close(connection, CloseCode.GOING_AWAY, "No answer to the last ping.")

    def _too_slow(self, connection: Connection, sentence: str) -> None:
        self._farewells.remember(connection, sentence)
        # nothing more fits into its buffer, not even a close frame
        connection.transport.abort()


def _older(since: dict[Connection, float], deadline: float) -> list[Connection]:
    """Those whose time is over; entries are in the order of time."""
    return [connection for connection, _ in takewhile(lambda entry: entry[1] <= deadline, since.items())]
