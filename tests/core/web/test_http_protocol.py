"""The short way of a ready answer gives what the whole way gives, and steps aside for every other request."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
import uvicorn

from aethex_live._web.http_protocol import http_protocol
from aethex_live.hookspecs.web import Ready
from aethex_live.server import Server

HEADERS = [(b"content-type", b"text/plain"), (b"content-length", b"5")]
PLAIN = b"GET /hot HTTP/1.1\r\nHost: a\r\nCookie: aethex=one\r\n\r\n"


class Site:
    """A server whose app says "whole" and whose memory says "ready"."""

    def __init__(self) -> None:
        self.counted: list[tuple[str, int]] = []
        self.looked: list[str] = []
        self.kept: dict[str, Ready] = {"/hot": Ready.of(HEADERS, b"ready")}
        self.release = asyncio.Event()
        self.port = 0

    def find(self, path: str) -> Ready | None:
        self.looked.append(path)
        return self.kept.get(path)

    async def app(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["path"] == "/slow":
            await self.release.wait()
        await send({"type": "http.response.start", "status": 200, "headers": [*HEADERS, (b"x-request-id", b"own")]})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else b"whole"})

    async def ask(self, *requests: bytes) -> list[tuple[dict[str, str], bytes]]:
        """Send everything at once on one connection; the answers' headers and bodies in order."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(b"".join(requests))
        answers = []
        async with asyncio.timeout(10):
            for request in requests:
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                fields = dict(line.split(": ", 1) for line in head.split("\r\n")[1:-2])
                fields["status"] = head.split("\r\n")[0]
                body = b"" if request.startswith(b"HEAD") else await reader.readexactly(int(fields["content-length"]))
                answers.append((fields, body))
        writer.close()
        return answers


@pytest_asyncio.fixture
async def site() -> AsyncIterator[Site]:
    found = Site()
    protocol = http_protocol(found.find, lambda method, status, _seconds: found.counted.append((method, status)))
    server = Server(
        uvicorn.Config(found.app, interface="asgi3", http=protocol, port=0, lifespan="off", log_config=None, ws="none")
    )
    serving = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    found.port = server.servers[0].sockets[0].getsockname()[1]
    yield found
    server.should_exit = True
    await serving


async def test_a_ready_answer_goes_out_as_the_app_would_send_it(site: Site) -> None:
    ((short, body),) = await site.ask(PLAIN)
    ((whole, _),) = await site.ask(PLAIN.replace(b"/hot", b"/cold"))
    assert body == b"ready"
    assert {name: short[name] for name in ("status", "content-type", "content-length", "server")} == {
        name: whole[name] for name in ("status", "content-type", "content-length", "server")
    }
    assert short.keys() == whole.keys()
    assert len(short["x-request-id"]) == 16
    assert site.counted == [("GET", 200)]


@pytest.mark.parametrize(
    "request_",
    [
        PLAIN.replace(b"GET", b"HEAD"),
        PLAIN.replace(b"GET", b"POST").replace(b"\r\n\r\n", b"\r\nContent-Length: 0\r\n\r\n"),
        PLAIN.replace(b"/hot", b"/hot?a=1"),
        PLAIN.replace(b"/hot", b"/h%6ft"),
        PLAIN.replace(b"1.1", b"1.0"),
        *(
            PLAIN.replace(b"\r\n\r\n", b"\r\n" + line + b"\r\n\r\n")
            for line in (
                b"Authorization: Bearer x",
                b'If-None-Match: "a"',
                b"Range: bytes=0-1",
                b"Connection: close",
                b"content-LENGTH: 0",
            )
        ),
    ],
)
async def test_a_request_that_asks_for_more_goes_through_the_app(site: Site, request_: bytes) -> None:
    ((_, body),) = await site.ask(request_)
    assert body == (b"" if request_.startswith(b"HEAD") else b"whole")
    assert site.counted == []


async def test_answers_keep_the_order_of_the_requests_on_a_connection(site: Site) -> None:
    # Given a slow request with a ready one behind it on the same connection
    slow = PLAIN.replace(b"/hot", b"/slow")
    asking = asyncio.create_task(site.ask(slow, PLAIN, PLAIN.replace(b"/hot", b"/cold"), PLAIN))
    async with asyncio.timeout(5):
        while not site.looked:
            await asyncio.sleep(0.01)
    # When the slow one is answered
    site.release.set()
    # Then the others come after it; those that stood in line went through the app
    assert [body for _, body in await asking] == [b"whole", b"whole", b"whole", b"whole"]


async def test_many_ready_answers_follow_each_other_on_a_connection(site: Site) -> None:
    answers = await site.ask(*[PLAIN] * 50, PLAIN.replace(b"/hot", b"/cold"), PLAIN)
    assert [body for _, body in answers] == [*[b"ready"] * 50, b"whole", b"whole"]


async def test_a_reader_that_stops_gets_no_more_than_a_buffer_ahead(site: Site) -> None:
    # Given an answer of a megabyte
    big = b"x" * (1 << 20)
    site.kept["/hot"] = Ready.of([(b"content-length", b"%d" % len(big))], big)
    reader, writer = await asyncio.open_connection("127.0.0.1", site.port, limit=1 << 12)
    # When somebody asks for it a hundred times and reads nothing
    writer.write(PLAIN * 100)
    await writer.drain()
    async with asyncio.timeout(10):
        while len(site.looked) < 2:
            await asyncio.sleep(0.01)
    await asyncio.sleep(0)
    # Then the server did not take up a hundred megabytes for them
    assert len(site.counted) < 20
    writer.close()
    del reader


@pytest_asyncio.fixture
async def strict() -> AsyncIterator[Site]:
    """A server that waits a fifth of a second for the head of a request."""
    found = Site()
    protocol = http_protocol(found.find, lambda *_: None, 0.2)
    config = uvicorn.Config(
        found.app, interface="asgi3", http=protocol, lifespan="off", log_config=None, port=0, ws="none"
    )
    server = Server(config)
    serving = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    found.port = server.servers[0].sockets[0].getsockname()[1]
    yield found
    server.should_exit = True
    await serving


@pytest.mark.parametrize(
    "begun", [b"", b"GET / HT", b"GET /hot HTTP/1.1\r\nHost: a\r\nX-Slow: ", PLAIN + b"GET /ho", PLAIN[:-2]]
)
async def test_a_connection_that_never_finishes_a_request_s_head_is_closed(strict: Site, begun: bytes) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", strict.port)
    writer.write(begun)
    async with asyncio.timeout(5):
        await reader.read()
    writer.close()


async def test_a_request_that_takes_long_to_answer_is_left_alone(strict: Site) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", strict.port)
    writer.write(b"GET /slow HTTP/1.1\r\nHost: a\r\n\r\n")
    await asyncio.sleep(0.7)
    strict.release.set()
    async with asyncio.timeout(5):
        assert b"200" in await reader.readline()
    writer.close()
