"""Socket.IO packets out of Engine.IO messages: a binary packet comes with its attachments behind it."""

from __future__ import annotations

from aethex_live.realtime import packets
from aethex_live.realtime.connection import Connection, State
from aethex_live.realtime.errors import ProtocolError
from aethex_live.realtime.frames import CloseCode
from aethex_live.realtime.packets import Kind, Packet


def taken(connection: Connection, message: str | bytes) -> Packet | None:
    """The packet that is complete with this message; None while attachments are to come. ProtocolError."""
    if isinstance(message, bytes):
        return _attached(connection, message)
    if connection.assembling is not None:
        raise ProtocolError(CloseCode.PROTOCOL_ERROR, "Socket.IO protocol broken: an attachment is missing.")
    packet = packets.decode(message)
    if packet.kind < Kind.BINARY_EVENT:
        return packet
    if not packet.attachments:
        return packets.with_attachments(packet, [])
    check_place(connection, packet)
    connection.assembling = packet, []
    return None


def check_place(connection: Connection, packet: Packet) -> None:
    """ProtocolError unless the client is connected where the packet goes to."""
    if packet.namespace != "/" or connection.state == State.OPEN:
        raise ProtocolError(CloseCode.PROTOCOL_ERROR, "Socket.IO protocol broken: CONNECT comes first.")


def _attached(connection: Connection, attachment: bytes) -> Packet | None:
    if connection.assembling is None:
        raise ProtocolError(CloseCode.UNSUPPORTED, "A binary message that belongs to no event.")
    packet, attachments = connection.assembling
    attachments.append(attachment)
    if sum(map(len, attachments)) > connection.reader.limit:
        raise ProtocolError(CloseCode.TOO_BIG, f"The attachments are larger than {connection.reader.limit} bytes.")
    if len(attachments) < packet.attachments:
        return None
    connection.assembling = None
    return packets.with_attachments(packet, attachments)
