"""The core's own topics: what a channel's pages hear, viewer counts, the studio's health."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from uuid import UUID

from aethex_live.actor import Actor
from aethex_live.hookspecs import realtime as specs
from aethex_live.models import Channel, Event
from aethex_live.providers.streaming import PlaybackRef
from aethex_live.realtime import Message, Position, TopicClass
from aethex_live.scopes import Scope

if TYPE_CHECKING:
    from aethex_live.platform import Platform

OPEN = frozenset({"channel", "viewers", "watching"})
# what the studio alone hears, on its own topic
STUDIO = frozenset({"rehearsal.switched", "rehearsal.started", "rehearsal.ended"})
# what anybody may hear of a channel; everything else of its log stays inside
TOLD = frozenset(
    {
        "broadcast.started",
        "broadcast.changed",
        "broadcast.ended",
        "ingest.connected",
        "ingest.disconnected",
        "recording.ready",
    }
)


class CoreTopics:
    """Declares the topics and says who may hear them."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._scopes: dict[str, Scope] = {}

    def declare(self) -> None:
        """Make the classes of topics known to the engine: the core's, then those of plugins."""
        realtime = self._platform.realtime
        realtime.declare(TopicClass(prefix="channel", kind="log", missed=self.missed, head=self.head))
        for prefix in ("viewers", "watching", "studio"):
            realtime.declare(TopicClass(prefix=prefix, kind="volatile"))
        for _, classes in self._platform.hooks.collect(specs.topics):
            for topic_class in classes:
                realtime.declare(topic_class)
                self._scopes[topic_class.prefix] = Scope(topic_class.scope)
        for _, events in self._platform.hooks.collect(specs.socket_events):
            for event in events:
                realtime.on(event)

    async def may_subscribe(self, topic: str, actor: Any) -> bool:
        """Public topics are open; the studio's are the owner's; for the rest plugins are asked."""
        prefix, _, ref = topic.partition(":")
        if not actor.has_scope(self._scopes.get(prefix, Scope.READ)):
            return False
        if prefix in OPEN:
            return True
        if prefix == "studio":
            return await self._owns(ref, actor)
        answers = await self._platform.hooks.ask(specs.may_subscribe, topic=topic, actor=actor)
        said = [answer.value for answer in answers if answer.value is not None]
        return bool(said) and all(said)

    async def _owns(self, ref: str, actor: Actor) -> bool:
        try:
            channel = await Channel.get_or_none(id=UUID(ref))
        except ValueError:
            return False
        return channel is not None and await self._platform.domain.channels.role_of(channel, actor) == "owner"

    def hidden(self, payload: Mapping[str, Any]) -> bool:
        """Whether an event is about something private, of which the channel's public topic says nothing."""
        return payload.get("private") is True

    async def head(self, topic: str) -> Position:
        """The newest position of a channel's log."""
        row = await _told(topic).order_by("-position").first() if _ref(topic) else None
        return Position(row.position or 0 if row else 0, self._platform.epoch)

    async def missed(self, topic: str, after: int, limit: int) -> list[Message] | None:
        """The channel's events after a position."""
        if _ref(topic) is None:
            return []
        rows = await _told(topic).filter(position__gt=after).order_by("position").limit(limit)
        open_rows = [row for row in rows if not self.hidden(row.payload)]
        return [Message(row.position or 0, row.type, self.shown(row.type, row.payload)) for row in open_rows]

    def shown(self, kind: str, payload: Mapping[str, Any]) -> dict[str, Any]:
        """An event as pages hear it: with addresses to play instead of a provider's reference."""
        shown = {key: value for key, value in payload.items() if key not in {"playback", "publish_id", "ingest_id"}}
        if kind == "broadcast.started" and (playback := payload.get("playback")):
            provider = self._platform.providers.streaming(playback["provider"])
            sources = provider.playback(PlaybackRef.from_json(playback)) if provider else ()
            shown["sources"] = [
                {"url": source.url, "kind": source.kind, "seconds": source.seconds} for source in sources
            ]
        return shown


def _ref(topic: str) -> UUID | None:
    try:
        return UUID(topic.partition(":")[2])
    except ValueError:
        return None


def _told(topic: str) -> Any:
    return Event.filter(channel_id=_ref(topic), type__in=list(TOLD), position__not_isnull=True)
