"""Going live from a page: the websocket /ingest/web, one publisher a connection, in front of the same hub as RTMP."""

from __future__ import annotations

import asyncio
import json
import logging
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from aethex_live.actor import Actor
from aethex_live.errors import Refusal as Refused
from aethex_live.errors import Unavailable
from aethex_live.web.sockets import Socket

from .errors import MediaRejected, ProtocolError
from .keys import StreamKeys
from .ports import Refusal, Time
from .session import Publisher, PublishSession
from .web_frames import Interleaver, tag_of
from .web_pace import Allowance, Lateness
from .web_tickets import Ticket
from .web_webm import WebmFeed
from .web_wire import Hello, Kind, is_goodbye, parse_frame, parse_hello

log = logging.getLogger(__name__)

PATH: Final = "/ingest/web"
REFUSED: Final = 4403
DISMISSED: Final = 4409
BROKEN: Final = 4400
SILENT: Final = 4408
FULL: Final = 4429
_NO_FFMPEG: Final = "This browser can't encode video itself, and this site has no ffmpeg to do it: use another browser."

Open = Callable[[str, Publisher], Awaitable[PublishSession | Refusal]]


class TicketOffice(Protocol):
    """Who takes tickets."""

    async def take(self, token: str, actor: Actor) -> Ticket: ...

    async def still(self, ticket: Ticket) -> bool: ...


@dataclass(frozen=True, slots=True)
class WebLimits:
    """Bounds; times in seconds. `strangers` are connections of one address without an accepted ticket."""

    connections: int = 64
    strangers: int = 8
    hello: float = 5.0
    admit: float = 5.0
    idle: float = 15.0
    recheck: float = 30.0
    converters: int = 2


class WebIngest:
    """Takes pages' connections in. `find_ffmpeg` gives the converter for browsers without WebCodecs, or None."""

    def __init__(
        self,
        open_session: Open,
        tickets: TicketOffice,
        keys: StreamKeys,
        time: Time,
        *,
        max_kbps: int,
        find_ffmpeg: Callable[[], Awaitable[Path | None]],
        bind: Callable[[], object] = lambda: None,
        limits: WebLimits | None = None,
    ) -> None:
        self.open, self.tickets, self.keys, self.time = open_session, tickets, keys, time
        self.max_kbps, self.find_ffmpeg, self.bind = max_kbps, find_ffmpeg, bind
        self.limits = limits or WebLimits()
        self.converting = 0
        self._strangers: Counter[str] = Counter()
        self.connections: set[WebConnection] = set()

    async def serve(self, socket: Socket) -> None:
        """Serve one socket to its end."""
        full = len(self.connections) >= self.limits.connections
        if full or self._strangers[socket.address] >= self.limits.strangers:
            await socket.close(FULL, "Too many connections: try again in a moment.")
            return
        connection = WebConnection(self, socket)
        self.connections.add(connection)
        self._strangers[socket.address] += 1
        try:
            await connection.run()
        finally:
            self.connections.discard(connection)
            self.known(connection)

    def known(self, connection: WebConnection) -> None:
        """It does not count against its address any more."""
        if not connection.is_known:
            connection.is_known = True
            self._strangers[connection.peer] -= 1
            self._strangers += Counter()  # drops what is zero


class WebConnection:
    """One page that is live. Whatever it sends can end this connection and nothing else."""

    def __init__(self, host: WebIngest, socket: Socket) -> None:
        self._host, self._socket = host, socket
        self._session: PublishSession | None = None
        self._farewell: asyncio.Task[None] | None = None
        self._lateness = Lateness(host.time.monotonic)
        self._checked = host.time.monotonic()
        self.is_known = False
        self.peer = socket.address

    # --- from the hub

    def dismiss(self, sentence: str) -> None:
        """Tell the page why, then close; it does not try again by itself."""
        if self._farewell is None:
            session, self._session = self._session, None
            if session is not None:
                session.ended(clean=False)
            goodbye = self._leave(DISMISSED, "dismissed", sentence)
            self._farewell = asyncio.get_running_loop().create_task(goodbye, name="goodbye to a page")

    async def _leave(self, code: int, kind: str, sentence: str) -> None:
        log.info("page of %s sent away: %s", self.peer, sentence)
        await self._tell(kind, detail=sentence)
        await self._socket.close(code, sentence)

    async def _tell(self, kind: str, **more: object) -> None:
        await self._socket.send(json.dumps({"type": kind, **more}))

    # --- its life

    async def run(self) -> None:
        """From the hello to the end."""
        clean = False
        try:
            hello = parse_hello(await self._next(self._host.limits.hello) or b"")
            ticket = await self._admitted(hello)
            if ticket is not None:
                clean = await self._live(hello, ticket)
        except Refused as refusal:
            await self._leave(REFUSED, "refused", str(refusal))
        except MediaRejected as refusal:
            await self._leave(DISMISSED, "dismissed", str(refusal))
        except ProtocolError as error:
            log.info("page of %s cut off: %s", self.peer, error)
            await self._socket.close(BROKEN, str(error))
        except TimeoutError:
            await self._socket.close(SILENT, "Nothing came for too long.")
        finally:
            await self._end(clean=clean)

    async def _end(self, *, clean: bool) -> None:
        session, self._session = self._session, None
        if session is not None:
            session.ended(clean)
        if self._farewell is not None:
            await self._farewell

    async def _next(self, seconds: float) -> str | bytes | None:
        return await self._socket.receive(seconds)

    async def _admitted(self, hello: Hello) -> Ticket | None:
        """The ticket when it may publish; None when it was told why not."""
        try:
            async with asyncio.timeout(self._host.limits.admit):
                ticket = await self._host.tickets.take(hello.token, self._socket.actor)
                answer = await self._host.open(self._host.keys.make(ticket.ingest_id, ticket.version), self)
        except TimeoutError:
            raise Unavailable("The server can't check who you are at the moment: try again in a minute.") from None
        if isinstance(answer, Refusal):
            await self._leave(REFUSED, "refused", answer.sentence)
            return None
        self._session = answer
        self._host.known(self)
        return ticket

    async def _live(self, hello: Hello, ticket: Ticket) -> bool:
        """Take media until the end; whether the page said goodbye."""
        if hello.mode == "frames":
            await self._tell("ready", max_kbps=self._host.max_kbps)
            return await self._frames(hello, ticket)
        return await self._webm(hello, ticket)

    def _put(self, kind: int, ms: int, body: bytearray) -> None:
        if self._session is not None:
            self._session.media(kind, ms, body)

    async def _frames(self, hello: Hello, ticket: Ticket) -> bool:
        order = Interleaver(self._put, both=hello.video and hello.audio is not None)
        while isinstance(message := await self._next(self._host.limits.idle), bytes):
            frame = parse_frame(message)
            kind, body = tag_of(frame, hello.audio)
            order.add(kind, frame.ms, body)
            if self._lateness.should_tell(frame.ms):
                await self._tell("slower")
            await self._recheck(ticket)
        order.flush()
        return message is not None and is_goodbye(message)

    async def _webm(self, hello: Hello, ticket: Ticket) -> bool:
        host = self._host
        ffmpeg = await host.find_ffmpeg()
        if ffmpeg is None:
            raise MediaRejected(_NO_FFMPEG)
        if host.converting >= host.limits.converters:
            raise MediaRejected("This site converts as many streams as it can: use a browser with WebCodecs.")
        host.converting += 1
        try:
            feed = await WebmFeed.start(
                ffmpeg, self._put, video=hello.video, audio=hello.audio is not None, kbps=hello.kbps
            )
            return await self._converted(feed, ticket)
        finally:
            host.converting -= 1

    async def _converted(self, feed: WebmFeed, ticket: Ticket) -> bool:
        clean = False
        allowance = Allowance(self._host.time.monotonic, self._host.max_kbps)
        try:
            await self._tell("ready", max_kbps=self._host.max_kbps)
            while isinstance(message := await self._next(self._host.limits.idle), bytes):
                frame = parse_frame(message)
                if frame.kind is not Kind.WEBM:
                    raise ProtocolError("WebM was announced, and something else came")
                allowance.spend(len(frame.data))
                await feed.write(frame.data)
                await self._recheck(ticket)
            clean = message is not None and is_goodbye(message)
            return clean
        finally:
            await feed.close(politely=clean)

    async def _recheck(self, ticket: Ticket) -> None:
        """Every half minute: who signed out, or lost the right, does not go on."""
        now = self._host.time.monotonic()
        if now - self._checked < self._host.limits.recheck:
            return
        self._checked = now
        self._host.bind()
        async with asyncio.timeout(self._host.limits.admit):
            if not await self._host.tickets.still(ticket):
                raise MediaRejected("You are signed out, or may not go live on this channel any more.")
