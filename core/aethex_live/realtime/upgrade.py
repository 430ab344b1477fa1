"""The upgrade of a polling session: a websocket is tried out, then takes over without a loss."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from aethex_live.realtime.connection import Connection, State
from aethex_live.realtime.errors import ProtocolError
from aethex_live.realtime.frames import CloseCode, Control, Event, FrameReader, Opcode, encode, encode_close
from aethex_live.realtime.poll_transport import PollTransport
from aethex_live.realtime.sessions import Sessions

PROBE = "2probe"
PROBED = b"3probe"
UPGRADE = "5"


class Probe:
    """A websocket beside a polling session, until the client says that it is the one to go on with.

    From the client's `2probe` on requests are answered at once, so that none is under way at the change.
    `switched` is told the connection before the first byte is written to it.
    """

    __slots__ = ("_connection", "_polled", "_reader", "_sessions", "_switched", "_transport", "began", "sid")

    def __init__(
        self,
        polled: PollTransport,
        transport: asyncio.Transport,
        reader: FrameReader,
        sessions: Sessions,
        switched: Callable[[Connection], None],
    ) -> None:
        self._polled = polled
        self._transport = transport
        self._reader = reader
        self._sessions = sessions
        self._switched = switched
        self._connection: Connection | None = None
        self.sid = polled.sid
        self.began = sessions.now()

    def received(self, data: bytes) -> None:
        """Bytes have come over the websocket; what is wrong with them ends the attempt alone."""
        if self._transport.is_closing():
            return
        try:
            for event in self._reader.feed(data):
                if self._connection is None:
                    self._event(event)
                else:
                    # the same bytes go on with what the session says over its new transport
                    self._sessions.take(self._connection, (event,))
        except ProtocolError as error:
            if self._connection is None:
                self.abandon(error.code, str(error))
            else:
                # closed already, unless it was the frame itself that is broken
                self._sessions.close(self._connection, error.code, str(error))

    def abandon(self, code: int = CloseCode.GOING_AWAY, reason: str = "") -> None:
        """Close the websocket; the session, if it still is one, goes on without it."""
        self.lost()
        if not self._transport.is_closing():
            self._transport.write(encode_close(code, reason))
            self._transport.close()

    def lost(self) -> None:
        """The websocket is gone before it took over."""
        if self._polled.probe is self:
            self._polled.probe = None

    def _event(self, event: Event) -> None:
        if isinstance(event, Control):
            self._control(event)
        elif event == PROBE:
            self._transport.write(encode(Opcode.TEXT, PROBED))
            self._polled.probe = self
            self._polled.release()
        elif event == UPGRADE and self._polled.probe is self:
            self._take_over()
        else:
            raise ProtocolError(CloseCode.PROTOCOL_ERROR, "Engine.IO protocol broken: an upgrade is 2probe, then 5.")

    def _control(self, control: Control) -> None:
        if control.opcode == Opcode.PING:
            self._transport.write(encode(Opcode.PONG, control.payload))
        elif control.opcode == Opcode.CLOSE:
            self.abandon(CloseCode.NORMAL)

    def _take_over(self) -> None:
        connection = self._polled.connection
        if self._polled.is_closing() or connection.state >= State.CLOSING:
            raise ProtocolError(CloseCode.GOING_AWAY, "The session is over.")
        self._polled.probe = None
        waiting = self._polled.detach()
        self._connection = connection
        self._switched(connection)
        self._sessions.switch(connection, self._transport, self._reader, waiting)
