"""Broadcasts: a streaming provider tells what happened, here it becomes rows and events, each once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from aethex_live.events import record
from aethex_live.events.types import (
    BroadcastEnded,
    BroadcastStarted,
    IngestConnected,
    IngestDisconnected,
    RecordingReady,
)
from aethex_live.ids import derived_id
from aethex_live.models import Broadcast, Channel, Ingest, Recording
from aethex_live.providers.streaming import PlaybackRef

if TYPE_CHECKING:
    from aethex_live.clock import Clock
    from aethex_live.db import Database


class Broadcasts:
    """The journal that streaming providers write. Every call may be repeated: a second one changes nothing.

    Ids are the provider's own broadcast ids where they are UUIDs of ours (`broadcast_id`), so that files, rows and
    events of one going-live carry one name.
    """

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock

    async def live(self, *, limit: int = 100) -> Sequence[Broadcast]:
        """What can be watched now on public channels, most recently started first."""
        return (
            await Broadcast.exclude(state="ended")
            .filter(channel__visibility="public")
            .order_by("-started_at")
            .limit(limit)
            .select_related("channel", "channel__owner", "category")
        )

    async def of_channel(self, channel_id: UUID) -> Broadcast | None:
        """The broadcast that is on now, or None."""
        return (
            await Broadcast.filter(channel_id=channel_id)
            .exclude(state="ended")
            .order_by("-started_at")
            .select_related("category")
            .first()
        )

    async def live_ids(self) -> Sequence[tuple[UUID, UUID]]:
        """(channel, broadcast) of everything that is on, unlisted channels too."""
        rows = await Broadcast.exclude(state="ended").values("channel_id", "id")
        return [(row["channel_id"], row["id"]) for row in rows]

    async def unended(self, provider: str) -> Sequence[Broadcast]:
        """Rows of a provider that are not ended: what a restart has to look after."""
        return await Broadcast.filter(provider=provider).exclude(state="ended").select_related("channel")

    async def connected(self, ingest: Ingest, *, publish_id: UUID, broadcast_id: UUID | None, protocol: str) -> None:
        """An encoder was let in; `broadcast_id` is given when it continues one."""
        async with self._db.transaction():
            if broadcast_id is not None:
                await Broadcast.filter(id=broadcast_id, state="reconnecting").update(state="live")
            await record(
                IngestConnected(
                    ingest_id=ingest.id,
                    channel_id=ingest.channel_id,
                    publish_id=publish_id,
                    broadcast_id=broadcast_id,
                    protocol=protocol,
                ),
                subject=f"ingest:{ingest.id}",
                channel=ingest.channel_id,
                id=derived_id("ingest.connected", publish_id),
            )

    async def disconnected(self, ingest: Ingest, *, publish_id: UUID, broadcast_id: UUID, window_s: float) -> None:
        """The encoder is gone; the broadcast waits `window_s` seconds for it."""
        async with self._db.transaction():
            await Broadcast.filter(id=broadcast_id, state="live").update(state="reconnecting")
            await record(
                IngestDisconnected(
                    ingest_id=ingest.id,
                    channel_id=ingest.channel_id,
                    publish_id=publish_id,
                    broadcast_id=broadcast_id,
                    window_s=window_s,
                ),
                subject=f"ingest:{ingest.id}",
                channel=ingest.channel_id,
                id=derived_id("ingest.disconnected", publish_id),
            )

    async def started(self, ingest: Ingest, *, broadcast_id: UUID, started_at: datetime, playback: PlaybackRef) -> None:
        """The first segment can be played: the channel is live."""
        channel = await Channel.get(id=ingest.channel_id).select_related("category")
        async with self._db.transaction():
            await Broadcast.get_or_create(
                id=broadcast_id,
                defaults={
                    "channel": channel,
                    "ingest": ingest,
                    "provider": playback.provider,
                    "provider_id": playback.id,
                    "title": channel.title or channel.name,
                    "category_id": channel.category_id,
                    "started_at": started_at,
                    "playback": playback.as_json(),
                },
            )
            await record(
                BroadcastStarted(
                    broadcast_id=broadcast_id,
                    channel_id=channel.id,
                    title=channel.title or channel.name,
                    category=channel.category.name if channel.category else None,
                    started_at=started_at,
                    playback=playback.as_json(),
                ),
                subject=f"broadcast:{broadcast_id}",
                channel=channel.id,
                id=derived_id("broadcast.started", broadcast_id),
            )

    async def ended(self, broadcast_id: UUID, *, reason: str, ended_at: datetime) -> None:
        """The broadcast is over; `ended_at` is the end of its last frame. Unknown ids are no error."""
        async with self._db.transaction():
            changed = (
                await Broadcast.filter(id=broadcast_id)
                .exclude(state="ended")
                .update(state="ended", ended_at=ended_at, end_reason=reason)
            )
            if not changed:
                return
            row = await Broadcast.get(id=broadcast_id)
            await record(
                BroadcastEnded(broadcast_id=broadcast_id, channel_id=row.channel_id, reason=reason, ended_at=ended_at),
                subject=f"broadcast:{broadcast_id}",
                channel=row.channel_id,
                id=derived_id("broadcast.ended", broadcast_id),
            )

    async def recording_ready(
        self,
        broadcast_id: UUID,
        *,
        duration: float,
        size: int,
        width: int | None,
        height: int | None,
        has_audio: bool,
        incomplete: bool,
        playback: PlaybackRef,
    ) -> None:
        """What was recorded of a broadcast can be watched; `duration` in seconds, `size` in bytes."""
        broadcast = await Broadcast.get_or_none(id=broadcast_id)
        if broadcast is None:
            return
        async with self._db.transaction():
            recording, made = await Recording.get_or_create(
                provider=playback.provider,
                provider_id=playback.id,
                defaults={
                    "id": derived_id("recording", broadcast_id),
                    "channel_id": broadcast.channel_id,
                    "broadcast": broadcast,
                    "title": broadcast.title,
                    "state": "ready",
                    "duration": duration,
                    "size": size,
                    "width": width,
                    "height": height,
                    "has_audio": has_audio,
                    "incomplete": incomplete,
                    "playback": playback.as_json(),
                },
            )
            if made:
                await record(
                    RecordingReady(
                        recording_id=recording.id,
                        channel_id=broadcast.channel_id,
                        broadcast_id=broadcast_id,
                        duration=duration,
                        incomplete=incomplete,
                    ),
                    subject=f"recording:{recording.id}",
                    channel=broadcast.channel_id,
                    id=derived_id("recording.ready", broadcast_id),
                )

    async def saw_viewers(self, broadcast_id: UUID, count: int) -> None:
        """Keep the peak of viewers."""
        await Broadcast.filter(id=broadcast_id, peak_viewers__lt=count).update(peak_viewers=count)
