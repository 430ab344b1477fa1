"""Settings of profiles."""

from __future__ import annotations

from pydantic import Field

from aethex_live import PluginSettings


class ProfilesSettings(PluginSettings):
    """How large a picture may be that somebody sends."""

    picture_bytes: int = Field(
        5 * 1024 * 1024, ge=64 * 1024, le=7 * 1024 * 1024, description="largest picture file taken, in bytes"
    )
    picture_pixels: int = Field(
        24_000_000,
        ge=1_000_000,
        le=100_000_000,
        description="largest picture taken, in pixels (4 bytes of memory each)",
    )
