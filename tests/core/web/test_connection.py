"""Our requests without tasks answer as Quart's own do, to the byte."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from quart import Quart, Response, request
from quart.asgi import ASGIHTTPConnection

from aethex_live._web.connection import Connection


def make_app(kind: type[ASGIHTTPConnection]) -> Quart:
    app = Quart(__name__)
    app.asgi_http_class = kind

    @app.get("/text")
    async def text() -> str:
        return f"hello {request.args.get('name', '')} {request.headers.get('X-Word', '')}"

    @app.get("/range")
    async def ranged() -> Response:
        response = Response(b"0123456789")
        await response.make_conditional(request)
        return response

    @app.get("/fails")
    async def fails() -> str:
        raise RuntimeError("boom")

    @app.get("/stream")
    async def stream() -> Any:
        async def pieces() -> AsyncIterator[bytes]:
            for index in range(3):
                yield b"%d" % index

        return pieces(), 200, {"X-Kind": "stream"}

    @app.get("/endless")
    async def endless() -> Any:
        async def pieces() -> AsyncIterator[bytes]:
            while True:
                yield b"."
                await asyncio.sleep(0)

        response = Response(pieces())
        response.timeout = None
        return response

    @app.route("/echo", methods=["GET", "POST"])
    async def echo() -> bytes:
        return await request.get_data(as_text=False)

    return app


async def ask(
    app: Quart, path: str, *headers: tuple[bytes, bytes], method: str = "GET", body: bytes = b"", leave_after: int = 0
) -> tuple[int, dict[bytes, bytes], bytes]:
    path, _, query = path.partition("?")
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "query_string": query.encode(),
        "root_path": "",
        "headers": [(b"host", b"live.example"), *headers],
        "client": ("192.0.2.1", 1),
        "server": ("live.example", 80),
    }
    messages: list[dict[str, Any]] = []
    gone = asyncio.Event()
    coming = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> dict[str, Any]:
        if coming:
            return coming.pop()
        await gone.wait()
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        messages.append(message)
        if leave_after and len(messages) >= leave_after:
            gone.set()

    async with asyncio.timeout(10):
        await app(scope, receive, send)  # type: ignore[arg-type]  # a dictionary as servers send it
    start, *rest = messages
    return start["status"], dict(start["headers"]), b"".join(message["body"] for message in rest)


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("path", ["/text?name=ada", "/fails", "/nothing", "/stream", "/range", "/echo"])
async def test_an_answer_is_the_one_that_quart_gives(path: str, method: str) -> None:
    headers = ((b"x-word", "wörd".encode("latin-1")), (b"range", b"bytes=2-4"))
    ours, theirs = [
        await ask(make_app(kind), path, *headers, method=method) for kind in (Connection, ASGIHTTPConnection)
    ]
    assert ours == theirs


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_body_is_read_also_that_of_a_get(method: str) -> None:
    app = make_app(Connection)
    assert (await ask(app, "/echo", (b"content-length", b"3"), method=method, body=b"abc"))[2] == b"abc"


async def test_a_stream_ends_when_its_client_goes_away() -> None:
    status, _, body = await ask(make_app(Connection), "/endless", leave_after=5)
    assert status == 200
    assert body.startswith(b"...")
