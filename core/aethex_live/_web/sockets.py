"""The ASGI layer of plugins' websockets: who may open one is settled before the plugin's handler runs."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from typing import Any

from aethex_live.actor import GUEST, Actor
from aethex_live.hookspecs.web import AsgiApp, SocketMount
from aethex_live.realtime import handshake
from aethex_live.web.sockets import Receive, Send, Socket

log = logging.getLogger("aethex.sockets")

Scope = MutableMapping[str, Any]
Identify = Callable[[str], Awaitable[Actor | None]]
GOING_WRONG = 1011


class Sockets:
    """Hands websockets at a mount's path to its handler: from our own pages only, while the plugin is on."""

    def __init__(
        self,
        mounts: Sequence[tuple[str, SocketMount]],
        is_on: Callable[[str], bool],
        identify: Identify,
        *,
        cookie: str,
        origin: str,
        inner: AsgiApp,
    ) -> None:
        self._mounts = {mount.path: (plugin, mount) for plugin, mount in mounts}
        self._is_on, self._identify = is_on, identify
        self._cookie, self._origin = cookie, origin
        self._inner = inner

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        found = self._mounts.get(scope["path"]) if scope["type"] == "websocket" else None
        if found is None:
            await self._inner(scope, receive, send)
            return
        plugin, mount = found
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        if not self._is_on(plugin):
            await _refuse(scope, receive, send, 404, b"This part of the site is switched off.")
        # unlike elsewhere a missing origin is refused too: a session's cookie counts here
        elif "origin" not in headers or not handshake.origin_allowed(headers, (self._origin,)):
            await _refuse(scope, receive, send, 403, b"Only pages of this site may open this socket.")
        else:
            await self._serve(plugin, mount, scope, receive, send, headers)

    async def _serve(
        self, plugin: str, mount: SocketMount, scope: Scope, receive: Receive, send: Send, headers: dict[str, str]
    ) -> None:
        actor = await self._actor(headers.get("cookie", ""))
        await receive()  # websocket.connect
        await send({"type": "websocket.accept"})
        socket = Socket(receive, send, actor=actor, address=_address(scope))
        try:
            await mount.handler(socket)
        except Exception:
            log.exception("the websocket %s of the plugin %s failed", mount.path, plugin)
            await socket.close(GOING_WRONG, "Something went wrong on the server; try again.")
        else:
            await socket.close()

    async def _actor(self, header: str) -> Actor:
        token = handshake.Request("GET", "", {}, {"cookie": header}).cookies.get(self._cookie)
        found = await self._identify(token) if token else None
        return found or GUEST


def _address(scope: Scope) -> str:
    """The visitor's address, as the log layer found it behind trusted proxies."""
    client = scope.get("client")
    return str(scope.get("aethex.address") or (client[0] if client else ""))


async def _refuse(scope: Scope, receive: Receive, send: Send, status: int, sentence: bytes) -> None:
    """Answer the upgrade with an error and its reason, where the server can; else with a bare 403."""
    await receive()
    if "websocket.http.response" not in scope.get("extensions", {}):
        await send({"type": "websocket.close", "code": 1008})
        return
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"cache-control", b"no-store")]
    await send({"type": "websocket.http.response.start", "status": status, "headers": headers})
    await send({"type": "websocket.http.response.body", "body": sentence})
