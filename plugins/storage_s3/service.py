"""What this plugin offers to others: the storage contract over a bucket of any vendor that speaks S3."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from aethex_live import ServiceKey
from aethex_live.clock import Clock
from aethex_live.providers.storage import StorageProvider

from .bucket import MIB, Bucket, Want, check_url, require
from .opening import base_of, open_storage


class OpensBuckets(Protocol):
    """Opens buckets of other vendors; a plugin that wants one declares a protocol of its own like this."""

    def open(
        self,
        *,
        provider: str,
        plugin: str,
        wants: Sequence[tuple[str, str, str]],
        endpoint: str,
        region: str,
        bucket: str,
        access_key: str,
        secret_key: str,
        public_url: str,
        public_cache_s: int,
        part_mb: int,
        threads: int,
        deletes_many: bool,
    ) -> StorageProvider:
        """The provider of a bucket at `endpoint`, which is named in the path.

        `wants` are the settings of `plugin` that can't be done without: name, value, where to find it. Raises
        NotConfigured.
        """
        ...


BUCKETS: ServiceKey[OpensBuckets] = ServiceKey("storage_s3.buckets", OpensBuckets)  # type: ignore[type-abstract]  # a protocol is a type here


class Buckets:
    """The implementation."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def open(
        self,
        *,
        provider: str,
        plugin: str,
        wants: Sequence[tuple[str, str, str]],
        endpoint: str,
        region: str,
        bucket: str,
        access_key: str,
        secret_key: str,
        public_url: str,
        public_cache_s: int,
        part_mb: int,
        threads: int,
        deletes_many: bool,
    ) -> StorageProvider:
        """As `OpensBuckets` has it."""
        require(provider, plugin, [Want(*want) for want in wants])
        at = check_url(provider, plugin, "endpoint_url", endpoint)
        public = public_url and check_url(provider, plugin, "public_url", public_url)
        return open_storage(
            Bucket(
                provider=provider,
                plugin=plugin,
                name=bucket,
                region=region,
                base=base_of(at, bucket, path_style=True),
                endpoint=at,
                access_key=access_key.strip(),
                secret_key=secret_key.strip(),
                public=public or None,
                path_style=True,
                deletes_many=deletes_many,
                public_cache_s=public_cache_s,
                part_bytes=part_mb * MIB,
                threads=threads,
            ),
            self._clock,
        )
