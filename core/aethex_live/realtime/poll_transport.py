"""A transport for long polling: holds frames until a request asks for them."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, Protocol

from aethex_live.realtime.frames import Opcode, opened
from aethex_live.realtime.packets import CLOSE, NOOP

if TYPE_CHECKING:
    from aethex_live.realtime.connection import Connection
    from aethex_live.realtime.upgrade import Probe

Receive = Callable[[], Awaitable[Any]]
SEPARATOR = b"\x1e"
# so many times the buffer at which a client is called slow is the most that is ever held for one
MOST_BUFFERS = 16


class Owner(Protocol):
    """Who hears what becomes of the transport: the part of an asyncio protocol."""

    def full(self, transport: PollTransport) -> None:
        """More is unsent than may wait."""
        ...

    def empty(self, transport: PollTransport) -> None:
        """A request took it."""
        ...

    def lost(self, transport: PollTransport) -> None:
        """The session is over."""
        ...


class PollTransport(asyncio.Transport):
    """Takes the same frames as a websocket, so that nothing above knows the difference.

    It has no task and no timer: what waits is the client's request. `polled` says that one is there,
    `posting` that a body is being read, `probe` is the websocket that may take over.
    """

    __slots__ = (
        "_frames",
        "_high",
        "_is_full",
        "_last",
        "_open",
        "_owner",
        "_unsent",
        "_wait",
        "connection",
        "polled",
        "posting",
        "probe",
        "sid",
    )

    connection: Connection

    def __init__(self, sid: str, owner: Owner, high: int) -> None:
        super().__init__()
        self.sid = sid
        self._owner = owner
        self._high = high
        self._frames: list[bytes] = []
        self._unsent = 0
        self._is_full = False
        self._open = True
        self._last = b""
        self._wait: asyncio.Timeout | None = None
        self.polled = False
        self.posting = False
        self.probe: Probe | None = None

    @property
    def is_ready(self) -> bool:
        """Whether a request is answered at once."""
        return bool(self._frames) or not self._open or self.probe is not None

    def write(self, data: Any) -> None:
        """Hold a frame for the request that waits, or for the next one."""
        if not self._open:
            return
        self._frames.append(data)
        self._unsent += len(data)
        self._wake()
        if self._unsent > self._high * MOST_BUFFERS:
            self.abort()
        elif self._unsent > self._high and not self.polled and not self._is_full:
            self._is_full = True
            self._owner.full(self)

    async def wait(self, receive: Receive, seconds: float) -> bool:
        """Wait inside of a request until there is something for it; False when the client has gone."""
        try:
            # whoever has something moves this time limit to now: it costs neither a task nor a future
            async with asyncio.timeout(seconds) as self._wait:
                while (await receive())["type"] != "http.disconnect":
                    pass
        except TimeoutError:
            return True
        finally:
            self._wait = None
        return False

    def payload(self) -> bytes:
        """What waits, for one request; NOOP when nothing does. A CLOSE in it ends the session."""
        frames = self.take()
        packets = [_packet(frame) for frame in frames]
        if not self._open and self._last:
            packets.append(self._last)
        elif CLOSE in packets:
            self.end(NOOP)
        return SEPARATOR.join(packets) or NOOP

    def take(self) -> list[bytes]:
        """The frames that wait, which are then the caller's."""
        frames, self._frames = self._frames, []
        self._unsent = 0
        if self._is_full:
            self._is_full = False
            self._owner.empty(self)
        return frames

    def release(self) -> None:
        """Let the request that waits go, with nothing."""
        self._wake()

    def detach(self) -> list[bytes]:
        """Another transport takes over: what still waits is for it, and later requests find no session.

        A client that was called slow still is: what it is told at the end of that goes the new way.
        """
        frames, self._frames = self._frames, []
        self._open = False
        self._wake()
        return frames

    def end(self, last: bytes) -> None:
        """The session is over; the request that waits gets `last` as its last packet."""
        if not self._open:
            return
        self._open = False
        self._last = last
        if not self.polled:
            self._frames.clear()
        self._wake()
        asyncio.get_running_loop().call_soon(self._owner.lost, self)

    def abort(self) -> None:
        """End it at once."""
        self.end(CLOSE)

    def close(self) -> None:
        """End it: what waits goes with the request that is there."""
        self.end(CLOSE)

    def is_closing(self) -> bool:
        """Whether it is over."""
        return not self._open

    def get_write_buffer_size(self) -> int:
        """Bytes that no request has taken yet."""
        return self._unsent

    def pause_reading(self) -> None:
        """Nothing to stop: a client that is slow must still be able to say that it lives."""

    def resume_reading(self) -> None:
        """Nothing was stopped."""

    def _wake(self) -> None:
        wait, self._wait = self._wait, None
        if wait is not None:
            wait.reschedule(asyncio.get_running_loop().time())


def _packet(frame: bytes) -> bytes:
    kind, payload = opened(frame)
    if kind == Opcode.BINARY:
        return b"b" + base64.b64encode(payload)
    return CLOSE if kind == Opcode.CLOSE else payload
