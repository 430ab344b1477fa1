"""Settings of storage_s3."""

from __future__ import annotations

from pydantic import Field, SecretStr

from aethex_live import PluginSettings


class StorageS3Settings(PluginSettings):
    """The bucket, who we are there, and where the world reads it."""

    bucket: str = Field("", max_length=63, description="name of the bucket")
    region: str = Field("us-east-1", pattern=r"^[a-z0-9-]{2,40}$", description="region of the bucket")
    access_key_id: SecretStr = Field(SecretStr(""), description="access key of an IAM user who may use the bucket")
    secret_access_key: SecretStr = Field(SecretStr(""), description="the secret that belongs to the access key")
    public_url: str = Field(
        "", description="address at which everybody reads the bucket, of a CDN say; without one addresses are signed"
    )
    endpoint_url: str = Field("", description="address of another service that speaks S3; Amazon's when it is empty")
    path_style: bool = Field(False, description="name the bucket in the path, as most other services want it")
    public_cache_s: int = Field(
        3600, ge=0, le=31_536_000, description="seconds for which browsers may keep a public file unasked"
    )
    part_mb: int = Field(8, ge=5, le=512, description="MiB of a part of a large file; 10,000 parts are the most")
    threads: int = Field(16, ge=1, le=64, description="how many calls may be under way at once")
