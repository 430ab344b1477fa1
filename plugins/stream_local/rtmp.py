"""One RTMP publisher: handshake, commands, and its audio and video handed to a session."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Final, Protocol, cast

from . import chunks, rtmp_replies
from .amf import AmfValue, decode
from .chunks import ChunkLimits, ChunkReader, Message, encode_message
from .errors import MediaRejected, ProtocolError
from .handshake import Handshake
from .ports import Refusal

log = logging.getLogger(__name__)

MEDIA_LIMIT: Final = 4 << 20
ADMIT_SECONDS: Final = 5.0
_GOODBYES: Final = frozenset({"FCUnpublish", "deleteStream", "closeStream"})
APP: Final = "live"


class Session(Protocol):
    """Where the media of an accepted publisher goes."""

    def media(self, kind: int, timestamp: int, body: bytearray) -> None:
        """One audio (8) or video (9) tag, `timestamp` in ms. Raises MediaRejected with a sentence."""

    def ended(self, clean: bool) -> None:
        """The publisher is gone; `clean` when it said so."""


class RtmpHost(Protocol):
    """The listener that a connection belongs to."""

    async def admit(self, key: str, publisher: RtmpConnection) -> Session | Refusal: ...

    def enter(self, connection: RtmpConnection) -> bool: ...

    def leave(self, connection: RtmpConnection) -> None: ...

    def monotonic(self) -> float: ...


class RtmpConnection(asyncio.Protocol):
    """Speaks with one encoder. Whatever it sends can end this connection and nothing else."""

    def __init__(self, host: RtmpHost) -> None:
        self._host = host
        self._limits = ChunkLimits()
        self._reader = ChunkReader(self._limits)
        self._handshake = Handshake()
        self._out_size = 128
        self._received = self._acknowledged = 0
        self._admission: asyncio.Task[None] | None = None
        self._app_ok = False
        self._transport: asyncio.Transport | None = None
        self.session: Session | None = None
        self.peer = ""
        self.closed = False
        self.leaving_at: float | None = None
        self.opened_at = self.heard_at = host.monotonic()

    @property
    def greeted(self) -> bool:
        """Whether the handshake is over."""
        return self._handshake.over

    # --- asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        address = transport.get_extra_info("peername")
        self.peer = str(address[0]) if address else "local"
        if not self._host.enter(self):
            self.abort()

    def data_received(self, data: bytes) -> None:
        if self.closed or self.leaving_at is not None:
            return
        self.heard_at = self._host.monotonic()
        self._received += len(data)
        self._guarded(lambda: self._consume(data))
        if self._received - self._acknowledged >= rtmp_replies.WINDOW and not self.closed:
            self._acknowledged = self._received
            self._send(chunks.ACKNOWLEDGEMENT, rtmp_replies.acknowledgement(self._received), chunk_id=2)

    def connection_lost(self, exc: Exception | None) -> None:
        self._finish(clean=False)

    # --- leaving

    def dismiss(self, sentence: str, code: str = "NetStream.Publish.Rejected") -> None:
        """Tell the encoder why, then close; it has two seconds to read the answer."""
        if self.closed or self.leaving_at is not None:
            return
        log.info("RTMP publisher %s dismissed: %s", self.peer, sentence)
        self._send(chunks.COMMAND, rtmp_replies.status(code, sentence, error=True), stream_id=1)
        self._leave()

    def _leave(self) -> None:
        self.leaving_at = self._host.monotonic()
        self._end_session(clean=False)
        transport = self._transport
        if transport is None or transport.is_closing():
            return
        # a full close with unread input resets the connection, and the encoder never sees the reason
        try:
            if transport.can_write_eof():
                transport.write_eof()
            transport.resume_reading()
        except OSError:
            self.abort()  # the other side is gone already, and we had not noticed

    def abort(self) -> None:
        """Close at once, without a word."""
        self._finish(clean=False)
        if self._transport is not None:
            self._transport.abort()

    def _end_session(self, *, clean: bool) -> None:
        session, self.session = self.session, None
        if session is not None:
            session.ended(clean)

    def _finish(self, *, clean: bool) -> None:
        if self.closed:
            return
        self.closed = True
        if self._admission is not None:
            self._admission.cancel()
        self._host.leave(self)
        self._end_session(clean=clean)

    # --- reading

    def _guarded(self, read: Callable[[], None]) -> None:
        """Read; what can't be read or taken ends this connection and nothing else."""
        try:
            read()
        except MediaRejected as refusal:
            self.dismiss(str(refusal))
        except ProtocolError as error:
            log.info("RTMP connection of %s closed: %s", self.peer, error)
            self.abort()

    def _consume(self, data: bytes) -> None:
        if not self._handshake.over:
            data = self._handshake.feed(data)
            self._write(self._handshake.reply)
        self._reader.feed(data)
        self._read_messages()

    def _read_messages(self) -> None:
        while self._admission is None and self.leaving_at is None and not self.closed:
            message = self._reader.read()
            if message is None:
                return
            self._message(message)

    def _message(self, message: Message) -> None:
        kind = message.kind
        if kind in (chunks.AUDIO, chunks.VIDEO):
            if self.session is not None:
                self.session.media(kind, message.timestamp, message.body)
        elif kind == chunks.COMMAND:
            self._command(decode(message.body))
        elif kind == chunks.COMMAND_AMF3:
            self._command(decode(memoryview(message.body)[1:]))
        # the rest (acknowledgements, user control, metadata, shared objects) changes nothing here

    def _command(self, values: list[AmfValue]) -> None:
        if not values or not isinstance(values[0], str):
            raise ProtocolError("a command without a name")
        name = values[0]
        transaction = values[1] if len(values) > 1 else 0.0
        if name == "connect":
            self._connect(transaction, values[2] if len(values) > 2 else None)
        elif name == "createStream":
            self._send(chunks.COMMAND, rtmp_replies.stream_created(transaction))
        elif name == "publish":
            self._publish(values[3] if len(values) > 3 else None)
        elif name in _GOODBYES:
            self._goodbye(name)
        elif name in ("play", "play2"):
            self.dismiss("This address takes streams in; to watch, open the channel's page.")

    def _connect(self, transaction: AmfValue, options: AmfValue) -> None:
        app = options.get("app") if isinstance(options, dict) else None
        if not isinstance(app, str) or app.split("?")[0].strip("/") != APP:
            sentence = "The server address must end in /live; the stream key goes into its own field."
            self._send(chunks.COMMAND, rtmp_replies.connect_refused(transaction, sentence))
            self._leave()
            return
        self._app_ok = True
        self._send(chunks.WINDOW_SIZE, rtmp_replies.window_size, chunk_id=2)
        self._send(chunks.PEER_BANDWIDTH, rtmp_replies.peer_bandwidth, chunk_id=2)
        self._send(chunks.SET_CHUNK_SIZE, rtmp_replies.chunk_size, chunk_id=2)
        self._out_size = rtmp_replies.CHUNK_SIZE
        self._send(chunks.COMMAND, rtmp_replies.connected(transaction))

    def _goodbye(self, name: str) -> None:
        self._end_session(clean=True)
        if name != "FCUnpublish" and self._transport is not None:
            self.leaving_at = self._host.monotonic()
            self._transport.close()

    # --- publishing

    def _publish(self, name: AmfValue) -> None:
        if not self._app_ok or self.session is not None:
            raise ProtocolError("publish out of order")
        key = name.split("?")[0] if isinstance(name, str) else ""
        if self._transport is not None:
            self._transport.pause_reading()
        self._admission = asyncio.get_running_loop().create_task(self._admit(key))

    async def _admit(self, key: str) -> None:
        try:
            answer = await asyncio.wait_for(self._host.admit(key, self), ADMIT_SECONDS)
        except Exception:  # whatever the gate raises, the encoder gets an answer
            log.exception("the stream key of %s could not be checked", self.peer)
            answer = Refusal("The server can't check stream keys at the moment: try again in a minute.")
        self._admission = None
        if isinstance(answer, Refusal):
            self.dismiss(answer.sentence, f"NetStream.Publish.{answer.code}")
        elif self.closed or self.leaving_at is not None:
            answer.ended(clean=False)
        else:
            self._accepted(answer)

    def _accepted(self, session: Session) -> None:
        self.session = session
        self._limits.media = MEDIA_LIMIT
        self._send(chunks.USER_CONTROL, rtmp_replies.stream_begin, chunk_id=2)
        started = rtmp_replies.status("NetStream.Publish.Start", "You are live.", error=False)
        self._send(chunks.COMMAND, started, stream_id=1)
        if self._transport is not None:
            self._transport.resume_reading()
        self._guarded(self._read_messages)

    # --- writing

    def _send(self, kind: int, body: bytes, *, chunk_id: int = 3, stream_id: int = 0) -> None:
        self._write(encode_message(kind, body, chunk_id=chunk_id, stream_id=stream_id, chunk_size=self._out_size))

    def _write(self, data: bytes) -> None:
        gone = self._transport is None or self.leaving_at is not None or self._transport.is_closing()
        if data and self._transport is not None and not gone:
            self._transport.write(data)
