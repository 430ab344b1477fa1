"""Settings of storage_r2."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, SecretStr

from aethex_live import PluginSettings


class StorageR2Settings(PluginSettings):
    """The bucket, who we are there, and where the world reads it."""

    account_id: str = Field("", max_length=64, pattern=r"^[0-9a-z]*$", description="id of the Cloudflare account")
    bucket: str = Field("", max_length=63, description="name of the bucket")
    access_key_id: SecretStr = Field(SecretStr(""), description="access key of an R2 API token")
    secret_access_key: SecretStr = Field(SecretStr(""), description="the secret that belongs to the access key")
    jurisdiction: Literal["", "eu", "fedramp"] = Field("", description="jurisdiction that the bucket was made in")
    public_url: str = Field(
        "", description="the bucket's own domain, at which everybody reads it; without one addresses are signed"
    )
    endpoint_url: str = Field("", description="address to ask instead of Cloudflare's, for tests")
    public_cache_s: int = Field(
        3600, ge=0, le=31_536_000, description="seconds for which browsers may keep a public file unasked"
    )
    part_mb: int = Field(8, ge=5, le=512, description="MiB of a part of a large file; 10,000 parts are the most")
    threads: int = Field(16, ge=1, le=64, description="how many calls may be under way at once")
