"""A short way in for sockets: their upgrade is read once, by the engine, and not by uvicorn's HTTP protocol first."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from uvicorn.config import Config
    from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
    from uvicorn.server import ServerState

SILENCE_SECONDS = 20.0  # until the first bytes: uvicorn itself waits for ever
VERSION = b" HTTP/1.1"
UPGRADE = b"\r\nupgrade: websocket\r\n"
CONNECTION = b"\r\nconnection:"
LINE, END = b"\r\n", b"\r\n\r\n"


def front_door(base: type[HttpToolsProtocol], path: str) -> type[asyncio.Protocol]:
    """The protocol class for uvicorn: upgrades below `path` go to its websocket class as they come, the rest to `base`.

    uvicorn would make its whole HTTP protocol for each socket, parse the request, write it out again, and have it
    parsed a second time: a third of what a connect costs. Only a request that is the first of its connection, whole,
    and alone in what was read goes the short way; all others go the usual one.
    """
    begin = f"GET {path}?".encode("latin-1")

    class FrontDoor(asyncio.Protocol):
        """Waits for the first bytes, then leaves the connection to the protocol that they are for."""

        __slots__ = ("_due", "_made", "_server", "_transport")

        def __init__(self, config: Config, server_state: ServerState, app_state: dict[str, Any], **_: object) -> None:
            self._made = (config, app_state)
            self._server = server_state

        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            self._transport = cast("asyncio.Transport", transport)
            self._server.connections.add(cast("HttpToolsProtocol", self))
            self._due = asyncio.get_running_loop().call_later(SILENCE_SECONDS, transport.close)

        def data_received(self, data: bytes) -> None:
            self._forget()
            (config, app_state), server_state = self._made, self._server
            short = data.startswith(begin) and is_upgrade(data)
            chosen = cast("type[HttpToolsProtocol]", config.ws_protocol_class) if short else base
            protocol = chosen(config=config, server_state=server_state, app_state=app_state)
            self._transport.set_protocol(protocol)
            protocol.connection_made(self._transport)
            protocol.data_received(data)

        def connection_lost(self, exc: Exception | None) -> None:
            self._forget()

        def shutdown(self) -> None:
            """Called by uvicorn when the server stops."""
            self._transport.close()

        def _forget(self) -> None:
            self._due.cancel()
            self._server.connections.discard(cast("HttpToolsProtocol", self))

    return FrontDoor


def is_upgrade(data: bytes) -> bool:
    """Whether these bytes are one whole upgrade to a websocket, written as plainly as browsers and proxies do."""
    # the end is also the only one: what came behind it would be a body, or a second request
    if data.find(END) != len(data) - len(END) or data.count(b"\n") != data.count(LINE):
        return False
    head = data.lower()
    said = head.find(CONNECTION)
    return (
        data.endswith(VERSION, 0, data.find(LINE))
        and UPGRADE in head
        and said > 0
        and b"upgrade" in head[said + len(CONNECTION) : head.find(LINE, said + 2)]
    )
