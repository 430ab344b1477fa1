"""Recordings: the plain list, who may see one, its title, deleting it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal
from uuid import UUID

from aethex_live.actor import Actor
from aethex_live.domain.names import check_line
from aethex_live.errors import NotFound, Unavailable
from aethex_live.events import record
from aethex_live.events.types import RecordingChanged, RecordingDeleted
from aethex_live.models import Recording
from aethex_live.providers.streaming import StreamProvider

if TYPE_CHECKING:
    from aethex_live._runtime.registry import Providers
    from aethex_live.clock import Clock
    from aethex_live.db import Database
    from aethex_live.domain.audit import Audit
    from aethex_live.domain.channels import Channels
    from aethex_live.jobs import Jobs, OutboxCall

DELETE_MEDIA = "core.delete_recording_media"
Visibility = Literal["public", "unlisted", "private"]


class Recordings:
    """Lists, changes and deletes recordings."""

    def __init__(
        self, db: Database, clock: Clock, providers: Providers, jobs: Jobs, channels: Channels, audit: Audit
    ) -> None:
        self._db = db
        self._clock = clock
        self._providers = providers
        self._jobs = jobs
        self._channels = channels
        self._audit = audit

    async def of_channel(
        self, channel_id: UUID, *, all_of_them: bool = False, before: UUID | None = None, limit: int = 24
    ) -> Sequence[Recording]:
        """Ready recordings, newest first; `before` is the id of the last one of the page before."""
        rows = Recording.filter(channel_id=channel_id).exclude(state="deleted")
        if not all_of_them:
            rows = rows.filter(state="ready", visibility="public")
        if before is not None and (last := await Recording.get_or_none(id=before)):
            rows = rows.filter(created_at__lt=last.created_at)
        return (
            await rows.order_by("-created_at", "-id")
            .limit(limit)
            .select_related("channel", "channel__owner", "broadcast")
        )

    async def count(self, channel_id: UUID) -> int:
        """How many videos everyone sees."""
        return await Recording.filter(channel_id=channel_id, state="ready", visibility="public").count()

    async def recent(self, *, limit: int = 12) -> Sequence[Recording]:
        """The newest public recordings of all public channels."""
        return (
            await Recording.filter(state="ready", visibility="public", channel__visibility="public")
            .order_by("-created_at")
            .limit(limit)
            .select_related("channel", "channel__owner", "broadcast")
        )

    async def get(self, recording_id: UUID, actor: Actor) -> Recording:
        """A recording that the actor may watch. Raises NotFound for others, so that a private one is not given away."""
        row = (
            await Recording.filter(id=recording_id)
            .exclude(state="deleted")
            .select_related("channel", "channel__owner", "channel__category", "broadcast")
            .first()
        )
        if row is None:
            raise NotFound("There is no such video, or it was deleted.")
        hidden = row.visibility == "private" or row.state != "ready"
        if hidden and await self._channels.role_of(row.channel, actor) != "owner":
            raise NotFound("There is no such video, or it was deleted.")
        return row

    async def owned(self, channel_id: UUID, recording_id: UUID) -> Recording:
        """A recording of this channel. Raises NotFound for one of another channel."""
        row = await Recording.filter(id=recording_id, channel_id=channel_id).exclude(state="deleted").first()
        if row is None:
            raise NotFound("This channel has no such video, or it was deleted.")
        return row

    async def change(self, recording: Recording, actor: Actor, *, title: str, visibility: Visibility) -> None:
        """Change title and visibility. Raises Invalid about `title`."""
        words = check_line(title, field="title", most=140, least=1)
        async with self._db.transaction():
            await Recording.filter(id=recording.id).update(title=words, visibility=visibility)
            await record(
                RecordingChanged(
                    recording_id=recording.id,
                    channel_id=recording.channel_id,
                    title=words,
                    visibility=visibility,
                ),
                subject=f"recording:{recording.id}",
                actor=actor.user_id,
                channel=recording.channel_id,
            )

    async def delete(self, recording: Recording, actor: Actor) -> None:
        """Delete for good: the row at once, the media by the outbox, so that a crash in between forgets nothing."""
        async with self._db.transaction():
            await Recording.filter(id=recording.id).update(state="deleted", deleted_at=self._clock.now())
            await record(
                RecordingDeleted(recording_id=recording.id, channel_id=recording.channel_id),
                subject=f"recording:{recording.id}",
                actor=actor.user_id,
                channel=recording.channel_id,
            )
            await self._audit.write(
                "recording.deleted",
                actor=actor,
                subject=f"recording:{recording.id}",
                channel_id=recording.channel_id,
                detail={"title": recording.title},
            )
            await self._jobs.publish(
                DELETE_MEDIA,
                {"provider": recording.provider, "provider_id": recording.provider_id},
                plugin="core",
                dedupe=f"{DELETE_MEDIA}:{recording.id}",
            )

    async def delete_media(self, call: OutboxCall) -> None:
        """Carry out the outbox row of a deletion. Raises Unavailable while the provider's plugin is off."""
        provider = self._providers.streaming(str(call.payload["provider"]))
        if provider is None:
            raise Unavailable(f"The streaming provider “{call.payload['provider']}” is off; switch its plugin on.")
        await provider.delete_recording(str(call.payload["provider_id"]))

    def provider_of(self, recording: Recording) -> StreamProvider | None:
        """The provider that made the recording, or None while its plugin is off."""
        return self._providers.streaming(recording.provider)
