"""RTMP chunk streams, sans-IO: bytes in, whole messages out, and the other way round."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Final, NamedTuple

from .errors import ProtocolError

SET_CHUNK_SIZE, ABORT, ACKNOWLEDGEMENT, USER_CONTROL, WINDOW_SIZE, PEER_BANDWIDTH = 1, 2, 3, 4, 5, 6
AUDIO, VIDEO, DATA_AMF3, COMMAND_AMF3, DATA, COMMAND = 8, 9, 15, 17, 18, 20

_EXTENDED: Final = 0xFFFFFF
_HEADER_SIZES: Final = (11, 7, 3, 0)
_u32 = struct.Struct(">I")


class Message(NamedTuple):
    """One whole RTMP message; `timestamp` is in milliseconds and wraps at 2**32."""

    kind: int
    timestamp: int
    body: bytearray


@dataclass(slots=True)
class ChunkLimits:
    """What one peer may use; sizes in bytes. Raised once the publisher is admitted."""

    chunk_size: int = 1 << 20
    streams: int = 8
    control: int = 64 << 10
    media: int = 64 << 10
    unfinished: int = 8 << 20
    waiting: int = 1 << 20


class _ChunkStream:
    __slots__ = ("body", "delta", "extended", "kind", "length", "missing", "timestamp")

    def __init__(self) -> None:
        self.timestamp = self.delta = self.length = self.kind = self.missing = 0
        self.extended = False
        self.body: bytearray | None = None


class ChunkReader:
    """Reassembles messages. Payload bytes are copied once, straight into the message that they belong to."""

    def __init__(self, limits: ChunkLimits | None = None) -> None:
        self.limits = limits or ChunkLimits()
        self._chunk_size = 128
        self._streams: dict[int, _ChunkStream] = {}
        self._view = memoryview(b"")
        self._at = 0
        self._stream: _ChunkStream | None = None
        self._left = 0
        self._unfinished = 0

    def feed(self, data: bytes) -> None:
        """Add what the socket gave; call `read` until it returns None."""
        rest = len(self._view) - self._at
        if rest:
            if rest > self.limits.waiting:
                raise ProtocolError("too much data before the answer to publish")
            data = bytes(self._view[self._at :]) + data
        self._view = memoryview(data)
        self._at = 0

    def read(self) -> Message | None:
        """The next whole message, or None when more bytes are needed."""
        while True:
            if self._stream is None and not self._header():
                return None
            message = self._payload()
            if message is None:
                if self._stream is not None:
                    return None
                continue
            if not self._control(message):
                return message

    def _payload(self) -> Message | None:
        stream = self._stream
        if stream is None or stream.body is None:
            return None
        start = self._at
        take = min(self._left, len(self._view) - start)
        stream.body += self._view[start : start + take]
        self._at = start + take
        self._left -= take
        if self._left:
            return None
        self._stream = None
        if stream.missing:
            return None
        body, stream.body = stream.body, None
        self._unfinished -= stream.length
        return Message(stream.kind, stream.timestamp, body)

    def _header(self) -> bool:
        """Read a chunk's header; false when it is not all there, then nothing of it is consumed."""
        found = self._chunk_id()
        if found is None:
            return False
        form, chunk_id, at = found
        stream = self._streams.get(chunk_id)
        end = at + _HEADER_SIZES[form]
        fields = self._view[at:end]
        time = int.from_bytes(fields[:3], "big") if form < 3 else 0
        # senders repeat the extended timestamp in every continuation chunk
        extended = time == _EXTENDED if form < 3 else stream is not None and stream.extended
        if end + 4 * extended > len(self._view):
            return False
        if extended:
            time = _u32.unpack_from(self._view, end)[0]
        if stream is None:
            stream = self._open_stream(chunk_id, form)
        if stream.body is None:
            self._begin(stream, form, fields, time, extended)
        elif form != 3:
            raise ProtocolError("a new header in the middle of a message")
        self._at = end + 4 * extended
        self._stream = stream
        self._left = min(self._chunk_size, stream.missing)
        stream.missing -= self._left
        return True

    def _chunk_id(self) -> tuple[int, int, int] | None:
        """Header form, chunk stream and where the fields begin; None when it is not all there."""
        view, at = self._view, self._at
        if at >= len(view):
            return None
        form, chunk_id = view[at] >> 6, view[at] & 63
        at += 1
        if chunk_id >= 2:
            return form, chunk_id, at
        size = chunk_id + 1
        if at + size > len(view):
            return None
        return form, int.from_bytes(view[at : at + size], "little") + 64, at + size

    def _open_stream(self, chunk_id: int, form: int) -> _ChunkStream:
        if form != 0:
            raise ProtocolError("a chunk stream must begin with a full header")
        if len(self._streams) >= self.limits.streams:
            raise ProtocolError("too many chunk streams")
        stream = self._streams[chunk_id] = _ChunkStream()
        return stream

    def _begin(self, stream: _ChunkStream, form: int, fields: memoryview, time: int, extended: bool) -> None:
        if form < 2:
            stream.length = int.from_bytes(fields[3:6], "big")
            stream.kind = fields[6]
        if form < 3:
            stream.delta, stream.extended = time, extended
        # a type-3 chunk after a type-0 header adds that header's time: so the specification and ffmpeg
        stream.timestamp = time if form == 0 else (stream.timestamp + stream.delta) & 0xFFFFFFFF
        bound = self.limits.media if stream.kind in (AUDIO, VIDEO) else self.limits.control
        if stream.length > bound:
            raise ProtocolError(f"a message of {stream.length} bytes is too large")
        self._unfinished += stream.length
        if self._unfinished > self.limits.unfinished:
            raise ProtocolError("too many unfinished messages")
        stream.missing = stream.length
        stream.body = bytearray()

    def _control(self, message: Message) -> bool:
        """Chunk size and abort concern this layer alone; true when the message was one of them."""
        if message.kind not in (SET_CHUNK_SIZE, ABORT):
            return False
        if len(message.body) < 4:
            raise ProtocolError("a control message is cut off")
        value = _u32.unpack_from(message.body)[0]
        if message.kind == ABORT:
            self._abort(value)
        elif 1 <= value & 0x7FFFFFFF <= self.limits.chunk_size:
            self._chunk_size = value & 0x7FFFFFFF
        else:
            raise ProtocolError(f"chunk size {value} is out of bounds")
        return True

    def _abort(self, chunk_id: int) -> None:
        stream = self._streams.get(chunk_id)
        if stream is not None and stream.body is not None:
            self._unfinished -= stream.length
            stream.body, stream.missing = None, 0


def encode_message(
    kind: int,
    body: bytes,
    *,
    chunk_id: int = 3,
    stream_id: int = 0,
    timestamp: int = 0,
    chunk_size: int = 128,
) -> bytes:
    """One message with a full header, cut at `chunk_size` bytes."""
    short = min(timestamp, _EXTENDED)
    extended = _u32.pack(timestamp) if timestamp >= _EXTENDED else b""
    head = short.to_bytes(3, "big") + len(body).to_bytes(3, "big") + bytes((kind,))
    pieces = [bytes((chunk_id,)), head, stream_id.to_bytes(4, "little"), extended, body[:chunk_size]]
    for start in range(chunk_size, len(body), chunk_size):
        pieces += (bytes((0xC0 | chunk_id,)), extended, body[start : start + chunk_size])
    return b"".join(pieces)
