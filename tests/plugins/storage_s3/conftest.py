"""A bucket of S3 at the stand-in, and the provider over it."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
import pytest_asyncio

from aethex_live.clock import ManualClock
from aethex_plugins.storage_s3.opening import bucket_of, open_storage
from aethex_plugins.storage_s3.provider import S3Storage
from aethex_plugins.storage_s3.settings import StorageS3Settings
from buckets import ACCESS, SECRET, Judge, Vendor, closing, make_bucket, moto  # noqa: F401 - a fixture


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def bucket(moto: str) -> str:  # noqa: F811 - the fixture
    return make_bucket(moto)


def settings_of(endpoint: str, bucket: str, **more: Any) -> StorageS3Settings:
    said = {
        "bucket": bucket,
        "access_key_id": ACCESS,
        "secret_access_key": SECRET,
        "endpoint_url": endpoint,
        "path_style": True,
        "part_mb": 5,
        "public_url": f"{endpoint}/{bucket}",
    }
    return StorageS3Settings.model_validate(said | more)


@pytest_asyncio.fixture
async def storage(moto: str, bucket: str, clock: ManualClock) -> AsyncIterator[S3Storage]:  # noqa: F811 - the fixture
    async with closing(open_storage(bucket_of(settings_of(moto, bucket)), clock)) as made:
        yield made


@pytest.fixture
def judge(bucket: str, clock: ManualClock) -> Judge:
    return Judge(bucket, "us-east-1", clock)


@pytest_asyncio.fixture
async def vendor() -> AsyncIterator[Vendor]:
    async with Vendor() as running:
        yield running


@pytest.fixture
def settings() -> Callable[..., StorageS3Settings]:
    return settings_of
