"""Players for pages of plugins: what `macros/player.html` takes, made as the core's own pages make it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aethex_live._web.cards import Cards, channel_topic
from aethex_live._web.views import PlayerView
from aethex_live.presence import watching_topic
from aethex_live.web.request import platform

if TYPE_CHECKING:
    from aethex_live.models import Broadcast, Channel, Recording


async def player_of_channel(channel: Channel, broadcast: Broadcast | None) -> tuple[Any, Any]:
    """(channel, player) for `player(view, channel)`: what is on, else a player that waits for the next broadcast."""
    parts = platform()
    cards = Cards(parts)
    await cards.know([channel])
    shown = cards.channel(channel, live=broadcast is not None)
    player = await cards.player_of_broadcast(broadcast) if broadcast else None
    return shown, player or await _waiting(channel)


async def player_of_recording(recording: Recording) -> tuple[Any, Any]:
    """(channel, player) of a recording whose `channel` is loaded; the player is None while it can't be played."""
    cards = Cards(platform())
    await cards.know([recording.channel])
    return cards.channel(recording.channel), cards.player_of_recording(recording)


async def _waiting(channel: Channel) -> PlayerView:
    topic = channel_topic(channel.id)
    place = await platform().topics.head(topic)
    return PlayerView(
        kind="live",
        title=channel.name,
        sources=(),
        state="offline",
        topic=topic,
        last=place.seq,
        epoch=place.epoch,
        seen_topic=watching_topic(channel.id),
    )
