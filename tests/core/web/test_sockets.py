"""Websockets of plugins: from our own pages, while the plugin is on, with who is behind them; each fails alone."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from aethex_live._web.sockets import Sockets
from aethex_live.actor import GUEST, Actor
from aethex_live.hookspecs.web import SocketMount
from aethex_live.ids import uuid7
from aethex_live.web.sockets import Socket

SITE = "https://live.example"
MIRA = Actor(user_id=uuid7(), session_id=uuid7(), username="mira")
Handler = Callable[[Socket], Awaitable[None]]


class Client:
    """One upgrade, and what became of it."""

    def __init__(self, *messages: str | bytes, path: str = "/ingest/web", **headers: str) -> None:
        shown = {"host": "live.example", "origin": SITE} | headers
        self.scope = {
            "type": "websocket",
            "path": path,
            "headers": [(name.encode(), value.encode()) for name, value in shown.items() if value],
            "client": ("192.0.2.4", 5),
            "extensions": {"websocket.http.response": {}},
        }
        sent = [{"type": "websocket.receive", "bytes" if isinstance(one, bytes) else "text": one} for one in messages]
        self._coming: list[dict[str, Any]] = [{"type": "websocket.connect"}, *sent]
        self.heard: list[dict[str, Any]] = []

    async def receive(self) -> dict[str, Any]:
        return self._coming.pop(0) if self._coming else {"type": "websocket.disconnect", "code": 1001}

    async def send(self, message: Any) -> None:
        self.heard.append(dict(message))

    def kinds(self) -> list[str]:
        return [message["type"].removeprefix("websocket.") for message in self.heard]


async def served(client: Client, handler: Handler, *, on: bool = True) -> Client:
    """Let the layer serve the client; what is not its own ends up as "elsewhere"."""

    async def inner(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "elsewhere"})

    async def identify(token: str) -> Actor | None:
        return MIRA if token == "miras-token" else None

    mount = SocketMount(path="/ingest/web", handler=handler)
    layer = Sockets([("any", mount)], lambda name: on, identify, cookie="aethex", origin=SITE, inner=inner)
    await layer(client.scope, client.receive, client.send)
    return client


async def echo(socket: Socket) -> None:
    while (message := await socket.receive(1)) is not None:
        await socket.send(message)


async def test_messages_go_in_and_out_until_the_other_side_is_gone() -> None:
    client = await served(Client("words", b"bytes"), echo)
    assert client.kinds() == ["accept", "send", "send"]
    assert [client.heard[1]["text"], client.heard[2]["bytes"]] == ["words", b"bytes"]


@pytest.mark.parametrize(
    ("cookie", "who"),
    [("aethex=miras-token", MIRA), ("other=1; aethex=miras-token", MIRA), ("aethex=wrong", GUEST), ("", GUEST)],
)
async def test_the_handler_knows_whose_session_it_is(cookie: str, who: Actor) -> None:
    seen: list[Socket] = []

    async def look(socket: Socket) -> None:
        seen.append(socket)

    client = await served(Client(cookie=cookie), look)
    assert (seen[0].actor, seen[0].address) == (who, "192.0.2.4")
    # and when it returns the socket is closed
    assert client.kinds() == ["accept", "close"]


@pytest.mark.parametrize("origin", ["https://evil.example", "http://live.example:81", "null", ""])
async def test_other_pages_and_programs_without_an_origin_are_refused(origin: str) -> None:
    client = await served(Client(origin=origin), echo)
    assert client.heard[0]["status"] == 403
    assert "accept" not in client.kinds()


async def test_a_plugin_that_is_off_has_no_socket() -> None:
    assert (await served(Client(), echo, on=False)).heard[0]["status"] == 404


async def test_other_addresses_are_somebody_else_s() -> None:
    assert (await served(Client(path="/ingest/web/more"), echo)).kinds() == ["elsewhere"]


async def test_a_handler_that_fails_ends_its_own_socket_alone(caplog: pytest.LogCaptureFixture) -> None:
    async def fail(socket: Socket) -> None:
        raise RuntimeError("a mistake")

    client = await served(Client(), fail)
    assert client.heard[-1]["code"] == 1011
    assert "a mistake" in caplog.text


async def test_a_reason_that_is_too_long_for_a_close_frame_is_cut() -> None:
    async def leave(socket: Socket) -> None:
        await socket.close(4400, "ü" * 200)
        await socket.close(4401, "again")

    client = await served(Client(), leave)
    assert client.kinds() == ["accept", "close"]
    assert len(client.heard[-1]["reason"].encode()) <= 123
