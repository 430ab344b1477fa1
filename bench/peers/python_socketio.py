"""The peer from our own language: python-socketio in uvicorn, with the same tick. argv: PORT."""

from __future__ import annotations

import asyncio
import re
import sys
from collections import defaultdict
from typing import Any

import socketio  # type: ignore[import-untyped]  # it ships no types
import uvicorn

TICK_S = 0.05


class Topic:
    """Messages that wait for the tick."""

    def __init__(self) -> None:
        self.seq = 0
        self.waiting: list[list[object]] = []
        self.task: asyncio.Task[None] | None = None


def site() -> Any:
    """The ASGI app."""
    server = socketio.AsyncServer(async_mode="asgi", cors_allowed_origins="*")
    viewers: dict[str, dict[str, str]] = {}
    topics: dict[str, Topic] = defaultdict(Topic)

    async def connect(sid: str, environ: dict[str, Any], auth: object = None) -> bool:
        found = re.search(r"viewer=([^;]+)", environ.get("HTTP_COOKIE", ""))
        if found is None:
            return False
        viewer = viewers.setdefault(found[1], {"user": f"user {found[1]}", "session": f"session {found[1]}"})
        await server.save_session(sid, viewer)
        return True

    async def subscribe(sid: str, wish: dict[str, str]) -> dict[str, object]:
        await server.enter_room(sid, wish["topic"])
        return {"ok": True, "topic": wish["topic"], "epoch": "e", "seq": topics[wish["topic"]].seq, "missed": []}

    async def flush(name: str, topic: Topic) -> None:
        await asyncio.sleep(TICK_S)
        messages, topic.waiting, topic.task = topic.waiting, [], None
        # a list would become the arguments of the event
        await server.emit("batch", [name, "e", messages], room=name)

    async def say(_: str, line: dict[str, str]) -> None:
        topic = topics[line["topic"]]
        topic.seq += 1
        topic.waiting.append([topic.seq, "line", {"text": line["text"]}])
        if topic.task is None:
            topic.task = asyncio.create_task(flush(line["topic"], topic))

    for name, handler in (("connect", connect), ("subscribe", subscribe), ("say", say)):
        server.on(name, handler)
    return socketio.ASGIApp(server)


if __name__ == "__main__":
    uvicorn.run(
        site(),
        host="127.0.0.1",
        port=int(sys.argv[1]),
        loop="uvloop",
        http="httptools",
        ws_per_message_deflate=False,
        log_level="warning",
        access_log=False,
        backlog=4096,
    )
