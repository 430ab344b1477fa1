"""Channels, broadcasts, recordings and the player, as several pages show them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelView:
    """A channel as pages show it. `href` is /<slug>."""

    id: str
    slug: str
    name: str
    hue: int
    avatar: str | None = None
    about: str = ""
    language: str = ""  # BCP 47 of title and about, "" when unknown
    language_name: str = ""
    owner_name: str = ""
    created_at: datetime | None = None
    videos: int = 0
    live: bool = False
    can_manage: bool = False
    mature: bool = False
    owner_id: str = ""
    banner: str | None = None  # a wide picture, and what it shows in words
    banner_alt: str = ""

    @property
    def href(self) -> str:
        """Address of the channel page."""
        return f"/{self.slug}"

    @property
    def studio(self) -> str:
        """Address of its stream manager."""
        return f"/studio/{self.slug}"


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveView:
    """A broadcast that runs. `topic` is that of the viewer count, `state_topic` of start, reconnect and end."""

    broadcast_id: str
    title: str
    started_at: datetime
    viewers: int
    category: str = ""
    state: Literal["live", "reconnecting"] = "live"
    topic: str = ""
    state_topic: str = ""
    rehearsal: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveCard:
    """A live channel in a grid, the hero or its up-next list. Without a `thumbnail` the channel's pattern stands in."""

    channel: ChannelView
    live: LiveView
    thumbnail: str | None = None

    @property
    def href(self) -> str:
        """Address of the watch page."""
        return f"{self.channel.href}/live"


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoCard:
    """A recording in a grid or a list."""

    id: str
    title: str
    channel: ChannelView
    created_at: datetime
    duration_s: float = 0.0
    thumbnail: str | None = None
    state: Literal["processing", "ready", "failed"] = "ready"
    visibility: Literal["public", "unlisted", "private"] = "public"
    size: int = 0  # bytes
    incomplete: bool = False
    expires_at: datetime | None = None  # when retention takes it
    deleted_at: datetime | None = None  # only in the studio's list of what can be brought back

    @property
    def href(self) -> str:
        """Address of the video's page."""
        return f"/videos/{self.id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One way to play, best first, as PlaySource of the streaming contract; `seconds` is how far `dvr` reaches."""

    url: str
    kind: Literal["ll-hls", "hls", "mp4", "dvr", "audio"]
    seconds: float | None = None

    @property
    def type(self) -> str:
        """Media type for <source>."""
        return "video/mp4" if self.kind == "mp4" else "application/vnd.apple.mpegurl"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlayerView:
    """What <ax-player> needs.

    `topic` is the channel's log topic, `last` and `epoch` its place in it; `seen_topic` counts this viewer;
    `renew` is an address that gives fresh addresses as JSON, "" for what is public.
    """

    kind: Literal["live", "video"]
    title: str
    sources: Sequence[Source]
    state: Literal["live", "reconnecting", "offline", "ended", "recording"] = "live"
    poster: str | None = None
    muted: bool = False  # the studio's preview: never heard, never counted
    autoplay: bool = True
    audio_only: bool = False
    renditions: int = 1
    started_at: datetime | None = None
    broadcast_id: str = ""
    recording_id: str = ""
    topic: str = ""
    last: int | None = None
    epoch: str = ""
    seen_topic: str = ""
    renew: str = ""

    @property
    def dvr_seconds(self) -> int:
        """How far one can go back while it is live, 0 when not at all."""
        return next((int(source.seconds or 0) for source in self.sources if source.kind == "dvr"), 0)

    def url(self, kind: str) -> str:
        """Address of the source of that kind, "" when there is none."""
        return next((source.url for source in self.sources if source.kind == kind), "")
