"""A site that is known as https://live.example, with a channel that has public, unlisted and private videos."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from aethex_live.clock import SystemClock
from aethex_live.ids import uuid7
from aethex_live.models import Broadcast, Channel, Recording
from sites import Browser, LiveSite

CHEAP = {"auth_local": {"time_cost": 1, "memory_kib": 8192}}
URL = "https://live.example"
SPITEFUL = 'Ada\'s <b>"show"</b> & \x07 ]]> 🎉'


@dataclass
class World:
    """The site with what is on it."""

    site: LiveSite
    visitor: Browser
    channel: Channel
    public: UUID
    unlisted: UUID
    private: UUID

    async def another(self, slug: str, **columns: object) -> Channel:
        """One more channel, whose row is as given."""
        channel = await make_channel(self.site, slug.replace("-", "_"), slug)
        await Channel.filter(id=channel.id).update(**columns)
        return await Channel.get(id=channel.id)


async def make_channel(site: LiveSite, username: str, slug: str) -> Channel:
    """A channel with its owner."""
    site.platform.db.bind()
    user = await site.platform.domain.accounts.register(username, "", "correct horse 9 battery")
    return await site.platform.domain.channels.create(user.id, slug, username.title())


async def owner_of(site: LiveSite, username: str, slug: str) -> tuple[Browser, Channel]:
    """Somebody who is signed in, with a channel."""
    browser = await site.member(username)
    site.platform.db.bind()
    user = await site.platform.domain.accounts.get(username)
    return browser, await site.platform.domain.channels.create(user.id, slug, username.title())


async def make_video(channel: Channel, title: str, visibility: str = "public", **more: object) -> UUID:
    """A recording, as the streaming provider leaves it."""
    number = uuid7()
    await Recording.create(
        id=number,
        channel_id=channel.id,
        provider="local",
        provider_id=str(number),
        title=title,
        state="ready",
        visibility=visibility,
        duration=3725.4,
        size=1000,
        width=1280,
        height=720,
        playback={"provider": "local", "id": str(number), "live": False},
        **more,
    )
    return number


async def go_live(channel: Channel, title: str, *, rehearsal: bool = False) -> Broadcast:
    """A broadcast that runs."""
    number = uuid7()
    return await Broadcast.create(
        id=number,
        channel_id=channel.id,
        provider="local",
        provider_id=str(number),
        title=title,
        started_at=SystemClock().now(),
        rehearsal=rehearsal,
        playback={"provider": "local", "id": str(number), "live": True},
    )
