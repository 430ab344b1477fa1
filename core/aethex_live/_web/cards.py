"""From rows to what pages show: channels, broadcasts, recordings, players."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Literal, cast, get_args
from uuid import UUID

from aethex_live._web.views import ChannelView, LiveCard, LiveView, PlayerView, Source, VideoCard
from aethex_live._web.words import language_name
from aethex_live.domain.people import Person
from aethex_live.domain.recordings import Visibility
from aethex_live.models import Broadcast, Channel, Recording
from aethex_live.presence import count_topic, watching_topic
from aethex_live.providers.streaming import PlaybackRef, PlaySource
from aethex_live.realtime import Position

if TYPE_CHECKING:
    from aethex_live.platform import Platform


ShownState = Literal["processing", "ready", "failed"]


def channel_topic(channel_id: UUID) -> str:
    """The topic on which starts, ends and changes of a channel are told."""
    return f"channel:{channel_id}"


class Cards:
    """Makes view data. One object a request: people are looked up once for all cards of a page."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._people: dict[UUID, Person] = {}

    async def know(self, channels: Iterable[Channel]) -> None:
        """Look up the owners of these channels, in one go."""
        missing = {channel.owner_id for channel in channels} - self._people.keys()
        if missing:
            people = self._platform.domain.people
            found = self._platform.front.remember(("people", *sorted(missing)), lambda: people.describe(missing))
            self._people |= await found

    def channel(
        self, channel: Channel, *, live: bool = False, videos: int = 0, can_manage: bool = False
    ) -> ChannelView:
        """A channel; call `know` first."""
        owner = self._people.get(channel.owner_id)
        return ChannelView(
            id=str(channel.id),
            slug=channel.slug,
            name=channel.name,
            hue=channel.hue,
            avatar=owner.avatar if owner else None,
            about=channel.about,
            language=channel.language,
            language_name=language_name(channel.language),
            owner_name=owner.name if owner else "",
            created_at=channel.created_at,
            videos=videos,
            live=live,
            can_manage=can_manage,
            mature=channel.mature,
            owner_id=str(channel.owner_id),
            banner=owner.banner if owner else None,
            banner_alt=owner.banner_alt if owner else "",
        )

    def live(self, broadcast: Broadcast) -> LiveView:
        """A broadcast that runs."""
        channel_id = broadcast.channel_id
        return LiveView(
            broadcast_id=str(broadcast.id),
            title=broadcast.title,
            started_at=broadcast.started_at,
            viewers=self._platform.presence.count(channel_id),
            category=broadcast.category.name if broadcast.category else "",
            state="reconnecting" if broadcast.state == "reconnecting" else "live",
            topic=count_topic(channel_id),
            state_topic=channel_topic(channel_id),
            rehearsal=broadcast.rehearsal,
        )

    async def live_cards(self, broadcasts: Sequence[Broadcast]) -> list[LiveCard]:
        """Cards of live channels, most watched first."""
        await self.know(broadcast.channel for broadcast in broadcasts)
        cards = [
            LiveCard(
                channel=self.channel(broadcast.channel, live=True),
                live=self.live(broadcast),
                thumbnail=self._thumbnail(broadcast, broadcast.channel),
            )
            for broadcast in broadcasts
        ]
        return sorted(cards, key=lambda card: -card.live.viewers)

    async def video_cards(self, recordings: Sequence[Recording]) -> list[VideoCard]:
        """Cards of recordings, in the order given."""
        await self.know(recording.channel for recording in recordings)
        return [self.video(recording) for recording in recordings]

    def video(self, recording: Recording) -> VideoCard:
        """A recording; call `know` first."""
        return VideoCard(
            id=str(recording.id),
            title=recording.title,
            channel=self.channel(recording.channel),
            created_at=recording.created_at,
            duration_s=recording.duration,
            thumbnail=self._thumbnail(recording, recording.channel),
            state=_shown_state(recording.state),
            visibility=cast("Visibility", recording.visibility),
            size=recording.size,
            incomplete=recording.incomplete,
            expires_at=recording.expires_at,
            deleted_at=recording.deleted_at,
        )

    async def player_of_broadcast(
        self, broadcast: Broadcast, *, muted: bool = False, counted: bool = True, place: Position | None = None
    ) -> PlayerView | None:
        """The player of what is on; None while its provider is off. `place` is of the channel's topic, read before."""
        private = is_private(broadcast)
        sources = self.sources(broadcast.provider, broadcast.playback, private=private)
        if not sources:
            return None
        # what happens after this place reaches the page by its topic, so nothing falls in between
        place = place or await self._platform.topics.head(channel_topic(broadcast.channel_id))
        return PlayerView(
            kind="live",
            title=broadcast.title,
            sources=sources,
            state="reconnecting" if broadcast.state == "reconnecting" else "live",
            poster=self._image(broadcast.provider, broadcast.playback, private=private),
            muted=muted,
            audio_only=PlaybackRef.from_json(broadcast.playback).audio_only,
            renew=f"/api/v1/broadcasts/{broadcast.id}/playback" if private else "",
            started_at=broadcast.started_at,
            broadcast_id=str(broadcast.id),
            topic=channel_topic(broadcast.channel_id),
            last=place.seq,
            epoch=place.epoch,
            seen_topic=watching_topic(broadcast.channel_id) if counted and not private else "",
        )

    def player_of_recording(self, recording: Recording) -> PlayerView | None:
        """The player of a recording; None while it can't be played."""
        private = is_private(recording)
        sources = self.sources(recording.provider, recording.playback, private=private)
        if recording.state != "ready" or not sources:
            return None
        return PlayerView(
            kind="video",
            title=recording.title,
            sources=sources,
            state="recording",
            recording_id=str(recording.id),
            poster=self._image(recording.provider, recording.playback, private=private),
            renew=f"/api/v1/videos/{recording.id}/playback" if private else "",
            audio_only=recording.width is None,
            started_at=recording.created_at,
        )

    def ways(self, provider_name: str, playback: dict[str, object], *, private: bool = False) -> Sequence[PlaySource]:
        """Ways to play as the provider has them; `private` asks for addresses that hold for a short time."""
        provider = self._platform.providers.streaming(provider_name)
        if provider is None or not playback:
            return []
        return provider.playback(PlaybackRef.from_json(playback, private=private))

    def sources(self, provider_name: str, playback: dict[str, object], *, private: bool = False) -> list[Source]:
        """Ways to play, best first."""
        found = self.ways(provider_name, playback, private=private)
        return [Source(url=source.url, kind=source.kind, seconds=source.seconds) for source in found]

    def _thumbnail(self, thing: Broadcast | Recording, channel: Channel) -> str | None:
        """The picture in lists: of channels for adults there is none, whoever looks."""
        if channel.mature:
            return None
        return self._image(thing.provider, thing.playback, private=is_private(thing))

    def _image(self, provider_name: str, playback: dict[str, object], *, private: bool = False) -> str | None:
        provider = self._platform.providers.streaming(provider_name)
        if provider is None or not playback:
            return None
        return provider.image(PlaybackRef.from_json(playback, private=private))


def is_private(thing: Broadcast | Recording) -> bool:
    """Whether its media opens for a short time only, with an address made for who asks."""
    return thing.rehearsal if isinstance(thing, Broadcast) else thing.visibility == "private"


def _shown_state(state: str) -> ShownState:
    return cast("ShownState", state if state in get_args(ShownState) else "failed")
