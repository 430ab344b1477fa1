"""Settings of sharing."""

from __future__ import annotations

from pydantic import Field

from aethex_live import PluginSettings


class SharingSettings(PluginSettings):
    """How much of the site others may list and show."""

    index: bool = Field(True, description="search engines may list what is public; off: robots.txt turns them away")
    embeds: bool = Field(True, description="other sites may show a player in a frame")
    feed_items: int = Field(30, ge=1, le=100, description="videos in a channel's feed")
