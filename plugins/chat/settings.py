"""What an operator can set about chat."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from aethex_live import PluginSettings

LONGEST_MESSAGE = 500  # characters; the width of the column


class ChatSettings(PluginSettings):
    """Settings under `[plugins.chat]` in aethex.toml, or `AETHEX_CHAT__…` in the environment."""

    history_lines: int = Field(50, ge=1, le=200, description="Lines that a page shows of what was said before.")
    max_length: int = Field(
        LONGEST_MESSAGE,
        ge=1,
        le=LONGEST_MESSAGE,
        description="Longest message, in characters after trimming.",
    )
    rate_messages: int = Field(20, ge=1, le=1000, description="Messages that an account may send per `rate_seconds`.")
    rate_seconds: int = Field(30, ge=1, le=3600, description="The span of both rates, in seconds.")
    moderator_rate_messages: int = Field(
        100, ge=1, le=1000, description="The same for owner and moderators, counted for each channel."
    )
    remove_recent_s: int = Field(
        600,
        ge=0,
        le=3600,
        description="How far back, in seconds, a timeout or ban removes the person's lines; 0 keeps them.",
    )
    emote_approval: Literal["none", "operators"] = Field(
        "none", description="Whether new emotes of channels wait until an operator has looked at them."
    )
    emotes_per_channel: int = Field(
        60, ge=0, le=500, description="Emotes that a channel may have, waiting ones included."
    )
    tick_ms: int = Field(50, ge=5, le=1000, description="Shortest time between two writes of one chat, in ms.")
