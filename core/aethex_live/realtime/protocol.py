"""The class that uvicorn makes for every websocket upgrade; other addresses go to uvicorn's own class."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, ClassVar, cast

from uvicorn.config import Config
from uvicorn.protocols.websockets.auto import AutoWebSocketsProtocol
from uvicorn.server import ServerState

from aethex_live.realtime import handshake
from aethex_live.realtime.connection import Connection
from aethex_live.realtime.contracts import Handshake
from aethex_live.realtime.errors import UpgradeRefused
from aethex_live.realtime.frames import FrameReader

if TYPE_CHECKING:
    from aethex_live.realtime.engine import Realtime


class SocketProtocol(asyncio.Protocol):
    """Answers the upgrade, then only passes on what happens to the transport."""

    __slots__ = ("_arguments", "_connection", "_inner", "_server_connections", "_transport")

    engine: ClassVar[Realtime]

    def __init__(
        self, config: Config, server_state: ServerState, app_state: dict[str, Any], **_: object
    ) -> None:
        # uvicorn waits at its end for this set to become empty
        self._server_connections: set[Any] = server_state.connections
        self._arguments: tuple[Config, ServerState, dict[str, Any]] | None = (config, server_state, app_state)
        self._transport: asyncio.Transport
        self._connection: Connection | None = None
        self._inner: asyncio.Protocol | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The TCP connection, handed over by uvicorn's HTTP protocol."""
        self._transport = cast("asyncio.Transport", transport)
        self._server_connections.add(self)

    def data_received(self, data: bytes) -> None:
        """First the request as uvicorn writes it out again, then frames."""
        if self._connection is not None:
            self.engine.sessions.received(self._connection, data)
        elif self._inner is not None:
            self._inner.data_received(data)
        elif self._arguments is not None:
            self._upgrade(data, *self._arguments)
            self._arguments = None

    def connection_lost(self, exc: Exception | None) -> None:
        """The end of it, whoever wanted it."""
        self._server_connections.discard(self)
        if self._connection is not None:
            self.engine.lost(self._connection)
        elif self._inner is not None:
            self._inner.connection_lost(exc)

    def pause_writing(self) -> None:
        """More is unsent than the client may have waiting."""
        if self._connection is not None:
            self.engine.sessions.congestion.pause(self._connection)
        elif self._inner is not None:
            self._inner.pause_writing()

    def resume_writing(self) -> None:
        """Most of it is sent."""
        if self._connection is not None:
            self.engine.sessions.congestion.resume(self._connection)
        elif self._inner is not None:
            self._inner.resume_writing()

    def eof_received(self) -> bool | None:
        """The peer sends no more: then there is nothing to keep the connection for."""
        return self._inner.eof_received() if self._inner is not None else None

    def shutdown(self) -> None:
        """Called by uvicorn when the server stops."""
        if self._connection is not None:
            self.engine.shut(self._connection)
        elif self._inner is not None:
            self._inner.shutdown()  # type: ignore[attr-defined]  # uvicorn's protocols have it, asyncio's don't
        else:
            self._transport.close()

    def _upgrade(
        self, data: bytes, config: Config, server_state: ServerState, app_state: dict[str, Any]
    ) -> None:
        if not handshake.target_path(data).startswith(self.engine.settings.path.encode()):
            self._hand_over(data, config, server_state, app_state)
            return
        try:
            self._open(handshake.parse(data))
        except UpgradeRefused as error:
            self.engine.refused()
            self._transport.write(handshake.refusal(error))
            self._transport.close()

    def _open(self, request: handshake.Request) -> None:
        settings = self.engine.settings
        handshake.check(request, settings.origins)
        peer = self._transport.get_extra_info("peername")
        address = self.engine.address_of(
            str(peer[0]) if isinstance(peer, tuple) else "", request.headers.get("x-forwarded-for", "")
        )
        self.engine.admit(address)
        answer, compressed = handshake.accept(request, compress=settings.compress)
        self._transport.set_write_buffer_limits(high=settings.slow_buffer)
        self._transport.write(answer)
        reader = FrameReader(settings.max_payload_before_connect, deflate=compressed)
        shown = Handshake(request.headers, request.cookies, None, address)
        self._connection = Connection(self._transport, reader, shown, address)
        self.engine.sessions.open(self._connection)

    def _hand_over(
        self, data: bytes, config: Config, server_state: ServerState, app_state: dict[str, Any]
    ) -> None:
        self._server_connections.discard(self)
        if AutoWebSocketsProtocol is None:
            self.engine.refused()
            self._transport.write(
                handshake.refusal(UpgradeRefused(404, "There is no websocket at this address."))
            )
            self._transport.close()
            return
        inner = AutoWebSocketsProtocol(config=config, server_state=server_state, app_state=app_state)
        self._inner = inner
        inner.connection_made(self._transport)
        inner.data_received(data)
        # uvicorn sets us as the protocol when this returns; the inner one must come after that
        asyncio.get_running_loop().call_soon(self._transport.set_protocol, inner)
