"""From settings to a provider; what is missing or malformed says so before anything is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aethex_live.clock import Clock

from .bucket import MIB, Bucket, Want, check_url, require
from .settings import StorageS3Settings

if TYPE_CHECKING:
    from .provider import S3Storage

PROVIDER = "s3"
PLUGIN = "storage_s3"


def open_storage(bucket: Bucket, clock: Clock) -> S3Storage:
    """The provider of a bucket. Raises NotConfigured. Only here the SDK is imported."""
    from .provider import S3Storage  # late: a site without S3 pays nothing for it

    return S3Storage(bucket, clock)


def bucket_of(settings: StorageS3Settings) -> Bucket:
    """The bucket that the settings name. Raises NotConfigured."""
    require(
        PROVIDER,
        PLUGIN,
        [
            Want("bucket", settings.bucket, "it is the name of a bucket that you made in the console of S3"),
            Want(
                "access_key_id",
                settings.access_key_id,
                "make one in the console under IAM, Users, Security credentials",
            ),
            Want("secret_access_key", settings.secret_access_key, "the console shows it once, with the access key"),
        ],
    )
    endpoint = settings.endpoint_url and check_url(PROVIDER, PLUGIN, "endpoint_url", settings.endpoint_url)
    public = settings.public_url and check_url(PROVIDER, PLUGIN, "public_url", settings.public_url)
    # Amazon's certificate covers no bucket with dots in its name
    path_style = settings.path_style or "." in settings.bucket
    return Bucket(
        provider=PROVIDER,
        plugin=PLUGIN,
        name=settings.bucket,
        region=settings.region,
        base=base_of(endpoint or f"https://s3.{settings.region}.amazonaws.com", settings.bucket, path_style=path_style),
        endpoint=endpoint or None,
        access_key=settings.access_key_id.get_secret_value().strip(),
        secret_key=settings.secret_access_key.get_secret_value().strip(),
        public=public or None,
        path_style=path_style,
        public_cache_s=settings.public_cache_s,
        part_bytes=settings.part_mb * MIB,
        threads=settings.threads,
    )


def base_of(endpoint: str, bucket: str, *, path_style: bool) -> str:
    """The address of the bucket itself."""
    if path_style:
        return f"{endpoint}/{bucket}"
    scheme, _, host = endpoint.partition("://")
    return f"{scheme}://{bucket}.{host}"
