"""A site with the engine in a real uvicorn, a fake store behind its topics, and clients of several kinds."""

import asyncio
import base64
import contextlib
import json
import os
import socket
from collections import defaultdict
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import uvicorn
from pydantic import BaseModel, Field
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from aethex_live.clock import SystemClock
from aethex_live.errors import TooMany
from aethex_live.realtime import (
    PUBLIC,
    Call,
    Handshake,
    Message,
    Position,
    Realtime,
    RealtimeSettings,
    Refused,
    SocketEvent,
    TopicClass,
)
from aethex_live.realtime.connection import Connection
from aethex_live.realtime.frames import FrameReader

ANNA = UUID(int=1)
BEN = UUID(int=2)
PEOPLE = {"anna": ANNA, "ben": BEN}


@dataclass(frozen=True)
class Person:
    user_id: UUID | None = None
    session_id: UUID | None = None


class Store:
    """What the database is in the platform: every message of every topic."""

    def __init__(self) -> None:
        self.rows: dict[str, list[Message]] = defaultdict(list)
        self.epoch = "e1"
        self.reads = 0
        self.delay = 0.0
        self.broken = False
        self.first_kept = 0

    def write(self, topic: str, text: str) -> Message:
        row = Message(len(self.rows[topic]) + 1, "line", {"text": text})
        self.rows[topic].append(row)
        return row

    async def missed(self, topic: str, after: int, limit: int) -> list[Message] | None:
        self.reads += 1
        rows = [row for row in self.rows[topic] if row.seq > after][:limit]
        await asyncio.sleep(self.delay)
        if self.broken:
            raise OSError("the store is away")
        return None if after < self.first_kept else rows

    async def head(self, topic: str) -> Position:
        seq = len(self.rows[topic])
        await asyncio.sleep(self.delay)
        if self.broken:
            raise OSError("the store is away")
        return Position(seq, self.epoch)


class Say(BaseModel):
    topic: str
    text: str = Field(min_length=1, max_length=100)


class Nothing(BaseModel):
    pass


@dataclass
class Site:
    engine: Realtime
    store: Store
    port: int
    refusals: dict[str, str] = field(default_factory=dict)
    seen: list[Handshake] = field(default_factory=list)
    order: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def say(self, topic: str, text: str) -> int:
        """Store a line, then publish it, as a chat does."""
        row = self.store.write(topic, text)
        self.engine.publish(topic, row.name, row.data, seq=row.seq, epoch=self.store.epoch)
        return row.seq


async def plain_app(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Answers `ok` over HTTP and echoes over websockets."""
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.accept"})
        message = await receive()
        await send({"type": "websocket.send", "text": "echo " + message["text"]})
        await send({"type": "websocket.close"})
    elif scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
        await send({"type": "http.response.body", "body": b"ok"})


def make_site(store: Store | None = None, bus: Any = None, **settings: Any) -> Site:
    store = store or Store()
    refusals: dict[str, str] = {}
    seen: list[Handshake] = []

    async def identify(handshake: Handshake) -> Person:
        seen.append(handshake)
        name = handshake.cookies.get("session")
        if name in refusals:
            raise Refused(refusals[name])
        user = PEOPLE.get(name or "")
        return Person(user, UUID(int=user.int + 100) if user else None)

    async def may_subscribe(topic: str, actor: Person) -> bool:
        return not topic.endswith(":secret") or actor.user_id == ANNA

    engine = Realtime(
        RealtimeSettings(**settings),
        clock=SystemClock(),
        identify=identify,
        may_subscribe=may_subscribe,
        bus=bus,
    )
    site = Site(engine, store, 0, refusals, seen)
    engine.declare(TopicClass(prefix="chat", kind="chat", missed=store.missed, head=store.head))
    engine.declare(TopicClass(prefix="log", kind="log", missed=store.missed, head=store.head))
    engine.declare(TopicClass(prefix="count", kind="volatile"))
    add_events(site)
    return site


def add_events(site: Site) -> None:
    async def say(call: Call) -> dict[str, object]:
        return {"seq": site.say(call.data.topic, call.data.text)}

    async def note(call: Call) -> None:
        # later ones are quicker: only a queue keeps them in order
        await asyncio.sleep(0.02 / (1 + len(site.order)))
        site.order.append(call.data.text)

    async def hang(_: Call) -> None:
        await asyncio.sleep(60)

    async def crash(_: Call) -> None:
        raise RuntimeError("a mistake in a handler")

    async def refuse(_: Call) -> None:
        raise TooMany("Slow mode: one message in 10 s.", retry_after=7.5)

    site.engine.on(SocketEvent(name="chat.say", model=Say, handler=say, access="signed in"))
    site.engine.on(SocketEvent(name="open.say", model=Say, handler=say, access=PUBLIC))
    site.engine.on(SocketEvent(name="open.note", model=Say, handler=note, access=PUBLIC))
    for name, handler in (("open.hang", hang), ("open.crash", crash), ("open.refuse", refuse)):
        site.engine.on(SocketEvent(name=name, model=Nothing, handler=handler, access=PUBLIC))


@contextlib.asynccontextmanager
async def serving(site: Site) -> AsyncIterator[Site]:
    """Run the site in uvicorn on a free port of this event loop."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
    site.port = listener.getsockname()[1]
    config = uvicorn.Config(
        site.engine.polling(plain_app),
        ws=site.engine.protocol_class(),
        http=site.engine.http_class(HttpToolsProtocol),
        log_level="warning",
        access_log=False,
        lifespan="off",
        ws_per_message_deflate=False,
        timeout_graceful_shutdown=5,
    )
    server = uvicorn.Server(config)
    await site.engine.start()
    # `serve` would take the signals of the test run
    task = asyncio.create_task(server._serve(sockets=[listener]))
    try:
        async with asyncio.timeout(5):
            while not server.started:
                await asyncio.sleep(0.005)
        yield site
    finally:
        await site.engine.stop()
        server.should_exit = True
        await asyncio.wait_for(task, 10)


def masked(opcode: int, payload: bytes, *, final: bool = True, rsv: int = 0, mask: bytes | None = None) -> bytes:
    """A frame as a client sends it."""
    mask = os.urandom(4) if mask is None else mask
    size = len(payload)
    first = (0x80 if final else 0) | rsv | opcode
    if size < 126:
        head = bytes((first, 0x80 | size))
    elif size < 65_536:
        head = bytes((first, 0x80 | 126)) + size.to_bytes(2, "big")
    else:
        head = bytes((first, 0x80 | 127)) + size.to_bytes(8, "big")
    return head + mask + bytes(byte ^ mask[i % 4] for i, byte in enumerate(payload))


class RawClient:
    """A websocket client that does only what it is told: for what no library would do."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, status: int, head: str) -> None:
        self.reader = reader
        self.writer = writer
        self.status = status
        self.head = head
        self.acks = 0
        self.events: list[tuple[str, Any]] = []

    @classmethod
    async def open(
        cls,
        port: int,
        *,
        path: str = "/socket.io/?EIO=4&transport=websocket",
        headers: dict[str, str] | None = None,
        receive_buffer: int | None = None,
    ) -> "RawClient":
        sock = socket.socket()
        if receive_buffer is not None:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        sock.setblocking(False)
        await asyncio.get_running_loop().sock_connect(sock, ("127.0.0.1", port))
        reader, writer = await asyncio.open_connection(sock=sock, limit=2**22)
        wanted = {
            "Host": f"127.0.0.1:{port}",
            "Upgrade": "websocket",
            "Connection": "Upgrade",
            "Sec-WebSocket-Key": base64.b64encode(os.urandom(16)).decode(),
            "Sec-WebSocket-Version": "13",
        } | (headers or {})
        lines = [f"GET {path} HTTP/1.1", *(f"{name}: {value}" for name, value in wanted.items() if value)]
        writer.write("\r\n".join(lines).encode() + b"\r\n\r\n")
        head = (await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 5)).decode()
        return cls(reader, writer, int(head.split()[1]), head)

    @classmethod
    async def connect(cls, port: int, auth: str = "", **options: Any) -> "RawClient":
        """Open and go through both handshakes."""
        client = await cls.open(port, **options)
        assert client.status == 101, client.head
        await client.text()
        client.send("40" + auth)
        answer = await client.text()
        assert answer.startswith("40"), answer
        return client

    def send(self, text: str) -> None:
        self.writer.write(masked(1, text.encode()))

    async def frame(self, seconds: float = 5) -> tuple[int, bytes]:
        """The next frame: opcode with its RSV1 bit, and payload."""
        async with asyncio.timeout(seconds):
            first, second = await self.reader.readexactly(2)
            size = second & 127
            if size == 126:
                size = int.from_bytes(await self.reader.readexactly(2), "big")
            elif size == 127:
                size = int.from_bytes(await self.reader.readexactly(8), "big")
            return first & 0x4F, await self.reader.readexactly(size)

    async def text(self, seconds: float = 5) -> str:
        """The next packet; pings are answered on the way."""
        while True:
            opcode, payload = await self.frame(seconds)
            if opcode == 1 and payload == b"2":
                self.send("3")
            elif opcode == 1:
                return payload.decode()
            elif opcode == 8:
                raise ConnectionError(f"closed with {int.from_bytes(payload[:2], 'big')}")

    async def close_code(self, seconds: float = 5) -> int:
        """Read on until the close frame; its code. An error of the stream without one."""
        while True:
            opcode, payload = await self.frame(seconds)
            if opcode == 8:
                return int.from_bytes(payload[:2], "big")

    async def gone(self, seconds: float = 5) -> None:
        """Wait for the end of the TCP connection."""
        with contextlib.suppress(ConnectionError):
            async with asyncio.timeout(seconds):
                while await self.reader.read(65_536):
                    pass

    async def call(self, name: str, data: object, seconds: float = 5) -> Any:
        """Emit an event; its acknowledgement. Events that come before it are kept in `events`."""
        self.acks += 1
        ack = f"43{self.acks}"
        self.send(f"42{self.acks}" + json.dumps([name, data]))
        while True:
            packet = await self.text(seconds)
            if packet.startswith(ack):
                return json.loads(packet[len(ack) :])[0]
            self._keep(packet)

    async def event(self, name: str, seconds: float = 5) -> Any:
        """The argument of the next event of this name."""
        while True:
            for i, (found, data) in enumerate(self.events):
                if found == name:
                    del self.events[i]
                    return data
            self._keep(await self.text(seconds))

    def _keep(self, packet: str) -> None:
        if packet.startswith("42"):
            name, data = json.loads(packet[2:])
            self.events.append((name, data))

    async def lines(self, count: int, seconds: float = 5) -> list[tuple[int, str]]:
        """The next `count` messages of any topic."""
        found: list[tuple[int, str]] = []
        while len(found) < count:
            _, _, messages = await self.event("batch", seconds)
            found += [(seq, data["text"]) for seq, _, data in messages]
        return found

    async def close(self) -> None:
        self.writer.transport.abort()
        with contextlib.suppress(OSError):
            await self.writer.wait_closed()


async def until(condition: Any, seconds: float = 5) -> None:
    """Wait until something that has no event of its own has become true."""
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.005)


class NoTransport(asyncio.Transport):
    """Takes everything and does nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.written: list[bytes] = []
        self.unsent = 0
        self.reading = True
        self.aborted = False
        self.full_at = 2**62
        self.on_full: Any = None

    def write(self, data: Any) -> None:
        self.written.append(bytes(data))
        self.unsent += len(data)
        if self.unsent > self.full_at and self.on_full is not None:
            self.on_full()

    def close(self) -> None:
        self.aborted = True

    def abort(self) -> None:
        self.aborted = True

    def pause_reading(self) -> None:
        self.reading = False

    def resume_reading(self) -> None:
        self.reading = True

    def get_write_buffer_size(self) -> int:
        return self.unsent


def offline_connection(site: Site | None = None, **settings: Any) -> tuple[Site, Connection]:
    """A connection without a network, just opened."""
    site = site or make_site(**settings)
    transport = NoTransport()
    reader = FrameReader(site.engine.settings.max_payload_before_connect)
    connection = Connection(transport, reader, Handshake({}, {}, None, "a"), "a")
    site.engine._sessions.open(connection)
    return site, connection
