"""What an address costs that a page shows: signed addresses of media and of files, by every provider of the site."""

from __future__ import annotations

import asyncio
import base64
import socket
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any
from unittest import mock

from bench.figures import Figure

if TYPE_CHECKING:
    from aethex_live.platform import Platform

MOST_MS = 0.5
NOWHERE = "http://127.0.0.1:9"
HOUR = timedelta(hours=1)


def run(quick: bool) -> Iterable[Figure]:
    """One site with all providers of media and files, each with keys of its own."""
    return asyncio.run(measure(200 if quick else 2_000, judge=not quick))


async def measure(rounds: int, *, judge: bool) -> list[Figure]:
    """A row a provider, and the library of the vendor beside ours."""
    from aethex_live.db import EmbeddedPostgres
    from aethex_live.platform import Platform

    with tempfile.TemporaryDirectory(prefix="aethex-addresses-", ignore_cleanup_errors=True) as folder:
        server = EmbeddedPostgres(Path(folder) / "postgres", fsync=False)
        await server.start()
        try:
            platform = await Platform.open(_site(server.dsn(), Path(folder) / "data"))
            try:
                return list(_figures(platform, rounds, judge=judge))
            finally:
                await platform.close()
        finally:
            await server.stop()


def _site(dsn: str, data: Path) -> Any:
    from aethex_live.settings import Site

    key = {"signing_key_id": "k1", "signing_private_key": _private_key()}
    bucket = {"bucket": "media", "access_key_id": "AKIDEXAMPLE", "secret_access_key": "s" * 40}
    plugins = {
        "stream_mux": {"token_id": "t", "token_secret": "s", "webhook_secrets": ["secret"], "api_url": NOWHERE, **key},
        "stream_cloudflare": {
            "account_id": "0" * 32,
            "api_token": "token",
            "webhook_secrets": ["secret"],
            "api_url": NOWHERE,
            "delivery_url": "https://customer-abc.cloudflarestream.com",
            **key,
        },
        "storage_s3": {**bucket, "endpoint_url": NOWHERE},
        "storage_r2": {**bucket, "endpoint_url": NOWHERE, "account_id": "0" * 32},
    }
    return Site.model_validate({"database_url": dsn, "data": data, "plugins": plugins})


def _private_key() -> str:
    from cryptography.hazmat.primitives.asymmetric import rsa
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    return base64.b64encode(pem).decode()


def _figures(platform: Platform, rounds: int, *, judge: bool) -> Iterator[Figure]:
    from aethex_live.providers import Kind
    from aethex_live.providers.storage import StorageCap
    from aethex_live.providers.streaming import PlaybackRef

    for name in platform.providers.names(Kind.STREAMING):
        stream: Any = platform.providers.get(Kind.STREAMING, name)
        ref = PlaybackRef(provider=name, id="media" if name == "local" else "signed:media", live=True, private=True)
        assert stream.playback(ref)[0].expires_at  # signed, or it would cost nothing
        yield _figure(
            f"playback address, signed: {name}", _ms(lambda at=stream, of=ref: at.playback(of), rounds), judge
        )
    for name in platform.providers.names(Kind.STORAGE):
        store: Any = platform.providers.get(Kind.STORAGE, name)
        if StorageCap.PRESIGN_GET in store.capabilities:
            spent = _ms(lambda at=store: at.presign_get("recordings/a/b.mp4", ttl=HOUR), rounds)
            yield _figure(f"presigned address: {name}", spent, judge, peer=_sdk_ms(rounds) if name == "s3" else None)


def _ms(work: Callable[[], object], rounds: int) -> float:
    """The median of single calls; a connection while they run is an error."""
    times = []
    with _without_network():
        for _ in range(rounds):
            begun = time.perf_counter()
            work()
            times.append(time.perf_counter() - begun)
    return median(times) * 1000


def _sdk_ms(rounds: int) -> float:
    """The same by the vendor's own library."""
    import boto3

    client = boto3.client(
        "s3",
        region_name="us-east-1",
        aws_access_key_id="AKIDEXAMPLE",
        aws_secret_access_key="s" * 40,
        endpoint_url=NOWHERE,
    )
    params = {"Bucket": "media", "Key": "recordings/a/b.mp4"}
    return _ms(lambda: client.generate_presigned_url("get_object", Params=params, ExpiresIn=3600), rounds)


@contextmanager
def _without_network() -> Iterator[None]:
    def refuse(*_: object) -> None:
        raise AssertionError("an address was asked for over the network")

    with mock.patch.object(socket.socket, "connect", refuse), mock.patch.object(socket.socket, "connect_ex", refuse):
        yield


def _figure(name: str, spent: float, judge: bool, peer: float | None = None) -> Figure:
    return Figure(
        figure=name,
        value=spent,
        unit="ms",
        goal=MOST_MS,
        met=spent <= MOST_MS if judge else None,
        peer="boto3" if peer else None,
        peer_value=peer,
        ratio=spent / peer if peer else None,
        note="no connection was made" + (f"; boto3 {peer:.2f} ms" if peer else ""),
    )
