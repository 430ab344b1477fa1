"""The pages of a process that only takes streams in: none. What plugins mount is answered before this layer."""

from __future__ import annotations

from aethex_live._web.layers import Receive, Scope, Send
from aethex_live.hookspecs.web import AsgiApp

CHECKS = frozenset({"/livez", "/readyz", "/metrics"})


class MediaOnly:
    """Lets the checks of a supervisor through, and tells everybody else where the pages are."""

    def __init__(self, inner: AsgiApp, site_url: str) -> None:
        self._inner = inner
        self._said = f"This process takes streams in and hands media out; the pages are at {site_url}\n".encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in CHECKS:
            await self._inner(scope, receive, send)
            return
        headers = [
            (b"content-type", b"text/plain; charset=utf-8"),
            (b"content-length", str(len(self._said)).encode()),
            (b"cache-control", b"no-store"),
            (b"x-content-type-options", b"nosniff"),
        ]
        await send({"type": "http.response.start", "status": 404, "headers": headers})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else self._said})
