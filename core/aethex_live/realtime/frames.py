"""RFC 6455 frames, sans-IO: bytes in, whole messages out; whatever a peer sends, memory stays bounded."""

from __future__ import annotations

from collections.abc import Iterator
from enum import IntEnum
from typing import NamedTuple

from aethex_live.realtime.deflate import inflate
from aethex_live.realtime.errors import ProtocolError

# a browser never splits a message this often; who does, sends one byte at a time for ever
MAX_FRAGMENTS = 1024
MAX_CONTROL = 125


class Opcode(IntEnum):
    """The kinds of frames."""

    CONTINUATION = 0
    TEXT = 1
    BINARY = 2
    CLOSE = 8
    PING = 9
    PONG = 10


class CloseCode(IntEnum):
    """Why a websocket ends (RFC 6455, 7.4.1)."""

    NORMAL = 1000
    GOING_AWAY = 1001
    PROTOCOL_ERROR = 1002
    UNSUPPORTED = 1003
    INVALID_DATA = 1007
    POLICY = 1008
    TOO_BIG = 1009
    INTERNAL = 1011
    TRY_AGAIN = 1013


class Control(NamedTuple):
    """A close, ping or pong frame."""

    opcode: Opcode
    payload: bytes


Event = str | bytes | Control
Header = tuple[int, int, int]

_OPCODES = frozenset(Opcode)


def encode(opcode: Opcode, payload: bytes, *, compressed: bool = False) -> bytes:
    """One frame of a server: final and unmasked."""
    first = 0x80 | opcode | (0x40 if compressed else 0)
    size = len(payload)
    if size <= MAX_CONTROL:
        return bytes((first, size)) + payload
    if size < 65_536:
        return bytes((first, 126)) + size.to_bytes(2, "big") + payload
    return bytes((first, 127)) + size.to_bytes(8, "big") + payload


def encode_close(code: int, reason: str = "") -> bytes:
    """A close frame; the reason is cut to what a control frame holds."""
    text = reason.encode()[: MAX_CONTROL - 2].decode(errors="ignore")
    return encode(Opcode.CLOSE, code.to_bytes(2, "big") + text.encode())


def opened(frame: bytes) -> tuple[int, bytes]:
    """Kind and payload of a frame that `encode` made, for transports that carry no frames."""
    size = frame[1]
    return frame[0] & 0x0F, frame[2 if size <= MAX_CONTROL else 4 if size == 126 else 10 :]


def decode_close(payload: bytes) -> int:
    """The code of a peer's close frame; 1005 when it gave none."""
    if not payload:
        return 1005
    code = int.from_bytes(payload[:2], "big")
    if len(payload) == 1 or not (1000 <= code <= 1014 or 3000 <= code <= 4999) or code in (1004, 1005, 1006):
        raise ProtocolError(CloseCode.PROTOCOL_ERROR, "The close frame has no valid code.")
    _text(payload[2:])
    return code


def unmask(payload: bytes, mask: bytes) -> bytes:
    """XOR with the repeated mask, as one big number: a byte at a time would cost 100 times as much."""
    size = len(payload)
    if not size:
        return b""
    key = int.from_bytes((mask * (size // 4 + 1))[:size], "little")
    return (int.from_bytes(payload, "little") ^ key).to_bytes(size, "little")


class FrameReader:
    """Reads what a client sends. `limit` is the largest message in bytes; it may be changed at any time."""

    __slots__ = ("_buffer", "_compressed", "_fragments", "_opcode", "_size", "deflate", "limit")

    def __init__(self, limit: int, *, deflate: bool = False) -> None:
        self.limit = limit
        self.deflate = deflate
        self._buffer: bytearray | None = None
        self._fragments: list[bytes] | None = None
        self._opcode = Opcode.TEXT
        self._compressed = False
        self._size = 0

    def feed(self, data: bytes) -> Iterator[Event]:
        """What is complete: messages (str for text, bytes for binary) and controls; or ProtocolError."""
        buffer: bytes | bytearray = data
        if self._buffer is not None:
            self._buffer += data
            buffer = self._buffer
        offset = 0
        while (header := self._header(buffer, offset)) is not None:
            first, start, size = header
            if len(buffer) < start + size:
                break
            mask = bytes(buffer[start - 4 : start])
            payload = unmask(bytes(buffer[start : start + size]), mask)
            offset = start + size
            event = self._frame(first, payload)
            if event is not None:
                yield event
        self._keep(buffer, offset)

    def _keep(self, buffer: bytes | bytearray, offset: int) -> None:
        if offset == len(buffer):
            self._buffer = None
        elif buffer is self._buffer:
            del self._buffer[:offset]
        else:
            self._buffer = bytearray(buffer[offset:])

    def _header(self, buffer: bytes | bytearray, offset: int) -> Header | None:
        """First byte, start of the payload and its size; None while the header is not all there."""
        if len(buffer) < offset + 2:
            return None
        first, second = buffer[offset], buffer[offset + 1]
        self._check_bits(first, second)
        size = second & 0x7F
        if size <= MAX_CONTROL:
            start = offset + 2
        else:
            start = offset + (4 if size == 126 else 10)
            if len(buffer) < start:
                return None
            size = _long_size(buffer[offset + 2 : start])
        if not first & 0x08 and self._size + size > self.limit:
            raise _too_big(self.limit)
        return (first, start + 4, size) if len(buffer) >= start + 4 else None

    def _check_bits(self, first: int, second: int) -> None:
        opcode = first & 0x0F
        if opcode not in _OPCODES or first & 0x30:
            raise _broken("a frame has reserved bits or an unknown kind")
        if not second & 0x80:
            raise _broken("a frame of a client must be masked")
        if opcode & 0x08 and (not first & 0x80 or second & 0x7F > MAX_CONTROL or first & 0x40):
            raise _broken("a control frame must be short, whole and plain")
        if first & 0x40 and (not self.deflate or opcode == Opcode.CONTINUATION):
            raise _broken("a frame is compressed where that was not agreed on")

    def _frame(self, first: int, payload: bytes) -> Event | None:
        opcode = Opcode(first & 0x0F)
        if opcode >= Opcode.CLOSE:
            return Control(opcode, payload)
        if (opcode == Opcode.CONTINUATION) == (self._fragments is None):
            raise _broken("the parts of a message are out of order")
        if opcode != Opcode.CONTINUATION:
            self._opcode, self._compressed = opcode, bool(first & 0x40)
            if first & 0x80:
                return self._message(payload)
            self._fragments = []
        return self._fragment(payload, final=bool(first & 0x80))

    def _fragment(self, payload: bytes, *, final: bool) -> Event | None:
        fragments = self._fragments
        if fragments is None:
            raise _broken("a message goes on that never began")
        fragments.append(payload)
        self._size += len(payload)
        if len(fragments) > MAX_FRAGMENTS:
            raise ProtocolError(CloseCode.POLICY, f"A message comes in more than {MAX_FRAGMENTS} parts.")
        if not final:
            return None
        self._fragments, self._size = None, 0
        return self._message(b"".join(fragments))

    def _message(self, payload: bytes) -> str | bytes:
        if self._compressed:
            payload = inflate(payload, self.limit)
        return _text(payload) if self._opcode == Opcode.TEXT else payload


def _long_size(field: bytes | bytearray) -> int:
    size = int.from_bytes(field, "big")
    if size <= MAX_CONTROL or (len(field) == 8 and (size < 65_536 or size >> 63)):
        raise _broken("a frame's size is not written in the shortest form")
    return size


def _text(payload: bytes) -> str:
    try:
        return payload.decode()
    except UnicodeDecodeError:
        raise ProtocolError(CloseCode.INVALID_DATA, "A text message is not valid UTF-8.") from None


def _broken(what: str) -> ProtocolError:
    return ProtocolError(CloseCode.PROTOCOL_ERROR, f"Websocket protocol broken: {what}.")


def _too_big(limit: int) -> ProtocolError:
    return ProtocolError(CloseCode.TOO_BIG, f"A message is larger than {limit} bytes.")
