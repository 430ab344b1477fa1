"""The pages of a process that only takes streams in: none. What plugins mount is answered before this layer.

It does without Quart: reading all pages would take half of the time after which a killed process is back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aethex_live._web import liveness
from aethex_live._web.layers import Receive, Scope, Send
from aethex_live._web.liveness import Told

if TYPE_CHECKING:
    from aethex_live.platform import Platform


class MediaOnly:
    """Answers the supervisor's questions, and tells everybody else where the pages are."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        sentence = f"This process takes streams in and hands media out; the pages are at {platform.site.url}\n"
        self._elsewhere = Told(sentence.encode(), 404)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 1008})
            return
        told = self._elsewhere
        if scope["path"] in liveness.PATHS and scope["method"] in ("GET", "HEAD"):
            told = await liveness.tell(self._platform, scope["path"], scope.get("aethex.address", ""))
        headers = [
            (b"content-type", told.content_type.encode()),
            (b"content-length", str(len(told.body)).encode()),
            (b"cache-control", b"no-store"),
            (b"x-content-type-options", b"nosniff"),
        ]
        await send({"type": "http.response.start", "status": told.status, "headers": headers})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else told.body})
