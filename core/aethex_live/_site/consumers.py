"""Who reads the event log for the core: plugins' hooks, and the topics that pages hear."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from aethex_live._site.topics import STUDIO, TOLD, CoreTopics
from aethex_live.events import Consumer, Recorded
from aethex_live.events.types import ProviderTold
from aethex_live.hookspecs import auth, events, providers, streaming
from aethex_live.providers import Kind

if TYPE_CHECKING:
    from aethex_live.platform import Platform

HOOK_OF: Mapping[str, Callable[..., Any]] = {
    "user.registered": auth.user_registered,
    "user.deleted": auth.user_deleted,
    "user.signed_in": auth.user_signed_in,
    "ingest.connected": streaming.ingest_connected,
    "ingest.disconnected": streaming.ingest_disconnected,
    "broadcast.started": streaming.broadcast_started,
    "broadcast.changed": streaming.broadcast_changed,
    "broadcast.ended": streaming.broadcast_ended,
    "recording.ready": streaming.recording_ready,
    "recording.deleted": streaming.recording_deleted,
}
# a page that comes later reads the log itself, so old news need not be told again
FRESH = timedelta(minutes=2)


def consumers(platform: Platform, topics: CoreTopics) -> list[Consumer]:
    """The core's readers and those of the plugins."""

    async def tell_hooks(recorded: Recorded) -> None:
        if spec := HOOK_OF.get(recorded.type):
            await platform.hooks.notify(spec, event=recorded)
        if recorded.type == ProviderTold.type:
            kind = Kind(recorded.payload["kind"])
            await platform.hooks.notify(providers.provider_event, kind=kind, event=recorded)
        await platform.hooks.notify(events.event_recorded, event=recorded)

    async def tell_pages(recorded: Recorded) -> None:
        if recorded.type in STUDIO or topics.hidden(recorded.payload):
            news = topics.shown(recorded.type, recorded.payload)
            platform.realtime.publish(f"studio:{recorded.channel_id}", recorded.type, news)
            return
        platform.realtime.publish(
            f"channel:{recorded.channel_id}",
            recorded.type,
            topics.shown(recorded.type, recorded.payload),
            seq=recorded.position,
            epoch=platform.epoch,
        )

    found = [
        Consumer("core.hooks", tell_hooks),
        Consumer("core.pages", tell_pages, max_age=FRESH, types=TOLD | STUDIO),
    ]
    for _, more in platform.hooks.collect(events.event_consumers):
        found.extend(more)
    return found
