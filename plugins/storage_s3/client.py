"""The one way to the vendor: boto3 in threads of its own, every call through `Calls`, every error in our words."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from aethex_live.providers import NotConfigured, Unavailable
from aethex_live.providers.calls import Calls

from .bucket import Bucket, not_configured
from .errors import broken_off, refusal

if TYPE_CHECKING:
    from botocore.response import StreamingBody
    from types_boto3_s3 import S3Client

CONNECT_S = 3.0
READ_S = 10.0  # silence of the vendor after which a thread gives up; less than the limit of `Calls`
PIECE_S = 30.0  # for a piece of a body that does come, however slowly
CLOSE_S = 1.0
T = TypeVar("T")


class Client:
    """Asks the vendor. Threads are bounded: a vendor that hangs takes none that others need."""

    def __init__(self, bucket: Bucket, calls: Calls) -> None:
        self.bucket = bucket
        self.calls = calls
        self._s3 = connect(bucket)
        self._threads = ThreadPoolExecutor(bucket.threads, thread_name_prefix=bucket.provider)

    async def ask(
        self,
        operation: str,
        method: str,
        asked: Mapping[str, Any],
        *,
        about: str = "",
        repeatable: bool = True,
        timeout_s: float | None = None,
    ) -> dict[str, Any]:
        """Call a method of the SDK on the bucket with these arguments. `about` is the key that a refusal names.

        Raises provider errors alone; `repeatable` and `timeout_s` as `Calls.run` has them.
        """
        call = partial(getattr(self._s3, method), Bucket=self.bucket.name, **asked)

        async def once() -> dict[str, Any]:
            answer: dict[str, Any] = await self._threaded(call, operation, about)
            return answer

        return await self.calls.run(operation, once, repeatable=repeatable, timeout_s=timeout_s)

    async def read(self, body: StreamingBody, size: int, key: str) -> bytes:
        """The next piece of an answer's body, of at most `size` bytes. Raises Unavailable when it does not come."""
        try:
            async with asyncio.timeout(PIECE_S):
                piece: bytes = await self._threaded(partial(body.read, size), "get", key)
        except TimeoutError:
            sentence = f"The storage {self.bucket.provider} sent nothing for {PIECE_S:g} s."
            raise Unavailable(sentence, provider=self.bucket.provider, operation="get", code="timeout") from None
        if size and not piece:
            raise broken_off(self.bucket)
        return piece

    async def _threaded(self, call: Callable[[], T], operation: str, about: str) -> T:
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, call)
        except Exception as error:  # noqa: BLE001 - the SDK's errors have no base, and none may get through
            raise refusal(error, self.bucket, operation, about) from None

    async def aclose(self) -> None:
        """Give connections back; calls that hang are left to their own time limits."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        self._s3.close()


def connect(bucket: Bucket) -> S3Client:
    """The SDK's client. Nothing of the machine's own AWS files and variables counts: settings are the one source.

    Raises NotConfigured without the SDK, and for what it does not take.
    """
    try:
        import boto3
        import botocore.session
        from botocore.config import Config
        from botocore.handlers import add_expect_header
    except ImportError:
        raise missing_sdk(bucket.provider) from None
    logging.getLogger("botocore").setLevel(logging.WARNING)  # its lower levels show what was signed
    session = botocore.session.get_session()
    store = session.get_component("config_store")
    for name, value in {"profile": None, "config_file": os.devnull, "credentials_file": os.devnull}.items():
        store.set_config_variable(name, value)
    config = Config(
        signature_version="s3v4",
        s3={"addressing_style": "path" if bucket.path_style else "virtual"},
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
        retries={"mode": "standard", "total_max_attempts": 1},  # `Calls` repeats, within its budget
        connect_timeout=CONNECT_S,
        read_timeout=READ_S,
        max_pool_connections=bucket.threads,
        ignore_configured_endpoint_urls=True,  # type: ignore[call-arg]  # its types lag behind
    )
    # R2 never says "100 Continue", so that every put would wait a second for it
    session.unregister("before-call.s3", add_expect_header)  # type: ignore[arg-type]  # it is registered so
    # a wrong region is to be told, not mended by the way: signed addresses would still have it
    session.register("before-call.s3", _as_if_redirected)
    try:
        return boto3.session.Session(botocore_session=session).client(
            "s3",
            region_name=bucket.region,
            endpoint_url=bucket.endpoint,
            aws_access_key_id=bucket.access_key,
            aws_secret_access_key=bucket.secret_key,
            config=config,
        )
    except Exception as error:  # noqa: BLE001 - the SDK's errors have no base
        told = f"endpoint_url or region under [plugins.{bucket.plugin}] is not taken ({type(error).__name__})."
        raise not_configured(bucket.provider, told) from None


def _as_if_redirected(**call: Any) -> None:
    call["context"].setdefault("s3_redirect", {})["redirected"] = True


def missing_sdk(provider: str) -> NotConfigured:
    """The error for a machine without the SDK."""
    return not_configured(provider, "The Python package boto3 is not installed: run pip install 'aethex-live[s3]'.")
