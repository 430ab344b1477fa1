"""storage_r2: keeps files in a bucket of Cloudflare R2, which speaks the protocol of S3."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, cast

from aethex_live import Plugin, PluginSettings, hookimpl
from aethex_live.providers import Offer
from aethex_live.providers.storage import StorageProvider

from .buckets import BUCKETS
from .settings import StorageR2Settings

__all__ = ["StorageR2"]

PROVIDER = "r2"
PLUGIN = "storage_r2"
_TOKEN = "make an API token with object read and write on the page R2 of the dashboard"  # noqa: S105 - words


class StorageR2(Plugin):
    """Offers the storage provider "r2"."""

    settings_class: ClassVar[type[PluginSettings]] = StorageR2Settings

    @hookimpl
    def storage_providers(self) -> Sequence[Offer[StorageProvider]]:
        """The provider."""
        return [Offer(PROVIDER, self._open)]

    def _open(self) -> StorageProvider:
        said = cast("StorageR2Settings", self.context.settings)
        key, secret = said.access_key_id.get_secret_value(), said.secret_access_key.get_secret_value()
        return self.context.services.require(BUCKETS).open(
            provider=PROVIDER,
            plugin=PLUGIN,
            wants=[
                ("account_id", said.account_id, "it stands on the page R2 of Cloudflare's dashboard"),
                ("bucket", said.bucket, "it is the name of a bucket that you made on the page R2"),
                ("access_key_id", key, _TOKEN),
                ("secret_access_key", secret, "it is shown once, with the access key"),
            ],
            endpoint=said.endpoint_url or endpoint_of(said.account_id, said.jurisdiction),
            region="auto",
            bucket=said.bucket,
            access_key=key,
            secret_key=secret,
            public_url=said.public_url,
            public_cache_s=said.public_cache_s,
            part_mb=said.part_mb,
            threads=said.threads,
            # the call that deletes many carries a checksum that R2 has refused at times
            deletes_many=False,
        )


def endpoint_of(account: str, jurisdiction: str) -> str:
    """The address of an account's buckets."""
    place = f".{jurisdiction}" if jurisdiction else ""
    return f"https://{account}{place}.r2.cloudflarestorage.com"
