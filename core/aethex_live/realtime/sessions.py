"""The life of a connection: opened, identified, read, closed."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Iterable
from itertools import takewhile

from aethex_live.clock import Clock
from aethex_live.realtime import asks, assembly, packets, problems
from aethex_live.realtime.admission import Admission, Identify
from aethex_live.realtime.connection import Connection, State, new_id
from aethex_live.realtime.errors import ProtocolError
from aethex_live.realtime.frames import CloseCode, Control, Event, FrameReader, Opcode, decode_close, encode
from aethex_live.realtime.heartbeat import Heartbeat
from aethex_live.realtime.inbox import Inbox
from aethex_live.realtime.limits import Events, Rate, Verdict
from aethex_live.realtime.membership import leave
from aethex_live.realtime.metrics import Metrics
from aethex_live.realtime.packets import Kind, Packet
from aethex_live.realtime.poll_transport import PollTransport
from aethex_live.realtime.settings import RealtimeSettings
from aethex_live.realtime.slow import Congestion

log = logging.getLogger("aethex.realtime")

# how long a peer may take to answer our close frame; with a beat of 1 s, 2 s are promised
LINGER_SECONDS = 0.5


class Sessions:
    """Turns frames into packets and packets into acts; knows every connection and its deadlines."""

    def __init__(
        self, settings: RealtimeSettings, clock: Clock, metrics: Metrics, identify: Identify, inbox: Inbox
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._metrics = metrics
        self._inbox = inbox
        self._rate = Rate(settings)
        self._events = Events(settings)
        self._connected: dict[str, Connection] = {}
        self._unconnected: dict[Connection, float] = {}
        self._lingering: dict[Connection, float] = {}
        self.heartbeat = Heartbeat(settings, clock, self._expired)
        self.congestion = Congestion(settings, clock, metrics, expire=self._too_slow, resumed=inbox.go_on)
        self.admission = Admission(settings, clock, metrics, identify, inbox, close=self.close, entered=self._entered)

    def now(self) -> float:
        """The time that deadlines are measured by."""
        return self._clock.monotonic()

    def open(self, connection: Connection, sid: str | None = None, upgrades: tuple[str, ...] = ()) -> None:
        """Greet a new connection; `sid` is the secret by which requests name it."""
        self._metrics.add("connections_opened")
        self._unconnected[connection] = self._clock.monotonic()
        self.heartbeat.add(connection)
        connection.write(
            packets.opened(
                sid or new_id(),
                interval_ms=self._settings.ping_interval_ms,
                timeout_ms=self._settings.ping_timeout_ms,
                max_payload=self._settings.max_payload,
                upgrades=upgrades,
            )
        )

    def switch(
        self, connection: Connection, transport: asyncio.Transport, reader: FrameReader, waiting: list[bytes]
    ) -> None:
        """The connection goes on over a websocket, which first gets what was not yet fetched."""
        self._metrics.add("upgrades")
        connection.move(transport, reader)
        for topic in connection.topics:
            topic.order = None  # it may take compressed frames now
        if waiting:
            connection.send(b"".join(waiting))
        if connection.paused and transport.get_write_buffer_size() <= self._settings.slow_buffer:
            self.congestion.resume(connection)

    def find(self, connection_id: str) -> Connection | None:
        """The connected client of this id."""
        return self._connected.get(connection_id)

    def lost(self, connection: Connection) -> None:
        """The transport is closed."""
        self._leave_topics(connection)
        connection.mark_closed()
        self.heartbeat.remove(connection)
        self.congestion.forget(connection)
        self._forget_actor(connection)
        self._unconnected.pop(connection, None)
        self._lingering.pop(connection, None)
        self._metrics.add("connections_closed")

    def received(self, connection: Connection, data: bytes) -> None:
        """Bytes have come; whatever is wrong with them closes this connection and nothing else."""
        with contextlib.suppress(ProtocolError):
            self.take(connection, connection.reader.feed(data))

    def take(self, connection: Connection, events: Iterable[Event]) -> None:
        """Messages have come over some transport; ProtocolError when the connection was closed for one of them."""
        try:
            for event in events:
                self._event(connection, event)
        except ProtocolError as error:
            self._metrics.add("protocol_errors")
            log.debug("closed %s (%s): %s", connection.id, connection.address, error)
            self.close(connection, error.code, str(error))
            raise

    def close(self, connection: Connection, code: int, reason: str, *, tell: bool = False) -> None:
        """End a connection by the rules: a close frame, a moment for the answer, then the transport.

        A polling client whose request is not there just now finds no session any more, unless it has to be told.
        """
        if connection.state >= State.CLOSING:
            return
        self._leave_topics(connection)
        connection.begin_close(code, reason)
        self._lingering[connection] = self._clock.monotonic()
        transport = connection.transport
        if isinstance(transport, PollTransport) and not transport.polled and not tell:
            transport.abort()

    def dismiss(self, connection: Connection, code: int, reason: str, retry_after: float | None) -> None:
        """Say why, then end."""
        if connection.state == State.CONNECTED:
            connection.write(packets.event("closing", {"reason": reason, "retry_after": retry_after}))
        self.close(connection, code, reason, tell=True)

    def turn(self) -> None:
        """One beat: pings, slow clients and silent ones."""
        self.heartbeat.turn()
        self.congestion.turn()
        now = self._clock.monotonic()
        self._events.forget(now)
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
        elif isinstance(event, bytes) or event.startswith("4"):
            message = event if isinstance(event, bytes) else event[1:]
            self._message(connection, message, refused=verdict is Verdict.REFUSED)
        else:
            self._engine_packet(connection, event)

    def _control(self, connection: Connection, control: Control) -> None:
        if control.opcode == Opcode.PING:
            connection.send(encode(Opcode.PONG, control.payload))
        elif control.opcode == Opcode.CLOSE:
            code = decode_close(control.payload)
            self.close(connection, CloseCode.NORMAL if code == 1005 else code, "")
            connection.transport.close()

    def _message(self, connection: Connection, message: str | bytes, *, refused: bool) -> None:
        """What Engine.IO carries for the protocol above it."""
        packet = assembly.taken(connection, message)
        if packet is not None:
            self._packet(connection, packet, refused=refused)

    def _engine_packet(self, connection: Connection, text: str) -> None:
        match text[:1]:
            case "3":
                connection.pinged = 0.0
            case "2":
                connection.write(packets.PONG + text[1:].encode())
            case "1":
                self._bye(connection)
            case "6":
                pass
            case _:
                raise ProtocolError(CloseCode.PROTOCOL_ERROR, "Engine.IO protocol broken: a packet of an unknown kind.")

    def _bye(self, connection: Connection) -> None:
        transport = connection.transport
        if isinstance(transport, PollTransport):
            connection.state = State.CLOSING
            transport.end(packets.NOOP)
        else:
            self.close(connection, CloseCode.NORMAL, "")

    def _packet(self, connection: Connection, packet: Packet, *, refused: bool) -> None:
        if packet.kind == Kind.CONNECT:
            self.admission.connect(connection, packet)
            return
        assembly.check_place(connection, packet)
        if packet.kind == Kind.DISCONNECT:
            self._disconnect(connection)
        elif packet.kind == Kind.ACK:
            asks.answered(connection, packet)
        elif wait := self._wait(connection, refused=refused):
            self._metrics.add("rate_limited")
            members = problems.problem(429, "too-many-requests", "You send too fast.", retry_after=wait)
            self._inbox.refuse(connection, packet.ack, members)
        else:
            self._inbox.take(connection, packet)

    def _wait(self, connection: Connection, *, refused: bool) -> float:
        """Seconds until an event is taken from this socket, its account and its address; 0 when it is."""
        now = self._clock.monotonic()
        if refused:
            return max(0.001, self._rate.wait(connection.full_at, now))
        user_id = connection.actor.user_id if connection.actor is not None else None
        return self._events.hit(user_id, connection.address, now)

    def _disconnect(self, connection: Connection) -> None:
        # the transport stays and is pinged, as in the reference server; to connect again takes a new one
        self._leave_topics(connection)
        self._forget_actor(connection)
        connection.forget_asked()
        connection.state = State.OPEN

    def _forget_actor(self, connection: Connection) -> None:
        self._connected.pop(connection.id, None)
        if connection.actor is not None:
            self.admission.accounts.leave(connection.actor.user_id)
        connection.actor = None

    def _entered(self, connection: Connection) -> None:
        self._connected[connection.id] = connection
        self._unconnected.pop(connection, None)

    def _leave_topics(self, connection: Connection) -> None:
        for topic in connection.topics:
            leave(connection, topic, self._clock.monotonic())

    def _expired(self, connection: Connection) -> None:
        self._metrics.add("ping_timeouts")
        self.close(connection, CloseCode.GOING_AWAY, "No answer to the last ping.")

    def _too_slow(self, connection: Connection, sentence: str) -> None:
        self.admission.farewells.remember(connection, sentence)
        # nothing more fits into its buffer, not even a close frame
        connection.transport.abort()


def _older(since: dict[Connection, float], deadline: float) -> list[Connection]:
    """Those whose time is over; entries are in the order of time."""
    return [connection for connection, _ in takewhile(lambda entry: entry[1] <= deadline, since.items())]
