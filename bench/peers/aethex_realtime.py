"""Our engine in uvicorn with chat topics whose store is a list: it does what the peers do.

argv: PORT [--redis URL] [--no-slow-policy] [--profile FILE]. Its viewers are signed in by a cookie, its numbers are
those of a chat, and `GET /` answers the engine's counters. Without the policy for slow clients it shows what that is
good for.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import cProfile
import json
import logging
import signal
import sys
from collections import defaultdict, deque
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import uvicorn
from pydantic import BaseModel
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from aethex_live._site.collector import settle
from aethex_live.clock import SystemClock
from aethex_live.errors import Unauthenticated
from aethex_live.realtime import (
    Actor,
    Bus,
    Call,
    Handshake,
    Message,
    Position,
    Realtime,
    RealtimeSettings,
    SocketEvent,
    TopicClass,
)

PREFIX = "chat"


@dataclass(frozen=True, slots=True)
class Viewer:
    """Somebody with an account and a session."""

    user_id: UUID
    session_id: UUID


class Say(BaseModel):
    """A chat line."""

    topic: str
    text: str


class Rows:
    """The store of a chat: the newest rows, which are more than anybody misses here."""

    def __init__(self) -> None:
        self.newest = 0
        self.kept: deque[Message] = deque(maxlen=1024)

    def add(self, data: dict[str, object]) -> Message:
        """Number and keep a line."""
        self.newest += 1
        row = Message(self.newest, "line", data)
        self.kept.append(row)
        return row


class Site:
    """Accounts by their cookie, and the rows of each chat."""

    def __init__(self) -> None:
        self.viewers: dict[str, Viewer] = {}
        self.rows: dict[str, Rows] = defaultdict(Rows)
        self.realtime: Realtime

    async def identify(self, handshake: Handshake) -> Viewer:
        """Whose session the cookie is; an account is made when one comes for the first time."""
        name = handshake.cookies.get("viewer")
        if name is None:
            raise Unauthenticated("Sign in first.")
        found = self.viewers.get(name)
        if found is None:
            number = 2 * len(self.viewers)
            found = self.viewers[name] = Viewer(UUID(int=number + 1), UUID(int=number + 2))
        return found

    async def may_subscribe(self, _topic: str, _actor: Actor) -> bool:
        """Everybody may hear everything."""
        return True

    async def missed(self, topic: str, after: int, limit: int) -> list[Message]:
        """What is kept."""
        return [row for row in self.rows[topic].kept if row.seq > after][:limit]

    async def head(self, topic: str) -> Position:
        """Where the chat ends."""
        return Position(self.rows[topic].newest, "e")

    async def say(self, call: Call) -> None:
        """Store a line and tell it."""
        row = self.rows[call.data.topic].add({"text": call.data.text})
        self.realtime.publish(call.data.topic, row.name, row.data, seq=row.seq)


def engine(site: Site, bus: Bus | None, *, slow_policy: bool) -> Realtime:
    """The engine with one class of topics and one event."""
    # all viewers come from few addresses here, and a few of them send everything
    wide: dict[str, Any] = dict.fromkeys(
        (
            "max_connections_per_address",
            "connects_per_second_per_address",
            "messages_per_second",
            "messages_per_second_per_account",
            "message_burst_per_account",
            "messages_per_second_per_address",
            "message_burst_per_address",
        ),
        100_000,
    )
    if not slow_policy:
        wide |= {"slow_buffer": 1 << 30, "slow_seconds": 1e9}
    settings = RealtimeSettings(**wide)
    made = Realtime(settings, clock=SystemClock(), identify=site.identify, may_subscribe=site.may_subscribe, bus=bus)
    site.realtime = made
    made.declare(TopicClass(prefix=PREFIX, kind="chat", missed=site.missed, head=site.head))
    made.on(SocketEvent(name="say", model=Say, handler=site.say, access="anyone with an account"))
    return made


def redis_bus(url: str) -> Bus:
    """The bus of a site with several processes."""
    from redis.asyncio import Redis

    from aethex_live.realtime import RedisBus

    return RedisBus(Redis.from_url(url))


async def answer(realtime: Realtime, send: Any) -> None:
    """The counters, as JSON."""
    body = json.dumps(dict(realtime.metrics) | {"connections": realtime.connections()}).encode()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]})
    await send({"type": "http.response.body", "body": body})


def serve(realtime: Realtime, port: int) -> None:
    """Serve until ended."""

    async def app(scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            await answer(realtime, send)
            return
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
        http=realtime.http_class(HttpToolsProtocol),
        ws=realtime.protocol_class(),
        ws_per_message_deflate=False,
        log_level="warning",
        access_log=False,
        backlog=4096,
        lifespan="on",
    )


def main() -> None:
    """Parse, build, serve."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("port", type=int)
    parser.add_argument("--redis")
    parser.add_argument("--no-slow-policy", action="store_true")
    parser.add_argument("--profile")
    wanted = parser.parse_args()
    logging.basicConfig(level=logging.INFO)
    bus = redis_bus(wanted.redis) if wanted.redis else None
    realtime = engine(Site(), bus, slow_policy=not wanted.no_slow_policy)
    settle()
    # uvicorn sends itself the signal once more at its end
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    with cProfile.Profile() if wanted.profile else contextlib.nullcontext() as profile:
        try:
            serve(realtime, wanted.port)
        finally:
            if profile is not None:
                profile.dump_stats(wanted.profile)


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt, asyncio.CancelledError):
        main()
