"""One client: an Engine.IO session over its transport. Slots and shared objects only: there are thousands."""

from __future__ import annotations

import asyncio
import base64
import os
from collections import deque
from collections.abc import Awaitable, Callable
from enum import IntEnum
from typing import TYPE_CHECKING, Any

from aethex_live.realtime.contracts import Actor, Handshake
from aethex_live.realtime.frames import FrameReader, Opcode, encode, encode_close
from aethex_live.realtime.packets import Outgoing, Packet

if TYPE_CHECKING:
    from aethex_live.realtime.topics import Topic

Job = Callable[[], Awaitable[None]]


class State(IntEnum):
    """How far a connection has come; it only ever goes forward."""

    OPEN = 0
    CONNECTING = 1
    CONNECTED = 2
    CLOSING = 3
    CLOSED = 4


def new_id() -> str:
    """120 random bits."""
    return base64.urlsafe_b64encode(os.urandom(15)).decode()


def nothing(_: bytes) -> None:
    """Where the batches of a closed connection go."""


class Connection:
    """`send` writes a frame at once; `push` is for batches, and drops them while the client is slow."""

    __slots__ = (
        "actor",
        "address",
        "asked",
        "assembling",
        "backlog",
        "compressed",
        "full_at",
        "handshake",
        "id",
        "paused",
        "pinged",
        "push",
        "questions",
        "reader",
        "send",
        "skipped",
        "slot",
        "state",
        "topics",
        "transport",
        "worker",
    )

    def __init__(self, transport: asyncio.Transport, reader: FrameReader, handshake: Handshake, address: str) -> None:
        self.id = new_id()
        self.transport = transport
        self.reader = reader
        self.handshake: Handshake | None = handshake
        self.address = address
        self.compressed = reader.deflate
        self.send: Callable[[bytes], None] = transport.write
        self.push: Callable[[bytes], None] = self.send
        self.state = State.OPEN
        self.actor: Actor | None = None
        self.topics: tuple[Topic, ...] = ()
        self.paused = False
        self.pinged = 0.0
        self.full_at = 0.0
        self.slot = 0
        # all of these stay None while nothing happens
        self.skipped: dict[Topic, int] | None = None
        self.backlog: deque[Job] | None = None
        self.worker: asyncio.Task[None] | None = None
        self.questions = 0
        self.asked: dict[int, asyncio.Future[list[Any]]] | None = None
        self.assembling: tuple[Packet, list[bytes]] | None = None

    def move(self, transport: asyncio.Transport, reader: FrameReader) -> None:
        """Go on over another transport; what the old one still holds is the caller's."""
        reader.limit = self.reader.limit
        self.transport = transport
        self.reader = reader
        self.compressed = reader.deflate
        self.send = transport.write
        if not self.paused:
            self.push = self.send

    def write(self, packet: bytes) -> None:
        """Send an Engine.IO packet at once, past every batch."""
        if self.state < State.CLOSING:
            self.send(encode(Opcode.TEXT, packet))

    def write_out(self, outgoing: Outgoing) -> None:
        """Send a Socket.IO packet with its attachments, and nothing between them."""
        if self.state < State.CLOSING:
            parts = [encode(Opcode.BINARY, attachment) for attachment in outgoing.attachments]
            for frame in (encode(Opcode.TEXT, outgoing.packet), *parts):
                self.send(frame)

    def begin_close(self, code: int, reason: str) -> None:
        """Say goodbye; the transport is closed when the peer answers or its time is over."""
        if self.state >= State.CLOSING:
            return
        self.send(encode_close(code, reason))
        self.state = State.CLOSING
        self.push = nothing
        self.backlog = None

    def mark_closed(self) -> None:
        """The transport is gone: let nothing be written and nothing be held any more."""
        self.state = State.CLOSED
        self.send = self.push = nothing
        self.backlog = None
        self.handshake = None
        self.skipped = None
        self.assembling = None
        self.forget_asked()

    def forget_asked(self) -> None:
        """The client answers no questions any more: let go who waits for them."""
        asked, self.asked = self.asked, None
        for answer in (asked or {}).values():
            answer.cancel()
