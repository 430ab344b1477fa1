"""Hot answers: what a view gave a moment ago and everybody may have, from memory in front of Quart."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from dataclasses import dataclass
from typing import Any

from aethex_live.hookspecs.web import AsgiApp, Ready
from aethex_live.web.hot import KEEP

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Header = tuple[bytes, bytes]

MOST_KEPT = 2_000
LARGEST = 1 << 20  # bytes of a body that is kept
# of the request that made the answer alone
OWN = frozenset({b"x-request-id", b"set-cookie", b"date", b"etag"})
_TAG = re.compile(rb'(?:W/)?("[^"]*")')


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer as it is sent, until `until` and while nothing was dropped."""

    headers: list[Header]
    body: bytes
    etag: bytes
    until: float
    drops: int
    ready: Ready


class HotAnswers:
    """Keeps answers of views that called `web.same_for_all`, and gives them out again.

    By exact path, without a query, to requests without Authorization. They are made by the views themselves, so they
    are what the view says; `drops` tells when something has changed since. What begins with one of `passed` is never
    kept here: mounts of plugins have their own memory.
    """

    def __init__(
        self, inner: AsgiApp, drops: Callable[[], int], now: Callable[[], float], passed: Sequence[str] = ()
    ) -> None:
        self._inner = inner
        self._drops = drops
        self._now = now
        self._passed = tuple(passed)
        self._kept: dict[str, Answer] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        plain = scope["type"] == "http" and not scope["query_string"] and scope["method"] in ("GET", "HEAD")
        if not plain or scope["path"].startswith(self._passed):
            await self._inner(scope, receive, send)
            return
        known = b""
        for name, value in scope["headers"]:
            if name == b"if-none-match":
                known = value
            elif name == b"authorization":
                await self._inner(scope, receive, send)
                return
        found = self._fresh(scope["path"])
        if found is not None:
            await _give(found, scope, known, send)
        else:
            await self._make(scope, receive, send)

    def at_once(self, path: str) -> Ready | None:
        """The answer to a plain GET of the path, when it is kept."""
        found = self._fresh(path)
        return found.ready if found is not None else None

    def _fresh(self, path: str) -> Answer | None:
        found = self._kept.get(path)
        return found if found is not None and found.until > self._now() and found.drops == self._drops() else None

    async def _make(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Ask the view; keep the answer when the view says so."""
        drops = self._drops()
        start: MutableMapping[str, Any] = {}
        pieces: list[bytes] = []

        async def watched(message: MutableMapping[str, Any]) -> None:
            if KEEP in scope:
                if message["type"] == "http.response.start":
                    start.update(message)
                elif len(pieces) < 2:
                    pieces.append(message.get("body", b""))
            await send(message)

        await self._inner(scope, receive, watched)
        if KEEP in scope and start.get("status") == 200 and scope["method"] == "GET":
            self._keep(scope, start["headers"], b"".join(pieces), drops)

    def _keep(self, scope: Scope, headers: list[Header], body: bytes, drops: int) -> None:
        fields = [(name.lower(), value) for name, value in headers]
        size = next((value for name, value in fields if name == b"content-length"), b"")
        # a cookie belongs to one browser; a body that came in many pieces was not taken up whole
        if any(name == b"set-cookie" for name, _ in fields) or size != b"%d" % len(body) or len(body) > LARGEST:
            return
        if len(self._kept) >= MOST_KEPT:
            self._kept.clear()
        etag = b'"' + hashlib.sha256(body).hexdigest()[:16].encode() + b'"'
        shared = [*(pair for pair in fields if pair[0] not in OWN), (b"etag", etag)]
        until = self._now() + float(scope[KEEP])
        self._kept[scope["path"]] = Answer(shared, body, etag, until, drops, Ready.of(shared, body))


async def _give(found: Answer, scope: Scope, known: bytes, send: Send) -> None:
    if known and (known == b"*" or found.etag in _TAG.findall(known)):
        headers = [pair for pair in found.headers if pair[0] not in (b"content-length", b"content-type")]
        await send({"type": "http.response.start", "status": 304, "headers": headers})
        await send({"type": "http.response.body", "body": b""})
        return
    number = (b"x-request-id", scope.get("aethex.request_id", "").encode())
    await send({"type": "http.response.start", "status": 200, "headers": [*found.headers, number]})
    await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else found.body})
