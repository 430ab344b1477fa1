"""HTTP answers of the media origin, as ASGI messages."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any, Final

from aethex_live.hookspecs.web import Ready

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Header = tuple[bytes, bytes]

PLAYLIST: Final = b"application/vnd.apple.mpegurl"
VIDEO: Final = b"video/mp4"
JPEG: Final = b"image/jpeg"

# broadcast ids stand in every address, so no address is ever used again
FOREVER: Final = b"public, max-age=31536000, immutable"
MINUTE: Final = b"public, max-age=60"
NEVER: Final = b"no-store"

_NOSNIFF: Final = (b"x-content-type-options", b"nosniff")
_ANY: Final = (b"access-control-allow-origin", b"*")
_EXPOSED: Final = (b"access-control-expose-headers", b"content-length, content-range, etag")
_COMMON: Final[tuple[Header, ...]] = (_ANY, _NOSNIFF)


def headers(kind: bytes, cache: bytes, size: int) -> list[Header]:
    """The headers of a whole answer of `size` bytes."""
    length = (b"content-length", b"%d" % size)
    return [(b"content-type", kind), length, (b"cache-control", cache), *_COMMON]


def ready(kind: bytes, cache: bytes, body: bytes) -> Ready:
    """The same answer as `Reply.data` gives, as it goes out."""
    return Ready.of([*headers(kind, cache, len(body)), _EXPOSED], body)


class Reply:
    """Sends one answer; for HEAD only its headers.

    After `close_to(origin)` it is for pages of that origin alone, and no cache keeps it.
    """

    def __init__(self, send: Send, *, head: bool) -> None:
        self._send, self.head = send, head
        self._origin: bytes | None = None

    def close_to(self, origin: str) -> None:
        """The answer is private: for pages of `origin` only."""
        self._origin = origin.encode("latin-1", "replace")

    async def data(self, body: bytes, kind: bytes, cache: bytes) -> None:
        """A whole body from memory."""
        await self.start(200, headers(kind, cache, len(body)))
        await self.end(body)

    async def pieces(self, bodies: Iterable[bytes], size: int, kind: bytes, cache: bytes) -> None:
        """A body that is in memory in pieces; they are not joined, that would copy them."""
        await self.start(200, headers(kind, cache, size))
        if not self.head:
            for body in bodies:
                await self.more(body)
        await self.end()

    async def refuse(self, status: int, sentence: str, *extra: Header) -> None:
        """An error; never cached."""
        body = (sentence + "\n").encode()
        await self.start(status, [*headers(b"text/plain; charset=utf-8", NEVER, len(body)), *extra])
        await self.end(body)

    async def start(self, status: int, fields: list[Header]) -> None:
        """The status and headers."""
        if self._origin is not None:
            fields = [*(field for field in fields if field != _ANY and field[0] != b"cache-control")]
            fields += [(b"access-control-allow-origin", self._origin), (b"vary", b"origin")]
            fields.append((b"cache-control", b"private, no-store"))
        await self._send({"type": "http.response.start", "status": status, "headers": [*fields, _EXPOSED]})

    async def preflight(self) -> None:
        """The answer to a browser that asks what pages of other origins may do: read, ranges too."""
        allowed = [
            (b"access-control-allow-methods", b"GET, HEAD"),
            (b"access-control-allow-headers", b"range"),
            (b"access-control-max-age", b"86400"),
        ]
        await self.start(204, [*_COMMON, *allowed, (b"content-length", b"0")])
        await self.end()

    async def more(self, body: bytes) -> None:
        """A part of the body."""
        await self._send({"type": "http.response.body", "body": body, "more_body": True})

    async def end(self, body: bytes = b"") -> None:
        """The rest of the body."""
        await self._send({"type": "http.response.body", "body": b"" if self.head else body})
