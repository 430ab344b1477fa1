"""A short way in for sockets: their upgrade is read once, by the engine, and not by uvicorn's HTTP protocol first."""

from __future__ import annotations

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

VERSION = b" HTTP/1.1"
UPGRADE = b"\r\nupgrade: websocket\r\n"
CONNECTION = b"\r\nconnection:"
LINE, END = b"\r\n", b"\r\n\r\n"


def front_door(base: type[HttpToolsProtocol], path: str) -> type[HttpToolsProtocol]:
    """The protocol class for uvicorn: upgrades below `path` go to its websocket class as they come.

    uvicorn would parse such a request, write it out again, and have it parsed a second time: a quarter of what a
    connect costs. Only a request that is the first of its connection, whole, and alone in what was read goes the short
    way; all others go the usual one. It uses attributes of uvicorn's protocol, which is pinned.
    """
    begin = f"GET {path}?".encode("latin-1")

    class FrontDoor(base):  # type: ignore[misc, valid-type]  # the class is chosen by who calls
        def data_received(self, data: bytes) -> None:
            if self.headers is None and data.startswith(begin) and is_upgrade(data):
                self._let_in(data)
            else:
                super().data_received(data)

        def _let_in(self, data: bytes) -> None:
            self._unset_keepalive_if_required()
            self.connections.discard(self)
            protocol = self.ws_protocol_class(
                config=self.config, server_state=self.server_state, app_state=self.app_state
            )
            protocol.connection_made(self.transport)
            protocol.data_received(data)
            self.transport.set_protocol(protocol)

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
