"""What this plugin takes from storage_s3: the storage contract over a bucket that speaks S3."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from aethex_live import ServiceKey
from aethex_live.providers.storage import StorageProvider


class OpensBuckets(Protocol):
    """The service "storage_s3.buckets", as far as we use it."""

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
        """The provider of a bucket. Raises NotConfigured."""
        ...


BUCKETS: ServiceKey[OpensBuckets] = ServiceKey("storage_s3.buckets", OpensBuckets)  # type: ignore[type-abstract]  # a protocol is a type here
