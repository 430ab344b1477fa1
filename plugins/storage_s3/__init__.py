"""storage_s3: keeps files in a bucket of Amazon S3, or of a service that speaks its protocol."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, cast

from aethex_live import Plugin, PluginSettings, ServiceKey, hookimpl
from aethex_live.providers import Kind, Offer
from aethex_live.providers.storage import StorageProvider

from .opening import PLUGIN, PROVIDER, bucket_of, open_storage
from .service import BUCKETS, Buckets
from .settings import StorageS3Settings

__all__ = ["StorageS3"]


class StorageS3(Plugin):
    """Offers the storage provider "s3", and to other plugins buckets of vendors that speak the same protocol."""

    settings_class: ClassVar[type[PluginSettings]] = StorageS3Settings

    @hookimpl
    def storage_providers(self) -> Sequence[Offer[StorageProvider]]:
        """The provider, where anything is said about it: another plugin may have turned this one on for its buckets."""
        site = self.context.site
        if not site.plugin_table(PLUGIN) and PROVIDER not in site.providers.of(Kind.STORAGE):
            return []
        return [Offer(PROVIDER, self._open)]

    @hookimpl
    def services(self) -> Mapping[ServiceKey[Any], object]:
        """Storage providers over buckets of other vendors."""
        return {BUCKETS: Buckets(self.context.clock)}

    def _open(self) -> StorageProvider:
        return open_storage(bucket_of(cast("StorageS3Settings", self.context.settings)), self.context.clock)
