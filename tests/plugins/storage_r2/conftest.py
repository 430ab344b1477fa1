"""R2 at the stand-in of S3, opened as its plugin opens it."""

from collections.abc import AsyncIterator, Callable
from types import SimpleNamespace
from typing import Any, cast

import pytest
import pytest_asyncio

from aethex_live import PluginContext
from aethex_live.clock import ManualClock
from aethex_live.settings import Site
from aethex_plugins.storage_r2 import StorageR2
from aethex_plugins.storage_r2.settings import StorageR2Settings
from aethex_plugins.storage_s3.service import Buckets
from buckets import ACCESS, SECRET, Judge, closing, make_bucket, moto  # noqa: F401 - a fixture


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def bucket(moto: str) -> str:  # noqa: F811 - the fixture
    return make_bucket(moto)


def plugin_of(clock: ManualClock, said: dict[str, Any], storage: str = "r2") -> StorageR2:
    """The plugin with these settings, in a platform of which it sees no more than this."""
    context = SimpleNamespace(
        clock=clock,
        settings=StorageR2Settings.model_validate(said),
        site=Site.model_validate({"providers": {"storage": storage}, "plugins": {"storage_r2": said}}),
        services=SimpleNamespace(require=lambda _key: Buckets(clock)),
    )
    return StorageR2(cast("PluginContext", context))


def said_of(moto: str, bucket: str) -> dict[str, Any]:  # noqa: F811 - the fixture's value
    return {
        "account_id": "0123456789abcdef",
        "bucket": bucket,
        "access_key_id": ACCESS,
        "secret_access_key": SECRET,
        "endpoint_url": moto,
        "public_url": f"{moto}/{bucket}",
        "part_mb": 5,
    }


@pytest_asyncio.fixture
async def storage(moto: str, bucket: str, clock: ManualClock) -> AsyncIterator[Any]:  # noqa: F811 - the fixture
    (offer,) = plugin_of(clock, said_of(moto, bucket)).storage_providers()
    async with closing(offer.build()) as made:
        yield made


@pytest.fixture
def judge(bucket: str, clock: ManualClock) -> Judge:
    return Judge(bucket, "auto", clock)


@pytest.fixture
def plugin(clock: ManualClock) -> Callable[..., StorageR2]:
    """`plugin(bucket_id="")`: the plugin with whole settings but for these."""

    def make(storage: str = "r2", endpoint: str = "http://127.0.0.1:9", **more: str) -> StorageR2:
        return plugin_of(clock, said_of(endpoint, "bucket") | more, storage)

    return make
