"""Long polling as ASGI: requests at the socket's address, everything else goes on to the site."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qs

from aethex_live.realtime import handshake
from aethex_live.realtime.errors import BAD_METHOD, UpgradeRefused
from aethex_live.realtime.poll_transport import PollTransport, Receive
from aethex_live.realtime.polling import Polling
from aethex_live.realtime.settings import RealtimeSettings

Send = Callable[[Any], Awaitable[None]]
AsgiApp = Callable[[Any, Receive, Send], Awaitable[None]]
# how long the body of a POST may take; the largest one comes in that time over a slow line
BODY_SECONDS = 20.0
TEXT = "text/plain; charset=UTF-8"


class PollingHttp:
    """An ASGI layer that costs other requests one comparison."""

    def __init__(self, settings: RealtimeSettings, polling: Polling, inner: AsgiApp) -> None:
        self._settings = settings
        self._polling = polling
        self._inner = inner

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(self._settings.path):
            await self._inner(scope, receive, send)
            return
        headers: list[tuple[str, str]] = []
        try:
            request = read(scope)
            headers = self._shared_with(request)
            body = await self._answer(request, (scope.get("client") or ("",))[0], receive)
        except UpgradeRefused as error:
            more = [("content-type", "application/problem+json"), *error.headers, *headers]
            await respond(send, error.status, handshake.problem(error), more)
            return
        if body is not None:
            await respond(send, 200 if body else 204, body, [("content-type", TEXT), *headers])

    async def _answer(self, request: handshake.Request, peer: str, receive: Receive) -> bytes | None:
        if request.method == "OPTIONS":
            handshake.check_origin(request, self._settings.origins)
            return b""
        transport = self._polling.session(request, peer)
        if request.method == "GET":
            return await self._polling.answer(transport, receive)
        if request.method != "POST":
            raise UpgradeRefused(400, "A session takes GET and POST alone.", code=BAD_METHOD)
        return await self._post(transport, request, receive)

    async def _post(self, transport: PollTransport, request: handshake.Request, receive: Receive) -> bytes | None:
        if transport.posting:
            raise self._polling.break_off(transport, "Another request sends for this session already.")
        transport.posting = True
        try:
            body = await read_body(request, receive, transport.connection.reader.limit)
        finally:
            transport.posting = False
        if body is None:
            return None
        self._polling.take(transport, body)
        return b"ok"

    def _shared_with(self, request: handshake.Request) -> list[tuple[str, str]]:
        """The headers by which a browser lets a page of a listed origin read the answer."""
        origin = request.headers.get("origin", "")
        listed = {known.rstrip("/") for known in self._settings.origins}
        if origin in listed:
            shared = [("access-control-allow-origin", origin), ("access-control-allow-credentials", "true")]
        elif origin and "*" in listed:
            # any page at all: then without the visitor's cookies
            shared = [("access-control-allow-origin", "*")]
        else:
            return []
        if request.method == "OPTIONS":
            shared.append(("access-control-allow-methods", "GET, POST"))
            shared.append(("access-control-allow-headers", "content-type"))
        return [*shared, ("vary", "Origin")]


def read(scope: Any) -> handshake.Request:
    """The request of an ASGI scope; UpgradeRefused when it has too many parameters."""
    try:
        query = parse_qs(scope["query_string"].decode("latin-1"), max_num_fields=32)
    except ValueError:
        raise UpgradeRefused(400, "The address has too many parameters.") from None
    lines = [f"{name.decode('latin-1')}:{value.decode('latin-1')}" for name, value in scope["headers"]]
    return handshake.Request(scope["method"], scope["path"], query, handshake.headers_of(lines))


async def read_body(request: handshake.Request, receive: Receive, limit: int) -> bytes | None:
    """The body; None when the client went away. UpgradeRefused when it is too large or too slow."""
    too_large = UpgradeRefused(413, f"A payload is larger than {limit} bytes.")
    length = request.headers.get("content-length", "")
    if length.isascii() and length.isdigit() and (len(length) > 12 or int(length) > limit):
        raise too_large
    parts: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(BODY_SECONDS):
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    return None
                parts.append(message.get("body", b""))
                size += len(parts[-1])
                if size > limit:
                    raise too_large
                if not message.get("more_body"):
                    return b"".join(parts)
    except TimeoutError:
        raise UpgradeRefused(408, f"The body took more than {BODY_SECONDS:g} s.") from None


async def respond(send: Send, status: int, body: bytes, headers: list[tuple[str, str]]) -> None:
    """A whole answer that nobody may keep."""
    fixed = [("content-length", str(len(body))), ("cache-control", "no-store"), ("x-content-type-options", "nosniff")]
    encoded = [(name.lower().encode(), value.encode("latin-1")) for name, value in (*fixed, *headers)]
    await send({"type": "http.response.start", "status": status, "headers": encoded})
    await send({"type": "http.response.body", "body": body})
