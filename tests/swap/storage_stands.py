"""Storage providers with a browser before them: a folder of this machine, S3 and R2 at a server that speaks S3."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import urljoin

from swap_kit import Stand, fetch

from aethex_live.clock import Clock
from aethex_live.testing.fakes import FakeStorage
from buckets import ACCESS, SECRET, Judge, bucket_server, make_bucket
from sites import LiveSite

ACCOUNT = "0123456789abcdef"


class Disk:
    """What the site itself hands out."""

    async def open(self, site: LiveSite, address: str) -> tuple[int, bytes]:
        return await fetch(urljoin(site.url, address))

    async def send(self, site: LiveSite, method: str, address: str, headers: Mapping[str, str], body: bytes) -> Any:
        raise AssertionError("nobody sends there")


class Bucket:
    """What lies at the server, behind S3's doorkeeper."""

    def __init__(self, name: str, region: str) -> None:
        self.name, self.region = name, region

    async def open(self, site: LiveSite, address: str) -> tuple[int, bytes]:
        return await self._judge(site.platform.clock).fetch(address)

    async def send(
        self, site: LiveSite, method: str, address: str, headers: Mapping[str, str], body: bytes
    ) -> tuple[int, str]:
        return await self._judge(site.platform.clock).send(method, address, headers, body)

    def _judge(self, clock: Clock) -> Judge:
        return Judge(self.name, self.region, clock)


class Memory:
    """What the provider in memory would hand out."""

    def __init__(self, fake: FakeStorage) -> None:
        self.fake = fake

    async def open(self, site: LiveSite, address: str) -> tuple[int, bytes]:
        return await self.fake.read_address(address)

    async def send(
        self, site: LiveSite, method: str, address: str, headers: Mapping[str, str], body: bytes
    ) -> tuple[int, str]:
        return await self.fake.write_address(method, address, headers, body)


@contextmanager
def storage_stands() -> Iterator[list[Stand]]:
    """The three that a site can choose, with the server that speaks S3."""
    with bucket_server() as server:
        s3, r2 = make_bucket(server), make_bucket(server)
        keys = {"access_key_id": ACCESS, "secret_access_key": SECRET, "endpoint_url": server, "part_mb": 5}
        yield [
            Stand("local", "storage_local", hands=Disk()),
            Stand(
                "s3",
                "storage_s3",
                keys | {"bucket": s3, "path_style": True, "public_url": f"{server}/{s3}"},
                Bucket(s3, "us-east-1"),
            ),
            Stand(
                "r2",
                "storage_r2",
                keys | {"bucket": r2, "account_id": ACCOUNT, "public_url": f"{server}/{r2}"},
                Bucket(r2, "auto"),
            ),
        ]
