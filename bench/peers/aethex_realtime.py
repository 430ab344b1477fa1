"""Our engine in uvicorn with one chat topic whose store is a list: it does what the peer does."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import uvicorn
from pydantic import BaseModel

from aethex_live.clock import SystemClock
from aethex_live.realtime import (
    PUBLIC,
    Actor,
    Call,
    Handshake,
    Message,
    Position,
    Realtime,
    RealtimeSettings,
    SocketEvent,
    TopicClass,
)

ROWS: list[Message] = []


@dataclass(frozen=True)
class Viewer:
    """A guest."""

    user_id: UUID | None = None
    session_id: UUID | None = None


GUEST = Viewer()


class Say(BaseModel):
    """A chat line."""

    topic: str
    text: str


async def identify(_: Handshake) -> Viewer:
    """Everybody is a guest."""
    return GUEST


async def may_subscribe(_topic: str, _actor: Actor) -> bool:
    """Everybody may hear everything."""
    return True


async def missed(_: str, after: int, limit: int) -> list[Message]:
    """The list is the store."""
    return ROWS[after : after + limit]


async def head(_: str) -> Position:
    """Where the list ends."""
    return Position(len(ROWS), "e")


def engine() -> Realtime:
    """The engine with one class of topics and one event."""
    # all viewers come from one address here, and a few of them send everything
    settings = RealtimeSettings(max_connections_per_address=100_000, messages_per_second=1000)
    made = Realtime(settings, clock=SystemClock(), identify=identify, may_subscribe=may_subscribe)

    async def say(call: Call) -> None:
        row = Message(len(ROWS) + 1, "line", {"text": call.data.text})
        ROWS.append(row)
        made.publish(call.data.topic, row.name, row.data, seq=row.seq)

    made.declare(TopicClass(prefix="chat", kind="chat", missed=missed, head=head))
    made.on(SocketEvent(name="say", model=Say, handler=say, access=PUBLIC))
    return made


def main(port: int) -> None:
    """Serve until ended."""
    realtime = engine()

    async def app(scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await receive()
            await realtime.start()
            await send({"type": "lifespan.startup.complete"})
            await receive()
            await realtime.stop()
            await send({"type": "lifespan.shutdown.complete"})

    uvicorn.run(
        app,
        host="127.0.0.1",
        port=port,
        loop="uvloop",
        http="httptools",
        ws=realtime.protocol_class(),
        ws_per_message_deflate=False,
        log_level="warning",
        access_log=False,
        backlog=4096,
        lifespan="on",
    )


if __name__ == "__main__":
    main(int(sys.argv[1]))
