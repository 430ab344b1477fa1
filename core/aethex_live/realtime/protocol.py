"""The class that uvicorn makes for every websocket upgrade; other addresses go to uvicorn's own class."""

from __future__ import annotations

import asyncio
from typing import Any, ClassVar, cast

from uvicorn.config import Config
from uvicorn.protocols.websockets.auto import AutoWebSocketsProtocol
from uvicorn.server import ServerState

from aethex_live.realtime import handshake
from aethex_live.realtime.connection import Connection
from aethex_live.realtime.errors import UpgradeRefused
from aethex_live.realtime.gate import Gate
from aethex_live.realtime.upgrade import Probe


class SocketProtocol(asyncio.Protocol):
    """Answers the upgrade, then only passes on what happens to the transport."""

    __slots__ = ("_arguments", "_connection", "_inner", "_probe", "_server_connections", "_transport")

    gate: ClassVar[Gate]

    def __init__(self, config: Config, server_state: ServerState, app_state: dict[str, Any], **_: object) -> None:
        # uvicorn waits at its end for this set to become empty
        self._server_connections: set[Any] = server_state.connections
        self._arguments: tuple[Config, ServerState, dict[str, Any]] | None = (config, server_state, app_state)
        self._transport: asyncio.Transport
        self._connection: Connection | None = None
        self._probe: Probe | None = None
        self._inner: asyncio.Protocol | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The TCP connection, handed over by uvicorn's HTTP protocol."""
        self._transport = cast("asyncio.Transport", transport)
        self._server_connections.add(self)

    def data_received(self, data: bytes) -> None:
        """First the request as uvicorn writes it out again, then frames."""
        if self._connection is not None:
            self.gate.sessions.received(self._connection, data)
        elif self._probe is not None:
            self._probe.received(data)
        elif self._inner is not None:
            self._inner.data_received(data)
        elif self._arguments is not None:
            self._upgrade(data, *self._arguments)
            self._arguments = None

    def connection_lost(self, exc: Exception | None) -> None:
        """The end of it, whoever wanted it."""
        self._server_connections.discard(self)
        if self._connection is not None:
            self.gate.leave(self._connection)
        elif self._probe is not None:
            self.gate.unprobe(self._probe)
        elif self._inner is not None:
            self._inner.connection_lost(exc)

    def pause_writing(self) -> None:
        """More is unsent than the client may have waiting."""
        if self._connection is not None:
            self.gate.sessions.congestion.pause(self._connection)
        elif self._inner is not None:
            self._inner.pause_writing()

    def resume_writing(self) -> None:
        """Most of it is sent."""
        if self._connection is not None:
            self.gate.sessions.congestion.resume(self._connection)
        elif self._inner is not None:
            self._inner.resume_writing()

    def eof_received(self) -> bool | None:
        """The peer sends no more: then there is nothing to keep the connection for."""
        return self._inner.eof_received() if self._inner is not None else None

    def shutdown(self) -> None:
        """Called by uvicorn when the server stops."""
        if self._connection is not None:
            self.gate.send_away(self._connection)
            self._transport.close()
        elif self._inner is not None:
            self._inner.shutdown()  # type: ignore[attr-defined]  # uvicorn's protocols have it, asyncio's don't
        else:
            self._transport.close()

    def _upgrade(self, data: bytes, config: Config, server_state: ServerState, app_state: dict[str, Any]) -> None:
        if not handshake.target_path(data).startswith(self.gate.path):
            self._hand_over(data, config, server_state, app_state)
            return
        try:
            request = handshake.parse(data)
            if "sid" in request.query:
                self._probe = self.gate.probe(self._transport, request, self._switched)
            else:
                self._connection = self.gate.enter(self._transport, request)
        except UpgradeRefused as error:
            self.gate.refuse(self._transport, error)

    def _switched(self, connection: Connection) -> None:
        if self._probe is not None:
            self.gate.unprobe(self._probe)
        self._probe, self._connection = None, connection

    def _hand_over(self, data: bytes, config: Config, server_state: ServerState, app_state: dict[str, Any]) -> None:
        self._server_connections.discard(self)
        if AutoWebSocketsProtocol is None:
            self.gate.refuse(self._transport, UpgradeRefused(404, "There is no websocket at this address."))
            return
        inner = AutoWebSocketsProtocol(config=config, server_state=server_state, app_state=app_state)
        self._inner = inner
        inner.connection_made(self._transport)
        inner.data_received(data)
        # uvicorn sets us as the protocol when this returns; the inner one must come after that
        asyncio.get_running_loop().call_soon(self._transport.set_protocol, inner)
