"""A vendor on loopback that is well, or fails in one of the ways in which vendors fail. It has a thread of its own.

HTTP by `TroubledHttp`, mail by `TroubledMail`; `mood` is FINE or one of FAILURES, and may change at any time.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, Self
from urllib.parse import parse_qs

FINE: Final = "fine"
FAILURES: Final = ("refused", "time-out", "slow", "500", "429", "half answer", "wrong JSON", "expired credentials")
SLOW_S: Final = 0.3
RETRY_AFTER_S: Final = 7
_HANGS_S: Final = 60.0
_HOTEL: Final = b"<html><h1>Welcome to the hotel's network</h1></html>"


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as it came."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def form(self) -> dict[str, str]:
        """The fields of a form."""
        return {name: values[0] for name, values in parse_qs(self.body.decode("latin-1")).items()}


@dataclass(frozen=True, slots=True)
class Given:
    """An answer."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def json(cls, told: object, status: int = 200, **headers: str) -> Given:
        """JSON."""
        return cls(status, json.dumps(told).encode(), {"content-type": "application/json", **headers})


class Troubled(ABC):
    """What both have in common. `asked` counts calls, failed ones among them."""

    def __init__(self) -> None:
        self.asked = 0
        self.port = 0
        self._mood = FINE
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="vendor", daemon=True)
        self._server: asyncio.Server | None = None
        self._open: dict[asyncio.Task[None], asyncio.StreamWriter] = {}

    def __enter__(self) -> Self:
        self._thread.start()
        self._do(self._listen())
        return self

    def __exit__(self, *_: object) -> None:
        self._do(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    @property
    def mood(self) -> str:
        """How it is."""
        return self._mood

    @mood.setter
    def mood(self, mood: str) -> None:
        before, self._mood = self._mood, mood
        if "refused" in {before, mood} and before != mood:
            self._do(self._close() if mood == "refused" else self._listen())

    def _do(self, what: object) -> None:
        assert asyncio.iscoroutine(what)
        asyncio.run_coroutine_threadsafe(what, self._loop).result(20)

    async def _listen(self) -> None:
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", self.port))
        listener.listen(512)
        self.port = listener.getsockname()[1]
        self._server = await asyncio.start_server(self._serve, sock=listener)

    async def _close(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
        for task, writer in list(self._open.items()):
            task.cancel()
            writer.transport.abort()
        await asyncio.gather(*self._open, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None, "a server's handler is a task"
        self._open[task] = writer
        try:
            with contextlib.suppress(OSError, EOFError, asyncio.CancelledError, ValueError):
                await self._talk(reader, writer)
        finally:
            del self._open[task]
            writer.close()

    @abstractmethod
    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""


class TroubledHttp(Troubled):
    """`answer` is what it says while it is well; `refusal` makes the body of a status, `expired` is its own way."""

    def __init__(
        self,
        answer: Callable[[Asked], Given],
        expired: Given,
        *,
        refusal: Callable[[int], Given] = lambda status: Given.json({"error": "no"}, status),
    ) -> None:
        super().__init__()
        self._answer = answer
        self._expired = expired
        self._refusal = refusal

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}"

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            asked = await _request(reader)
            self.asked += 1
            mood = self._mood
            if mood == "time-out":
                await asyncio.sleep(_HANGS_S)
            if mood == "slow":
                await asyncio.sleep(SLOW_S)
            raw = _raw(asked, self._given(asked, mood))
            if mood == "half answer":
                head, _, body = raw.partition(b"\r\n\r\n")
                writer.write(head + b"\r\n\r\n" + body[: len(body) // 2] if body else head[: len(head) // 2])
                await writer.drain()
                return
            writer.write(raw)
            await writer.drain()

    def _given(self, asked: Asked, mood: str) -> Given:
        request = {"x-request-id": "req-1", "request-id": "req-1"}
        match mood:
            case "500":
                given = self._refusal(500)
                return Given(500, given.body, {**given.headers, **request})
            case "429":
                given = self._refusal(429)
                return Given(429, given.body, {**given.headers, "retry-after": str(RETRY_AFTER_S)})
            case "wrong JSON":
                return Given(200, _HOTEL, {"content-type": "text/html", **request})
            case "expired credentials":
                return self._expired
            case _:
                return self._answer(asked)


class TroubledMail(Troubled):
    """A mail server that wants a login."""

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.asked += 1
        mood = self._mood
        if mood == "time-out":
            await asyncio.sleep(_HANGS_S)
        if mood == "slow":
            await asyncio.sleep(SLOW_S)
        greeting = {"500": b"421 4.3.2 down\r\n", "wrong JSON": b"HTTP/1.1 400 Bad Request\r\n\r\n"}.get(mood)
        writer.write(greeting or b"220 here\r\n")
        while greeting is None:
            line = await reader.readline()
            if not line:
                return
            if mood == "half answer":
                writer.write(b"250-here\r\n25")
                await writer.drain()
                return
            writer.write(_said(line, mood))
            if line[:4].upper() == b"DATA":
                await reader.readuntil(b"\r\n.\r\n")
                writer.write(b"250 2.0.0 taken\r\n")


def _said(line: bytes, mood: str) -> bytes:
    match line[:4].upper():
        case b"EHLO":
            return b"250-here\r\n250 AUTH PLAIN\r\n"
        case b"AUTH":
            return b"535 5.7.8 no\r\n" if mood == "expired credentials" else b"235 2.7.0 welcome\r\n"
        case b"RCPT" if mood == "429":
            return b"450 4.2.1 later\r\n"
        case b"DATA":
            return b"354 go on\r\n"
        case b"QUIT":
            return b"221 2.0.0 bye\r\n"
        case _:
            return b"250 2.0.0 fine\r\n"


async def _request(reader: asyncio.StreamReader) -> Asked:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    line, *lines = head.split("\r\n")
    method, path, _ = line.split(" ")
    headers = {name.lower(): value.strip() for name, _, value in (text.partition(":") for text in lines if text)}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Asked(method, path.partition("?")[0], headers, body)


def _raw(asked: Asked, given: Given) -> bytes:
    headers = {**given.headers, "content-length": str(len(given.body))}
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    head = f"HTTP/1.1 {given.status} Said\r\n{lines}\r\n".encode("latin-1")
    return head if asked.method == "HEAD" else head + given.body
