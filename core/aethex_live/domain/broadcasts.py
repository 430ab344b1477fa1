"""Broadcasts: a streaming provider tells what happened, here it becomes rows and events, each once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from aethex_live.actor import Actor
from aethex_live.errors import NotFound
from aethex_live.events import record
from aethex_live.events.types import (
    BroadcastEnded,
    BroadcastStarted,
    IngestConnected,
    IngestDisconnected,
    RecordingFailed,
    RecordingReady,
    RehearsalEnded,
    RehearsalStarted,
)
from aethex_live.ids import derived_id
from aethex_live.models import Broadcast, Channel, Ingest, Recording
from aethex_live.providers.streaming import PlaybackRef

if TYPE_CHECKING:
    from aethex_live.clock import Clock
    from aethex_live.db import Database
    from aethex_live.domain.channels import Channels


class Broadcasts:
    """The journal that streaming providers write. Every call may be repeated: a second one changes nothing.

    Ids are the provider's own broadcast ids where they are UUIDs of ours (`broadcast_id`), so that files, rows and
    events of one going-live carry one name.
    """

    def __init__(
        self, db: Database, clock: Clock, *, retention_days: int | None = None, channels: Channels | None = None
    ) -> None:
        self._db = db
        self._clock = clock
        self._channels = channels
        self._retention_days = retention_days

    async def live(self, *, limit: int = 100) -> Sequence[Broadcast]:
        """What can be watched now on public channels, most recently started first. Never a rehearsal."""
        return (
            await Broadcast.exclude(state="ended")
            .filter(channel__visibility="public", channel__delete_at__isnull=True, rehearsal=False)
            .filter(channel__owner__delete_at__isnull=True)
            .order_by("-started_at")
            .limit(limit)
            .select_related("channel", "channel__owner", "category")
        )

    async def of_channel(self, channel_id: UUID, *, rehearsals: bool = False) -> Broadcast | None:
        """The broadcast that is on now, or None. `rehearsals`: also one, for who may see it."""
        rows = Broadcast.filter(channel_id=channel_id).exclude(state="ended")
        if not rehearsals:
            rows = rows.filter(rehearsal=False)
        # a public one first, should both be on for a moment
        return await rows.order_by("rehearsal", "-started_at").select_related("category").first()

    async def watchable(self, broadcast_id: UUID, actor: Actor) -> Broadcast:
        """A broadcast that is on and that the actor may watch. Raises NotFound, for a stranger's rehearsal too."""
        row = await Broadcast.filter(id=broadcast_id).exclude(state="ended").select_related("channel").first()
        if row is None or (row.rehearsal and not await self._belongs(row.channel, actor)):
            raise NotFound("This broadcast is over, or there never was one.")
        return row

    async def _belongs(self, channel: Channel, actor: Actor) -> bool:
        return self._channels is not None and await self._channels.role_of(channel, actor) is not None

    async def live_ids(self) -> Sequence[tuple[UUID, UUID]]:
        """(channel, broadcast) of everything public that is on, unlisted channels too."""
        rows = await Broadcast.exclude(state="ended").filter(rehearsal=False).values("channel_id", "id")
        return [(row["channel_id"], row["id"]) for row in rows]

    async def unended(self, provider: str) -> Sequence[Broadcast]:
        """Rows of a provider that are not ended: what a restart has to look after."""
        return await Broadcast.filter(provider=provider).exclude(state="ended").select_related("channel")

    async def connected(
        self,
        ingest: Ingest,
        *,
        publish_id: UUID,
        broadcast_id: UUID | None,
        protocol: str,
        rehearsal: bool = False,
    ) -> None:
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
                    private=rehearsal,
                ),
                subject=f"ingest:{ingest.id}",
                channel=ingest.channel_id,
                id=derived_id("ingest.connected", publish_id),
            )

    async def disconnected(
        self,
        ingest: Ingest,
        *,
        publish_id: UUID,
        broadcast_id: UUID,
        window_s: float,
        rehearsal: bool = False,
    ) -> None:
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
                    private=rehearsal,
                ),
                subject=f"ingest:{ingest.id}",
                channel=ingest.channel_id,
                id=derived_id("ingest.disconnected", publish_id),
            )

    async def started(
        self,
        ingest: Ingest,
        *,
        broadcast_id: UUID,
        started_at: datetime,
        playback: PlaybackRef,
        rehearsal: bool = False,
        provider_id: str | None = None,
    ) -> None:
        """The first segment can be played: the channel is live, or its people can watch a rehearsal.

        `provider_id` names the broadcast at its provider, where `playback` is the same for all of an ingest.
        """
        channel = await Channel.get(id=ingest.channel_id).select_related("category")
        async with self._db.transaction():
            await Broadcast.get_or_create(
                id=broadcast_id,
                defaults={
                    "channel": channel,
                    "ingest": ingest,
                    "provider": playback.provider,
                    "provider_id": provider_id or playback.id,
                    "title": channel.title or channel.name,
                    "category_id": channel.category_id,
                    "started_at": started_at,
                    "rehearsal": rehearsal,
                    "playback": playback.as_json(),
                },
            )
            if rehearsal:
                await record(
                    RehearsalStarted(broadcast_id=broadcast_id, channel_id=channel.id, started_at=started_at),
                    subject=f"broadcast:{broadcast_id}",
                    channel=channel.id,
                    id=derived_id("rehearsal.started", broadcast_id),
                )
                return
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
            told = RehearsalEnded if row.rehearsal else BroadcastEnded
            await record(
                told(broadcast_id=broadcast_id, channel_id=row.channel_id, reason=reason, ended_at=ended_at),
                subject=f"broadcast:{broadcast_id}",
                channel=row.channel_id,
                id=derived_id(told.type, broadcast_id),
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
        provider_id: str | None = None,
    ) -> None:
        """What was recorded of a broadcast can be watched; `duration` in seconds, `size` in bytes.

        A rehearsal's recording is private: only the channel's owner sees it. `provider_id` names the recording at its
        provider, where `playback` has an id of its own.
        """
        broadcast = await Broadcast.filter(id=broadcast_id).select_related("channel").first()
        if broadcast is None:
            return
        private = broadcast.rehearsal
        facts = {
            "state": "ready",
            "expires_at": self._expiry(broadcast.channel),
            "duration": duration,
            "size": size,
            "width": width,
            "height": height,
            "has_audio": has_audio,
            "incomplete": incomplete,
            "playback": playback.as_json(),
        }
        async with self._db.transaction():
            recording, made = await self._recording(broadcast, provider_id or playback.id, facts)
            waited = Recording.filter(id=recording.id, state__in=("processing", "failed"))
            if made or await waited.update(**facts):
                await record(
                    RecordingReady(
                        recording_id=recording.id,
                        channel_id=broadcast.channel_id,
                        broadcast_id=broadcast_id,
                        duration=duration,
                        incomplete=incomplete,
                        private=private,
                    ),
                    subject=f"recording:{recording.id}",
                    channel=broadcast.channel_id,
                    id=derived_id("recording.ready", provider_id or broadcast_id),
                )

    async def recording_begun(self, broadcast_id: UUID, *, provider_id: str) -> None:
        """A provider is making the recording of a broadcast ready: its owner sees that it will come."""
        broadcast = await Broadcast.get_or_none(id=broadcast_id)
        if broadcast is not None:
            await self._recording(broadcast, provider_id, {"state": "processing"})

    async def recording_failed(self, provider: str, provider_id: str, *, reason: str) -> bool:
        """A recording that was waited for will never be; False when none was. `reason` is a sentence."""
        async with self._db.transaction():
            row = await Recording.filter(provider=provider, provider_id=provider_id, state="processing").first()
            if row is None or row.broadcast_id is None:
                return False
            await Recording.filter(id=row.id).update(state="failed")
            failed = RecordingFailed(broadcast_id=row.broadcast_id, channel_id=row.channel_id, reason=reason)
            once = derived_id(failed.type, row.id)
            return await record(failed, subject=f"recording:{row.id}", channel=row.channel_id, id=once)

    async def _recording(
        self, broadcast: Broadcast, provider_id: str, facts: Mapping[str, object]
    ) -> tuple[Recording, bool]:
        # a vendor may make several of one broadcast; those of the embedded provider carry its id
        own = provider_id == str(broadcast.id)
        parts = (broadcast.id,) if own else (broadcast.id, provider_id)
        return await Recording.get_or_create(
            provider=broadcast.provider,
            provider_id=provider_id,
            defaults={
                "id": derived_id("recording", *parts),
                "channel_id": broadcast.channel_id,
                "broadcast_id": broadcast.id,
                "title": broadcast.title,
                "visibility": "private" if broadcast.rehearsal else "public",
                **facts,
            },
        )

    def _expiry(self, channel: Channel) -> datetime | None:
        """When a recording made now goes, by the channel's retention, else by the site's."""
        days = channel.retention_days or self._retention_days
        return self._clock.now() + timedelta(days=days) if days else None

    async def saw_viewers(self, broadcast_id: UUID, count: int) -> None:
        """Keep the peak of viewers."""
        await Broadcast.filter(id=broadcast_id, peak_viewers__lt=count).update(peak_viewers=count)
