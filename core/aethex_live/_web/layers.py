"""ASGI layers in front of Quart: the request's log line, mounts of plugins."""

from __future__ import annotations

import ipaddress
import logging
import time
from collections.abc import Awaitable, Callable, Mapping, MutableMapping, Sequence
from secrets import token_hex
from typing import TYPE_CHECKING, Any

from aethex_live.hookspecs.web import AsgiApp, Mount, Ready

if TYPE_CHECKING:
    from aethex_live._web.metrics import Metrics

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
access_log = logging.getLogger("aethex.access")


class Mounts:
    """Hands paths below a mount's prefix to the plugin's own ASGI app, while the plugin is on."""

    def __init__(self, mounts: Sequence[tuple[str, Mount]], is_on: Callable[[str], bool], inner: AsgiApp) -> None:
        self._mounts = [(mount.prefix, plugin, mount.app) for plugin, mount in mounts]
        self._ready = [(mount.prefix, plugin, mount.at_once) for plugin, mount in mounts if mount.at_once is not None]
        self._is_on = is_on
        self._inner = inner

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            path = scope["path"]
            for prefix, plugin, app in self._mounts:
                if path.startswith(prefix) and self._is_on(plugin):
                    await app(scope, receive, send)
                    return
        await self._inner(scope, receive, send)

    def at_once(self, path: str) -> Ready | None:
        """What a plugin has in memory for everybody who asks for the path."""
        for prefix, plugin, find in self._ready:
            if path.startswith(prefix):
                return find(path) if self._is_on(plugin) else None
        return None


class RequestLog:
    """The outermost layer: an id for the request, the visitor's address, a log line and the counters."""

    def __init__(
        self, inner: AsgiApp, metrics: Metrics, proxies: Sequence[str], owner_of: Callable[[str], str]
    ) -> None:
        self._inner = inner
        self._metrics = metrics
        self._networks = [ipaddress.ip_network(proxy, strict=False) for proxy in proxies]
        self._owner_of = owner_of

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            if scope["type"] == "websocket":
                scope["aethex.address"] = self._address(scope)
            await self._inner(scope, receive, send)
            return
        scope["aethex.request_id"] = token_hex(8)
        scope["aethex.address"] = self._address(scope)
        status = 0
        begun = time.perf_counter()

        async def watched(message: MutableMapping[str, Any]) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._inner(scope, receive, watched)
        finally:
            self._tell(scope, status, time.perf_counter() - begun)

    def _tell(self, scope: Scope, status: int, seconds: float) -> None:
        self._metrics.answered(scope["method"], status, seconds)
        if access_log.isEnabledFor(logging.INFO):
            access_log.info(
                "%s %s %s %.1f ms",
                scope["method"],
                scope["path"],
                status,
                seconds * 1000,
                extra={"request_id": scope["aethex.request_id"], "plugin": self._owner_of(scope["path"])},
            )

    def _address(self, scope: Scope) -> str:
        peer = scope["client"][0] if scope.get("client") else ""
        if not self._networks or not self._trusted(peer):
            return peer
        hops = [hop.strip() for hop in _header(scope, b"x-forwarded-for").decode("latin-1").split(",") if hop.strip()]
        # from the nearest hop outwards: the first one that is no proxy of ours is the visitor
        for hop in reversed(hops):
            if not self._trusted(hop):
                return hop
        return hops[0] if hops else peer

    def _trusted(self, address: str) -> bool:
        try:
            parsed = ipaddress.ip_address(address)
        except ValueError:
            return False
        return any(parsed in network for network in self._networks)


def _header(scope: Mapping[str, Any], name: bytes) -> bytes:
    for key, value in scope["headers"]:
        if key == name:
            return bytes(value)
    return b""
