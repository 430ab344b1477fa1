"""Stand-ins of S3 on loopback: one that works, a judge of signed addresses, one that fails as it is told.

moto        the address of a server that speaks S3; it checks neither signatures nor credentials
Judge       what S3 would say to a signed address: the SDK's own signing, asked backwards
Vendor      a server that fails: refuses, hangs, stops half-way, answers nonsense
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import socket
import threading
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import aiohttp
import pytest

from aethex_live.clock import Clock

ACCESS, SECRET = "AKIAEXAMPLEOFATEST00", "canary-secret-of-the-bucket-0123456789"


@pytest.fixture(scope="session")
def moto() -> Iterator[str]:
    with bucket_server() as address:
        yield address


@contextlib.contextmanager
def bucket_server() -> Iterator[str]:
    """The address of a server that speaks S3."""
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
    from werkzeug.serving import make_server

    app, one_at_a_time = DomainDispatcherApplication(create_backend_app), threading.Lock()

    def answer(environ: Any, start: Any) -> Any:
        with one_at_a_time:  # it can't take two at once for one key
            return [*app(environ, start)]

    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    server = make_server("127.0.0.1", 0, answer, threaded=True, request_handler=MotoRequestHandler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join(10)


def raw(endpoint: str) -> Any:
    """The SDK's client without anything of ours."""
    import boto3

    return boto3.client(
        "s3",
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id=ACCESS,
        aws_secret_access_key=SECRET,
    )


def make_bucket(endpoint: str) -> str:
    """The name of a new bucket, of which the world may read what lies below public/."""
    name, client = f"test-{uuid4().hex[:20]}", raw(endpoint)
    client.create_bucket(Bucket=name)
    allowed = {
        "Effect": "Allow",
        "Principal": "*",
        "Action": "s3:GetObject",
        "Resource": f"arn:aws:s3:::{name}/public/*",
    }
    client.put_bucket_policy(Bucket=name, Policy=json.dumps({"Version": "2012-10-17", "Statement": [allowed]}))
    return name


@dataclass
class Judge:
    """A browser behind S3's doorkeeper: what is not rightly signed for this moment gets 403."""

    bucket: str
    region: str
    clock: Clock
    secret: str = SECRET

    async def fetch(self, address: str) -> tuple[int, bytes]:
        status, _, body = await self.ask("GET", address, {}, b"")
        return status, body

    async def send(self, method: str, address: str, headers: Mapping[str, str], body: bytes) -> tuple[int, str]:
        status, answered, _ = await self.ask(method, address, headers, body)
        return status, answered.get("etag", "")

    async def ask(
        self, method: str, address: str, headers: Mapping[str, str], body: bytes
    ) -> tuple[int, Mapping[str, str], bytes]:
        if not self.allows(method, address, headers, body):
            return 403, {}, b""
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=20)) as session,
            session.request(method, address, headers=dict(headers), data=body or None) as answer,
        ):
            return answer.status, {k.lower(): v for k, v in answer.headers.items()}, await answer.read()

    def allows(self, method: str, address: str, headers: Mapping[str, str], body: bytes = b"") -> bool:
        parts = urlsplit(address)
        asked = {name: values[0] for name, values in parse_qs(parts.query, keep_blank_values=True).items()}
        if "X-Amz-Signature" not in asked:
            return method == "GET" and f"/{self.bucket}/public/" in parts.path
        begun = datetime.strptime(asked["X-Amz-Date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        if not 0 <= (self.clock.now() - begun).total_seconds() < int(asked["X-Amz-Expires"]):
            return False
        sent = {"host": parts.netloc, "content-length": str(len(body)), **headers}
        signed = {name: sent.get(name, "") for name in asked["X-Amz-SignedHeaders"].split(";")}
        return self.signature(method, address, signed, asked["X-Amz-Date"]) == asked["X-Amz-Signature"]

    def signature(self, method: str, address: str, signed: Mapping[str, str], stamp: str) -> str:
        """The signature that the SDK finds right."""
        from botocore.auth import S3SigV4QueryAuth
        from botocore.awsrequest import AWSRequest
        from botocore.credentials import Credentials

        request = AWSRequest(method=method, url=address.partition("&X-Amz-Signature=")[0], headers=dict(signed))
        request.context["timestamp"] = stamp
        auth = S3SigV4QueryAuth(Credentials(ACCESS, self.secret), "s3", self.region)
        return str(auth.signature(auth.string_to_sign(request, auth.canonical_request(request)), request))


XML = b'<?xml version="1.0"?><Error><Code>%s</Code><Message>canary %s</Message></Error>'


@dataclass
class Vendor:
    """A vendor that answers one object, "stored", to everybody, or fails in its `mood`.

    Moods: fine, hang, slow, sip, half, nonsense, close, or a status with a word and headers by `refuse`.
    """

    mood: str = "fine"
    asked: list[str] = field(default_factory=list)
    port: int = 0
    status: int = 500
    code: str = "InternalError"
    headers: Mapping[str, str] = field(default_factory=dict)
    expected: str = ""
    _server: asyncio.Server | None = None
    _open: set[asyncio.StreamWriter] = field(default_factory=set)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def refuse(self, status: int, code: str, **headers: str) -> None:
        self.mood, self.status, self.code = "refuse", status, code
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}

    async def start(self) -> None:
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 64 * 1024)  # so that senders notice who sips
        listener.bind(("127.0.0.1", self.port))
        self._server = await asyncio.start_server(self._serve, sock=listener)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Close the port; connections are refused from now on."""
        if self._server is not None:
            self._server.close()
            for writer in self._open:
                writer.close()
            self._server = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            while await self._answer(reader, writer):
                await writer.drain()
        self._open.discard(writer)
        writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        line, *lines = head.split("\r\n")
        sent = {name.lower(): value.strip() for name, _, value in (text.partition(":") for text in lines if text)}
        await self._take(reader, int(sent.get("content-length", "0")))
        self.expected = sent.get("expect", "")
        self.asked.append(line.rpartition(" ")[0])
        method = line.split(" ")[0]
        match self.mood:
            case "hang":
                await asyncio.sleep(30)
                return False
            case "close":
                return False
            case "refuse":
                body = b"" if method == "HEAD" else XML % (self.code.encode(), SECRET.encode())
                writer.write(_answer(self.status, body, {"x-amz-request-id": "REQ123", **self.headers}))
            case "nonsense":
                writer.write(_answer(200, b"<html>Welcome to the hotel's network", {"content-type": "text/html"}))
            case "half":
                writer.write(self._fine(method, sent, half=True))
                await writer.drain()
                return False
            case mood:
                await asyncio.sleep(0.3 if mood == "slow" else 0)
                writer.write(self._fine(method, sent))
        return True

    async def _take(self, reader: asyncio.StreamReader, left: int) -> None:
        while left:
            left -= len(await reader.readexactly(min(left, 128 * 1024)))
            await asyncio.sleep(0.02 if self.mood == "sip" else 0)

    def _fine(self, method: str, sent: Mapping[str, str], *, half: bool = False) -> bytes:
        told = {"etag": '"e"', "last-modified": "Mon, 01 Jan 2026 00:00:00 GMT"}
        body = b"stored" if method in {"GET", "HEAD"} else b""
        start, status = 0, 200
        if (asked := sent.get("range", "")).startswith("bytes="):
            start, status = int(asked.removeprefix("bytes=").partition("-")[0]), 206
        body = body[start:]
        given = body[: len(body) // 2] if half else body
        return _answer(status, given, told, promised=len(body), without_body=method == "HEAD")


def _answer(
    status: int,
    body: bytes,
    headers: Mapping[str, str],
    *,
    promised: int | None = None,
    without_body: bool = False,
) -> bytes:
    told = {"content-type": "application/xml", **headers, "content-length": str(promised or len(body))}
    lines = "".join(f"{name}: {value}\r\n" for name, value in told.items())
    return f"HTTP/1.1 {status} Said\r\n{lines}\r\n".encode() + (b"" if without_body else body)


@contextlib.asynccontextmanager
async def closing(provider: Any) -> AsyncIterator[Any]:
    """A provider that is closed after the test."""
    try:
        yield provider
    finally:
        await provider.aclose()
