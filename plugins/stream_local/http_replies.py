"""HTTP answers of the media origin, as ASGI messages."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any, Final

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

_COMMON: Final[tuple[Header, ...]] = (
    (b"access-control-allow-origin", b"*"),
    (b"x-content-type-options", b"nosniff"),
)


def headers(kind: bytes, cache: bytes, size: int) -> list[Header]:
    """The headers of a whole answer of `size` bytes."""
    length = (b"content-length", b"%d" % size)
    return [(b"content-type", kind), length, (b"cache-control", cache), *_COMMON]


class Reply:
    """Sends one answer; for HEAD only its headers."""

    def __init__(self, send: Send, *, head: bool) -> None:
        self._send, self.head = send, head

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
        await self._send({"type": "http.response.start", "status": status, "headers": fields})

    async def more(self, body: bytes) -> None:
        """A part of the body."""
        await self._send({"type": "http.response.body", "body": body, "more_body": True})

    async def end(self, body: bytes = b"") -> None:
        """The rest of the body."""
        await self._send({"type": "http.response.body", "body": b"" if self.head else body})
