"""A site with a channel that has a chat, an owner, a moderator, an operator and people who report."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from uuid import UUID

from aethex_live.actor import Actor
from aethex_live.ids import uuid7
from aethex_live.models import Broadcast, Channel, Recording, User
from sites import PASSWORD, Browser, LiveSite

SETTINGS = {
    "plugins": {"auth_local": {"time_cost": 1, "memory_kib": 8192}, "reports": {"guests_per_hour": 3}},
    "providers": {"streaming": "none"},
    "disable": ("stream_local",),
}


@dataclass
class World:
    """The site and who uses it."""

    site: LiveSite
    operator: Browser
    _numbers: itertools.count[int]

    async def user(self, name: str, *, email: str = "") -> tuple[User, Browser]:
        """An account, signed in."""
        self.site.platform.db.bind()
        user = await self.site.platform.domain.accounts.register(name, "", PASSWORD)
        if email:
            await User.filter(id=user.id).update(email=email, email_key=email)
        browser = await self.site.browser()
        assert (await browser.submit("/sign-in", username=name, password=PASSWORD)).status == 200
        return user, browser

    async def channel(self) -> tuple[Channel, User, Browser]:
        """A channel with its owner."""
        name = f"creator{next(self._numbers)}"
        owner, browser = await self.user(name)
        return await self.site.platform.domain.channels.create(owner.id, name, name.title()), owner, browser

    async def person(self, email: str = "") -> tuple[User, Browser]:
        """Somebody."""
        return await self.user(f"person{next(self._numbers)}", email=email)

    async def video(self, channel: Channel, visibility: str = "public") -> UUID:
        """A recording of the channel."""
        number = uuid7()
        await Recording.create(
            id=number, channel_id=channel.id, provider="local", provider_id=str(number), title="A film",
            state="ready", visibility=visibility, playback={},
        )  # fmt: skip
        return number

    async def broadcast(self, channel: Channel, *, rehearsal: bool = False) -> UUID:
        """Something that is on."""
        number = uuid7()
        await Broadcast.create(
            id=number, channel_id=channel.id, provider="local", provider_id=str(number), title="A show",
            started_at=self.site.platform.clock.now(), rehearsal=rehearsal, playback={},
        )  # fmt: skip
        return number

    async def line(self, channel: Channel, author: User, text: str) -> str:
        """Something said in the chat of the channel."""
        plugin = self.site.platform.plugins.roster.entries["chat"].plugin
        actor = Actor(user_id=author.id, username=author.username, name=author.username, role="member")
        stored = await plugin.chat.send(channel.id, actor, text, client_id=str(uuid7()))
        return str(stored.id)
