"""Settings of storage_local."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from aethex_live import PluginSettings


class StorageLocalSettings(PluginSettings):
    """Where the files lie and how long browsers may keep public ones."""

    folder: Path | None = Field(None, description="folder of the files; storage in the data folder by default")
    public_cache_s: int = Field(
        3600, ge=0, le=31_536_000, description="seconds for which browsers may keep a public file unasked"
    )
