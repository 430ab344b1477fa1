"""What of a channel is public, as anyone without an account may see it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aethex_live.providers.streaming import PlaybackRef
from aethex_live.web.hot import remember

if TYPE_CHECKING:
    from aethex_live import PluginContext
    from aethex_live.models import Broadcast, Channel, Recording


def is_listed(channel: Channel) -> bool:
    """Whether the channel may stand in lists; an unlisted one is for those who have its address."""
    return channel.visibility == "public"


def on_air(broadcast: Broadcast | None) -> Broadcast | None:
    """The broadcast, if it is one that everybody may know of: a rehearsal is not."""
    return None if broadcast is None or broadcast.rehearsal or broadcast.state == "ended" else broadcast


def is_shown(recording: Recording) -> bool:
    """Whether anyone with the address may watch the recording."""
    return recording.state == "ready" and recording.visibility != "private"


class Pictures:
    """Still pictures of what is played, with whole addresses."""

    def __init__(self, context: PluginContext) -> None:
        self._context = context

    def of(self, thing: Broadcast | Recording, channel: Channel) -> str | None:
        """The picture; None where there is none, and for what is not for all ages."""
        provider = self._context.providers.streaming(thing.provider)
        if channel.mature or provider is None or not thing.playback:
            return None
        return self.whole(provider.image(PlaybackRef.from_json(thing.playback)))

    async def of_owner(self, channel: Channel) -> str | None:
        """The picture of the channel's owner; None where there is none, and for what is not for all ages."""
        if channel.mature:
            return None
        people = self._context.domain.people
        found = await remember(("people", channel.owner_id), lambda: people.describe([channel.owner_id]))
        person = found.get(channel.owner_id)
        return self.whole(person.avatar if person else None)

    def whole(self, address: str | None) -> str | None:
        """An address with the site's own in front where it has none."""
        return f"{self._context.site.url}{address}" if address and address.startswith("/") else address
