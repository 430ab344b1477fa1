"""The address of stored files: an ASGI app with ranges, validators and headers that tame hostile files."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, BinaryIO
from urllib.parse import parse_qs

from werkzeug.http import http_date, parse_date, parse_etags, parse_if_range_header, parse_range_header

from aethex_live.providers import NotFound, ProviderError
from aethex_live.providers.storage import StoredObject
from aethex_live.providers.storage_keys import PUBLIC_PREFIX, SHOWN, is_key
from aethex_live.secrets import BadSignature

from .links import BASE, Links
from .service import LocalStorage, read_pieces

Send = Callable[[dict[str, Any]], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]

_METHODS = ("GET", "HEAD")
_NO_FILE = "There is no such file."
_BROKEN = "This file can't be read at the moment. Try again later."

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Span:
    """The bytes to send, from `start` up to but without `end`."""

    start: int
    end: int
    partial: bool


class ObjectFiles:
    """Answers GET and HEAD below `/p/storage_local/o/`."""

    def __init__(self, storage: LocalStorage, links: Links, *, public_cache_s: int) -> None:
        self._storage = storage
        self._links = links
        self._public_cache_s = public_cache_s

    async def __call__(self, scope: Mapping[str, Any], receive: object, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            return
        method, key = scope["method"], str(scope["path"]).removeprefix(BASE)
        if method not in _METHODS:
            await _refuse(send, 405, "Files can only be read here.", ("allow", "GET, HEAD"))
            return
        try:
            self._admit(key, scope)
            facts, file = await self._storage.open(key)
        except BadSignature as refusal:
            await _refuse(send, 403, str(refusal))
        except NotFound:
            await _refuse(send, 404, _NO_FILE)
        except ProviderError:
            log.exception("%s can't be handed out", key)
            await _refuse(send, 503, _BROKEN, ("retry-after", "10"))
        else:
            with file:
                await self._answer(facts, _headers_of(scope), send, file if method == "GET" else None)

    def _admit(self, key: str, scope: Mapping[str, Any]) -> None:
        if not is_key(key):
            raise NotFound(_NO_FILE, provider=self._storage.name, operation="get")
        if not key.startswith(PUBLIC_PREFIX):
            query = parse_qs(scope.get("query_string", b"").decode("latin-1"))
            self._links.check(key, query.get("token", [""])[0])

    async def _answer(self, facts: StoredObject, asked: Mapping[str, str], send: Send, file: BinaryIO | None) -> None:
        headers = self._headers(facts)
        if _is_known(facts, asked):
            await _start(send, 304, headers)
            await _end(send)
            return
        span = _span(facts, asked)
        if span is None:
            await _refuse(send, 416, "The file has no such range.", ("content-range", f"bytes */{facts.size}"))
            return
        headers.append((b"content-length", str(span.end - span.start).encode()))
        headers.append((b"content-type", facts.content_type.encode()))
        if span.partial:
            headers.append((b"content-range", f"bytes {span.start}-{span.end - 1}/{facts.size}".encode()))
        await _start(send, 206 if span.partial else 200, headers)
        if file is not None:
            async for piece in read_pieces(file, span.start, span.end):
                await send({"type": "http.response.body", "body": piece, "more_body": True})
        await _end(send)

    def _headers(self, facts: StoredObject) -> Headers:
        public = facts.key.startswith(PUBLIC_PREFIX)
        pairs = {
            "etag": f'"{facts.etag}"',
            "last-modified": http_date(facts.modified_at),
            "accept-ranges": "bytes",
            "cache-control": f"public, max-age={self._public_cache_s}" if public else "private, no-cache",
            "x-content-type-options": "nosniff",
            "content-security-policy": "default-src 'none'; sandbox",
            "referrer-policy": "no-referrer",
        }
        if facts.content_type not in SHOWN:
            pairs["content-disposition"] = f'attachment; filename="{facts.key.rpartition("/")[2]}"'
        return [(name.encode(), value.encode("latin-1")) for name, value in pairs.items()]


def _is_known(facts: StoredObject, asked: Mapping[str, str]) -> bool:
    """Whether the browser has this very content already."""
    if "if-none-match" in asked:
        return parse_etags(asked["if-none-match"]).contains_weak(facts.etag)
    since = parse_date(asked.get("if-modified-since"))
    return since is not None and _whole_seconds(facts.modified_at) <= since


def _span(facts: StoredObject, asked: Mapping[str, str]) -> Span | None:
    """What to send; None when the range lies behind the end. Several ranges and nonsense get the whole."""
    whole = Span(0, facts.size, partial=False)
    wanted = parse_range_header(asked.get("range")) if _range_holds(facts, asked) else None
    if wanted is None or wanted.units != "bytes" or len(wanted.ranges) != 1:
        return whole
    start, end = wanted.ranges[0]
    if start < 0:
        start, end = max(0, facts.size + start), facts.size
    if start >= facts.size:
        return None
    return Span(start, facts.size if end is None else min(end, facts.size), partial=True)


def _range_holds(facts: StoredObject, asked: Mapping[str, str]) -> bool:
    """Whether the file is still the one that If-Range speaks of."""
    if "if-range" not in asked:
        return True
    condition = parse_if_range_header(asked["if-range"])
    if condition.etag is not None:
        return condition.etag == facts.etag
    return condition.date is not None and _whole_seconds(facts.modified_at) <= condition.date


def _whole_seconds(moment: datetime) -> datetime:
    return moment.replace(microsecond=0)


def _headers_of(scope: Mapping[str, Any]) -> dict[str, str]:
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}


async def _start(send: Send, status: int, headers: Headers) -> None:
    await send({"type": "http.response.start", "status": status, "headers": headers})


async def _end(send: Send) -> None:
    await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _refuse(send: Send, status: int, sentence: str, *more: tuple[str, str]) -> None:
    body = sentence.encode()
    pairs = [
        ("content-type", "text/plain; charset=utf-8"),
        ("content-length", str(len(body))),
        ("cache-control", "no-store"),
        ("x-content-type-options", "nosniff"),
        *more,
    ]
    await _start(send, status, [(name.encode(), value.encode()) for name, value in pairs])
    await send({"type": "http.response.body", "body": body, "more_body": False})
