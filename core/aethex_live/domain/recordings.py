"""Recordings: the plain list, who may see one, its title, deleting it and bringing it back."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final, Literal
from uuid import UUID

from aethex_live.actor import Actor
from aethex_live.domain.names import check_line
from aethex_live.domain.rights import Right
from aethex_live.errors import NotFound, Unavailable
from aethex_live.events import record
from aethex_live.events.types import RecordingChanged, RecordingDeleted, RecordingKept, RecordingRestored
from aethex_live.models import Recording
from aethex_live.providers.streaming import Downloading, PlaybackRef, StreamProvider

if TYPE_CHECKING:
    from aethex_live._runtime.registry import Providers
    from aethex_live.clock import Clock
    from aethex_live.control import Control
    from aethex_live.db import Database
    from aethex_live.domain.audit import Audit
    from aethex_live.domain.channels import Channels
    from aethex_live.jobs import OutboxCall

DELETE_MEDIA = "core.delete_recording_media"
ACCESS_CHANGED: Final = "recording.access"
"""The control message after which a provider asks `openness` again; data: provider, provider_id."""
UNDO: Final = timedelta(days=7)
"""How long a deleted recording can be brought back."""
Visibility = Literal["public", "unlisted", "private"]
Openness = Literal["open", "private", "gone"]
_UNFIT: Final = re.compile(r"[^\w .,()+&'-]+")


class Recordings:
    """Lists, changes and deletes recordings. What happens with time is in `recording_retention`."""

    def __init__(
        self, db: Database, clock: Clock, providers: Providers, channels: Channels, audit: Audit, control: Control
    ) -> None:
        self._db = db
        self._clock = clock
        self._providers = providers
        self._channels = channels
        self._audit = audit
        self._control = control

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
            await Recording.filter(
                state="ready",
                visibility="public",
                channel__visibility="public",
                channel__delete_at__isnull=True,
                channel__owner__delete_at__isnull=True,
            )
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
        if row is None or row.channel.delete_at is not None or row.channel.owner.delete_at is not None:
            raise NotFound("There is no such video, or it was deleted.")
        hidden = row.visibility == "private" or row.state != "ready"
        if hidden and not await self._channels.may(row.channel, actor, Right.RECORDINGS_EDIT):
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
            await self._tell_provider(recording)

    async def delete(self, recording: Recording, actor: Actor) -> None:
        """Take a recording away from everybody at once; `restore` brings it back within `UNDO`."""
        async with self._db.transaction():
            now = self._clock.now()
            rows = Recording.filter(id=recording.id).exclude(state="deleted")
            if not await rows.update(state="deleted", deleted_at=now):
                return
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
            await self._tell_provider(recording)

    async def deleted(self, channel_id: UUID, *, limit: int = 50) -> Sequence[Recording]:
        """What can be brought back, most recently deleted first."""
        since = self._clock.now() - UNDO
        rows = Recording.filter(channel_id=channel_id, state="deleted", deleted_at__gt=since)
        return await rows.order_by("-deleted_at").limit(limit).select_related("channel", "channel__owner", "broadcast")

    async def restore(self, channel_id: UUID, recording_id: UUID, actor: Actor) -> Recording:
        """Bring a deleted recording back as it was. Raises NotFound when its time is over."""
        since = self._clock.now() - UNDO
        async with self._db.transaction():
            rows = Recording.filter(id=recording_id, channel_id=channel_id, state="deleted", deleted_at__gt=since)
            found = await rows.select_for_update().first()
            if found is None:
                raise NotFound("This video can't be brought back: it was deleted more than seven days ago.")
            # one that was to go meanwhile gets its warning anew
            late = found.expires_at is not None and found.expires_at <= self._clock.now() + UNDO
            again = {"warned_at": None} if late else {}
            await Recording.filter(id=found.id).update(state="ready", deleted_at=None, **again)
            await record(
                RecordingRestored(recording_id=found.id, channel_id=channel_id),
                subject=f"recording:{found.id}",
                actor=actor.user_id,
                channel=channel_id,
            )
            await self._audit.write(
                "recording.restored",
                actor=actor,
                subject=f"recording:{found.id}",
                channel_id=channel_id,
                detail={"title": found.title},
            )
            await self._tell_provider(found)
        return found

    async def keep(self, recording: Recording, actor: Actor) -> None:
        """Take a recording out of retention: it stays until somebody deletes it."""
        async with self._db.transaction():
            await Recording.filter(id=recording.id).update(expires_at=None, warned_at=None)
            await record(
                RecordingKept(recording_id=recording.id, channel_id=recording.channel_id),
                subject=f"recording:{recording.id}",
                actor=actor.user_id,
                channel=recording.channel_id,
            )

    def download(self, recording: Recording) -> str:
        """An address of the recording as one file, for its owner; holds for some hours. Raises Unavailable."""
        provider = self._providers.streaming(recording.provider)
        if recording.state != "ready" or not isinstance(provider, Downloading):
            raise Unavailable("This video can't be downloaded: where it lies, single files are not handed out.")
        ref = PlaybackRef.from_json(recording.playback, private=True)
        return provider.download(ref, name=file_name(recording.title, recording.created_at))

    async def openness(self, provider: str, provider_id: str) -> Openness:
        """Who may load the media of a recording: everyone who has its address, who has a token, nobody."""
        rows = Recording.filter(provider=provider, provider_id=provider_id)
        row = await rows.select_related("channel").first()
        if row is None or row.state in {"deleted", "failed"} or row.channel.delete_at is not None:
            return "gone"
        return "private" if row.visibility == "private" else "open"

    async def _tell_provider(self, recording: Recording) -> None:
        data = {"provider": recording.provider, "provider_id": recording.provider_id}
        await self._control.send(ACCESS_CHANGED, data)

    async def delete_media(self, call: OutboxCall) -> None:
        """Carry out the outbox row of a deletion. Raises Unavailable while the provider's plugin is off."""
        provider = self._providers.streaming(str(call.payload["provider"]))
        if provider is None:
            raise Unavailable(f"The streaming provider “{call.payload['provider']}” is off; switch its plugin on.")
        await provider.delete_recording(str(call.payload["provider_id"]))

    def provider_of(self, recording: Recording) -> StreamProvider | None:
        """The provider that made the recording, or None while its plugin is off."""
        return self._providers.streaming(recording.provider)


def file_name(title: str, at: datetime) -> str:
    """A name for a downloaded file, without its suffix: the day and the title, in letters that every disk takes."""
    words = " ".join(_UNFIT.sub(" ", title).split())[:80].strip(" .")
    return f"{at:%Y-%m-%d} {words}".strip()
