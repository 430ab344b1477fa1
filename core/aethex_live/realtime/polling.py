"""The sessions over long polling: opened, asked, told, and handed over to a websocket."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator

from aethex_live.realtime import handshake
from aethex_live.realtime.connection import Connection, State, new_id
from aethex_live.realtime.errors import BAD_METHOD, ProtocolError, UpgradeRefused
from aethex_live.realtime.frames import CloseCode, FrameReader
from aethex_live.realtime.gate import Gate
from aethex_live.realtime.poll_transport import PollTransport, Receive
from aethex_live.realtime.settings import RealtimeSettings

# no client gathers more in the time of a request
MOST_PACKETS = 1024


class Polling:
    """Knows the sessions of this process by their secret id; Engine.IO's rules for requests are here."""

    def __init__(self, settings: RealtimeSettings, gate: Gate) -> None:
        self._settings = settings
        self._gate = gate
        self._sessions = gate.sessions
        self._by_sid = gate.polled
        # a ping comes before this is over, so that it only ever frees a request of a session gone wrong
        self._longest = (settings.ping_interval_ms + settings.ping_timeout_ms) / 1000

    def session(self, request: handshake.Request, peer: str) -> PollTransport:
        """The session that a request is for, a new one if it names none; UpgradeRefused."""
        handshake.check_engine(request, "polling")
        sids = request.query.get("sid")
        if sids is None and request.method != "GET":
            raise UpgradeRefused(400, "A session begins with GET.", code=BAD_METHOD)
        if sids is None:
            return self._open(request, peer)
        handshake.check_origin(request, self._settings.origins)
        transport = self._by_sid.get(sids[0])
        if transport is None or transport.is_closing():
            raise handshake.unknown_session()
        return transport

    async def answer(self, transport: PollTransport, receive: Receive) -> bytes | None:
        """What a GET gets; it waits until there is something. None when the client went away meanwhile."""
        connection = transport.connection
        if transport.polled:
            self._sessions.close(connection, CloseCode.POLICY, "Two requests wait for the same session.")
            raise UpgradeRefused(400, "Another request waits for this session already: both are closed.")
        if connection.state < State.CLOSING and self._sessions.heartbeat.expire_late(connection):
            raise handshake.unknown_session()
        transport.polled = True
        try:
            if not transport.is_ready and not await transport.wait(receive, self._longest):
                transport.abort()
                return None
            return transport.payload()
        finally:
            transport.polled = False

    def take(self, transport: PollTransport, body: bytes) -> None:
        """What a POST brought; UpgradeRefused when it broke a protocol, and the session is over then."""
        try:
            self._sessions.take(transport.connection, _packets(body))
        except ProtocolError as error:
            raise UpgradeRefused(400, str(error)) from None

    def break_off(self, transport: PollTransport, sentence: str) -> UpgradeRefused:
        """A request that no client of the protocol makes: the session is over."""
        self._sessions.close(transport.connection, CloseCode.POLICY, sentence)
        return UpgradeRefused(400, sentence)

    def full(self, transport: PollTransport) -> None:
        """The client does not come for what waits."""
        self._sessions.congestion.pause(transport.connection)

    def empty(self, transport: PollTransport) -> None:
        """It came."""
        self._sessions.congestion.resume(transport.connection)

    def lost(self, transport: PollTransport) -> None:
        """The session is over."""
        self._by_sid.pop(transport.sid, None)
        if transport.probe is not None:
            transport.probe.abandon()
        self._gate.leave(transport.connection)

    def _open(self, request: handshake.Request, peer: str) -> PollTransport:
        shown = self._gate.admit(request, peer)
        transport = PollTransport(new_id(), self, self._settings.slow_buffer)
        reader = FrameReader(self._settings.max_payload_before_connect)
        transport.connection = Connection(transport, reader, shown, shown.address)
        self._by_sid[transport.sid] = transport
        self._sessions.open(transport.connection, transport.sid, upgrades=("websocket",))
        return transport


def _packets(body: bytes) -> Iterator[str | bytes]:
    try:
        text = body.decode()
    except UnicodeDecodeError:
        raise ProtocolError(CloseCode.INVALID_DATA, "A payload is not valid UTF-8.") from None
    packets = text.split("\x1e", MOST_PACKETS)
    if len(packets) > MOST_PACKETS:
        raise ProtocolError(CloseCode.POLICY, f"A payload has more than {MOST_PACKETS} packets.")
    for packet in packets:
        yield _binary(packet[1:]) if packet.startswith("b") else packet


def _binary(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise ProtocolError(CloseCode.PROTOCOL_ERROR, "A binary packet is no base64.") from None
