"""A client of Socket.IO that does what a measurement needs: events, acknowledgements, and cuts at any moment."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from typing import Any, cast

import orjson

OPEN_SECONDS = 10.0
TEXT, CLOSE, PING = 1, 8, 9
MASK = b"\x37\xfa\x21\x3d"

Heard = Callable[[str, list[Any]], None]


class NotOpen(Exception):
    """The server did not let the client in, or went while it came in."""


class Socket(asyncio.Protocol):
    """One connection. `heard` gets every event; `gone` is set when the connection has ended, whoever ended it."""

    def __init__(self, heard: Heard, *, cookie: str = "", auth: dict[str, object] | None = None) -> None:
        self._heard = heard
        self._cookie = cookie
        self._auth = auth or {}
        self._buffer = b""
        self._upgraded = False
        self._asked: dict[int, asyncio.Future[Any]] = {}
        self._number = 0
        self._let_in: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self.transport: asyncio.Transport
        self.sid = ""
        self.gone = asyncio.Event()

    async def open(self, port: int, *, source: str = "127.0.0.1", receive_buffer: int = 0) -> None:
        """Connect and be let in. Raises NotOpen."""
        opened = socket.socket()
        try:
            async with asyncio.timeout(OPEN_SECONDS):
                if receive_buffer:
                    opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
                opened.setblocking(False)
                opened.bind((source, 0))
                loop = asyncio.get_running_loop()
                await loop.sock_connect(opened, ("127.0.0.1", port))
                await loop.create_connection(lambda: self, sock=opened)
                self._ask_for_upgrade(port)
                self.sid = await self._let_in
        except (OSError, TimeoutError) as error:
            opened.close()
            self.cut()
            raise NotOpen(str(error) or "no answer in time") from None

    def emit(self, name: str, data: object) -> asyncio.Future[Any]:
        """Send an event; the future gets what the acknowledgement says, or is cancelled when the connection ends."""
        self._number += 1
        answer = asyncio.get_running_loop().create_future()
        self._asked[self._number] = answer
        if self.gone.is_set():
            answer.cancel()
        else:
            self._send(b"42%d" % self._number + orjson.dumps([name, data]))
        return answer

    def cut(self) -> None:
        """End it as a network does: nobody is told."""
        transport: asyncio.Transport | None = getattr(self, "transport", None)
        if transport is not None:
            transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The TCP connection."""
        self.transport = cast("asyncio.Transport", transport)

    def connection_lost(self, exc: Exception | None) -> None:
        """Its end."""
        self.gone.set()
        if not self._let_in.done():
            self._let_in.set_exception(NotOpen("the connection ended before it was open"))
            self._let_in.exception()
        for answer in self._asked.values():
            answer.cancel()
        self._asked.clear()

    def data_received(self, data: bytes) -> None:
        """The answer to the upgrade, then frames."""
        self._buffer += data
        if not self._upgraded and not self._answered():
            return
        at = 0
        while not self.gone.is_set() and (frame := self._frame(at)) is not None:
            kind, payload, at = frame
            self._take(kind, payload)
        self._buffer = self._buffer[at:]

    def _ask_for_upgrade(self, port: int) -> None:
        lines = [
            "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1",
            f"Host: localhost:{port}",
            "Upgrade: websocket",
            "Connection: Upgrade",
            "Sec-WebSocket-Version: 13",
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
            *([f"Cookie: {self._cookie}"] if self._cookie else []),
        ]
        self.transport.write("\r\n".join(lines).encode() + b"\r\n\r\n")

    def _answered(self) -> bool:
        head, end, rest = self._buffer.partition(b"\r\n\r\n")
        if not end:
            return False
        if not head.startswith(b"HTTP/1.1 101"):
            self._refused(head.partition(b"\r\n")[0].decode())
            return False
        self._upgraded, self._buffer = True, rest
        return True

    def _frame(self, at: int) -> tuple[int, bytes, int] | None:
        """Kind, payload and the place behind a frame of the server, which is never split and never masked."""
        buffer = self._buffer
        if len(buffer) < at + 2:
            return None
        size, start = buffer[at + 1], at + 2
        if size > 125:
            start += 2 if size == 126 else 8
            if len(buffer) < start:
                return None
            size = int.from_bytes(buffer[at + 2 : start], "big")
        end = start + size
        return (buffer[at] & 15, buffer[start:end], end) if len(buffer) >= end else None

    def _take(self, kind: int, payload: bytes) -> None:
        if kind == CLOSE:
            self.transport.close()
        elif kind != TEXT:
            return
        elif payload.startswith(b"42"):
            name, *arguments = orjson.loads(payload[2:])
            self._heard(name, arguments)
        elif payload.startswith(b"43"):
            begin = payload.index(b"[")
            answer = self._asked.pop(int(payload[2:begin]), None)
            if answer is not None and not answer.done():
                answer.set_result(orjson.loads(payload[begin:])[0])
        elif payload == b"2":
            self._send(b"3")
        elif payload.startswith(b"0"):
            self._send(b"40" + orjson.dumps(self._auth) if self._auth else b"40")
        elif payload.startswith(b"40") and not self._let_in.done():
            self._let_in.set_result(orjson.loads(payload[2:])["sid"])
        elif payload.startswith(b"44"):
            self._refused(payload.decode())

    def _refused(self, why: str) -> None:
        if not self._let_in.done():
            self._let_in.set_exception(NotOpen(why))
            self._let_in.exception()
        self.transport.abort()

    def _send(self, text: bytes) -> None:
        size = len(text)
        head = bytes((0x81, 0x80 | size)) if size < 126 else b"\x81\xfe" + size.to_bytes(2, "big")
        key = int.from_bytes((MASK * (size // 4 + 1))[:size], "little")
        self.transport.write(head + MASK + (int.from_bytes(text, "little") ^ key).to_bytes(size, "little"))
