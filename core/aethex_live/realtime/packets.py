"""Packets of Engine.IO 4 and Socket.IO 5, sans-IO: text in, packets out, and the bytes that answer."""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum
from typing import Any, NamedTuple

import orjson

from aethex_live.realtime.errors import ProtocolError
from aethex_live.realtime.frames import CloseCode

# 2^53 has 16 digits: no JavaScript client counts further
MAX_ACK_DIGITS = 16
MAX_NAMESPACE = 128
# a picture with its sizes, not a file system
MAX_ATTACHMENTS = 32
_DIGITS = frozenset("0123456789")

# names that socket.io-client keeps for itself
RESERVED = frozenset({"connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener"})

PING = b"2"
PONG = b"3"
NOOP = b"6"
CLOSE = b"1"
DISCONNECT = b"41"


class Kind(IntEnum):
    """The kinds of Socket.IO packets."""

    CONNECT = 0
    DISCONNECT = 1
    EVENT = 2
    ACK = 3
    CONNECT_ERROR = 4
    BINARY_EVENT = 5
    BINARY_ACK = 6


# what makes the binary kind of EVENT and ACK
BINARY = Kind.BINARY_EVENT - Kind.EVENT


class Packet(NamedTuple):
    """A Socket.IO packet; `data` is its JSON, `attachments` the binary frames that follow it."""

    kind: Kind
    namespace: str = "/"
    ack: int | None = None
    data: Any = None
    attachments: int = 0


def decode(text: str) -> Packet:
    """A Socket.IO packet without the Engine.IO `4` in front; raises only ProtocolError."""
    if not text or text[0] not in "0123456":
        raise _broken("a packet of an unknown kind")
    kind = Kind(ord(text[0]) - 48)
    attachments, at = _attachments(text) if kind >= Kind.BINARY_EVENT else (0, 1)
    namespace, at = _namespace(text, at)
    ack, at = _number(text, at)
    packet = Packet(kind, namespace, ack, _json(text[at:]), attachments)
    if not _fits(packet, empty=at == len(text)):
        raise _broken(f"a {kind.name} packet whose data does not fit")
    return packet


def _attachments(text: str) -> tuple[int, int]:
    count, at = _number(text, 1)
    if count is None or text[at : at + 1] != "-":
        raise _broken("a binary packet without its number of attachments")
    if count > MAX_ATTACHMENTS:
        raise ProtocolError(CloseCode.POLICY, f"A message has more than {MAX_ATTACHMENTS} attachments.")
    return count, at + 1


def _namespace(text: str, at: int) -> tuple[str, int]:
    if text[at : at + 1] != "/":
        return "/", at
    end = text.find(",", at)
    if end < 0:
        end = len(text)
    if end - at > MAX_NAMESPACE:
        raise _broken("a namespace whose name is too long")
    # a query after the name was legal in version 2 and means nothing any more
    return text[at:end].partition("?")[0], end + 1 if end < len(text) else end


def _number(text: str, at: int) -> tuple[int | None, int]:
    end = at
    while end < len(text) and text[end] in _DIGITS:
        end += 1
        if end - at > MAX_ACK_DIGITS:
            raise _broken("a number that is too long")
    return (int(text[at:end]), end) if end > at else (None, end)


def _json(text: str) -> Any:
    if not text:
        return None
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        raise _broken("data that is not JSON") from None


def with_attachments(packet: Packet, attachments: list[bytes]) -> Packet:
    """The packet with the binary in the places that were kept for it; ProtocolError when it does not fit."""
    # not by recursion: the depth of the data is the client's choice
    holders: list[Any] = [packet.data]
    while holders:
        holder = holders.pop()
        items = list(holder.items()) if isinstance(holder, dict) else list(enumerate(holder))
        for key, value in items:
            if isinstance(value, dict) and "_placeholder" in value:
                holder[key] = _attachment(value, attachments)
            elif isinstance(value, dict | list):
                holders.append(value)
    return packet._replace(kind=Kind(packet.kind - BINARY), attachments=0)


def _attachment(place: dict[str, Any], attachments: list[bytes]) -> bytes:
    number = place.get("num")
    if place["_placeholder"] is not True or type(number) is not int or not 0 <= number < len(attachments):
        raise _broken("a place for an attachment that is not there")
    return attachments[number]


def _fits(packet: Packet, *, empty: bool) -> bool:
    match packet.kind:
        case Kind.CONNECT:
            return packet.ack is None and (empty or isinstance(packet.data, dict))
        case Kind.DISCONNECT:
            return packet.ack is None and empty
        case Kind.EVENT | Kind.BINARY_EVENT:
            data = packet.data
            return isinstance(data, list) and bool(data) and isinstance(data[0], str) and data[0] not in RESERVED
        case Kind.ACK | Kind.BINARY_ACK:
            return packet.ack is not None and isinstance(packet.data, list)
        case Kind.CONNECT_ERROR:
            return False  # only a server says this


def dumps(value: object) -> bytes:
    """JSON; besides the usual: UUID, datetime, dataclasses, any Mapping, pydantic's values by `str`."""
    return orjson.dumps(value, default=_plain)


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} can't be sent as JSON: convert it before it is published")


def opened(sid: str, *, interval_ms: int, timeout_ms: int, max_payload: int, upgrades: tuple[str, ...] = ()) -> bytes:
    """Engine.IO's first packet."""
    return b"0" + dumps(
        {
            "sid": sid,
            "upgrades": upgrades,
            "pingInterval": interval_ms,
            "pingTimeout": timeout_ms,
            "maxPayload": max_payload,
        }
    )


def connected(sid: str) -> bytes:
    """The answer to CONNECT. Clients send `pid` back when they return: so the next connect is recognised."""
    return b"40" + dumps({"sid": sid, "pid": sid})


def connect_error(message: str, data: Mapping[str, object] | None = None, namespace: str = "/") -> bytes:
    """The refusal of a CONNECT; clients raise it as `connect_error` and do not come back by themselves."""
    where = b"" if namespace == "/" else namespace.encode() + b","
    body: dict[str, object] = {"message": message}
    if data is not None:
        body["data"] = data
    return b"44" + where + dumps(body)


class Outgoing(NamedTuple):
    """A packet on its way out, and the binary frames that follow it."""

    packet: bytes
    attachments: list[bytes]


def pack(kind: Kind, arguments: object, ack: int | None = None) -> Outgoing:
    """An EVENT or ACK; bytes in its data make it a binary one. TypeError for what can't be sent."""
    attachments: list[bytes] = []

    def take_out(value: object) -> object:
        if isinstance(value, bytes | bytearray | memoryview):
            attachments.append(bytes(value))
            return {"_placeholder": True, "num": len(attachments) - 1}
        return _plain(value)

    encoded = orjson.dumps(arguments, default=take_out)
    head = b"4%d%d-" % (kind + BINARY, len(attachments)) if attachments else b"4%d" % kind
    return Outgoing(head + (b"" if ack is None else b"%d" % ack) + encoded, attachments)


def event(name: str, value: object) -> bytes:
    """An event with one argument."""
    return b"42" + dumps([name, value])


def _broken(what: str) -> ProtocolError:
    return ProtocolError(CloseCode.PROTOCOL_ERROR, f"Socket.IO protocol broken: {what}.")
