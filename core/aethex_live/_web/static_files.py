"""Static files in front of Quart, from memory: compressed twins, validators, ranges."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from aethex_live.hookspecs.web import AsgiApp
from aethex_live.web._static_file import CACHE_CONTROL, StaticFile
from aethex_live.web.assets import PREFIX, Assets

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Header = tuple[bytes, bytes]

READ = frozenset({"GET", "HEAD"})
_RANGE = re.compile(rb"bytes=([0-9]{0,18})-([0-9]{0,18})")
_TAG = re.compile(rb'(?:W/)?("[^"]*")')


class StaticFiles:
    """Answers /static/; names carry a hash of the content, so they never change."""

    def __init__(self, assets: Assets, inner: AsgiApp) -> None:
        self._assets = assets
        self._inner = inner

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(PREFIX):
            await self._inner(scope, receive, send)
            return
        found = self._assets.resolve(scope["path"])
        if found is None or scope["method"] not in READ:
            await _missing(send)
            return
        status, headers, body = _answer(scope["path"], found, dict(scope["headers"]))
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})


def _answer(path: str, found: StaticFile, asked: dict[bytes, bytes]) -> tuple[int, list[Header], bytes]:
    """Status, headers and body for a request with these headers."""
    wanted = asked.get(b"range")
    # parts are of the plain file: nobody can put parts of a compressed one together with what they have
    accepted = "" if wanted else asked.get(b"accept-encoding", b"").decode("latin-1")
    body, encoding = found.body(accepted)
    etag = _etag(path, encoding)
    headers = _headers(found, encoding, etag)
    if (known := asked.get(b"if-none-match")) and (known == b"*" or etag in _TAG.findall(known)):
        return 304, headers, b""
    status = 200
    if wanted and asked.get(b"if-range", etag) == etag:
        span = _span(wanted, len(body))
        if span == (0, 0):
            return 416, [*headers, (b"content-range", b"bytes */%d" % len(body)), (b"content-length", b"0")], b""
        if span is not None:
            status = 206
            headers.append((b"content-range", b"bytes %d-%d/%d" % (span[0], span[1] - 1, len(body))))
            body = body[span[0] : span[1]]
    return status, [*headers, (b"content-length", b"%d" % len(body))], body


def _etag(path: str, encoding: str | None) -> bytes:
    """The name says which content it is, the encoding which of its forms."""
    return f'"{path.rpartition("/")[2]}{f"-{encoding}" if encoding else ""}"'.encode()


def _headers(found: StaticFile, encoding: str | None, etag: bytes) -> list[Header]:
    headers = [
        (b"content-type", found.content_type.encode()),
        (b"cache-control", CACHE_CONTROL.encode()),
        (b"etag", etag),
        (b"vary", b"accept-encoding"),
        (b"accept-ranges", b"bytes"),
        (b"x-content-type-options", b"nosniff"),
        (b"access-control-allow-origin", b"*"),
    ]
    return [*headers, (b"content-encoding", encoding.encode())] if encoding else headers


def _span(value: bytes, size: int) -> tuple[int, int] | None:
    """Begin and end of the part that is asked for; None: all of it; (0, 0): there is no such part."""
    match = _RANGE.fullmatch(value.strip())
    if match is None or not (match[1] or match[2]):
        return None
    if not match[1]:
        return (max(0, size - int(match[2])), size) if int(match[2]) and size else (0, 0)
    begin, end = int(match[1]), int(match[2]) + 1 if match[2] else size
    if end <= begin < size:
        return None
    return (begin, min(end, size)) if begin < size else (0, 0)


async def _missing(send: Send) -> None:
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"cache-control", b"no-store")]
    await send({"type": "http.response.start", "status": 404, "headers": headers})
    await send({"type": "http.response.body", "body": b"There is no such file."})
