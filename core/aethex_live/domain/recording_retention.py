"""What becomes of recordings with time: a warning before retention takes them, and the end of deleted ones."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Final
from uuid import UUID

from tortoise.queryset import QuerySet

from aethex_live.actor import Actor
from aethex_live.domain.recordings import DELETE_MEDIA, UNDO
from aethex_live.errors import NotFound
from aethex_live.events import record
from aethex_live.events.types import RecordingPurged
from aethex_live.jobs import OutboxHandler, Schedule
from aethex_live.models import Recording, User
from aethex_live.providers.email import Email
from aethex_live.services.posting import post

if TYPE_CHECKING:
    from aethex_live._runtime.registry import Providers
    from aethex_live.clock import Clock
    from aethex_live.db import Database
    from aethex_live.domain.audit import Audit
    from aethex_live.domain.mail_stops import MailStops
    from aethex_live.jobs import Jobs, OutboxCall
    from aethex_live.settings import Site

WARNING: Final = timedelta(days=3)
"""How long before retention takes a recording its owner is told."""
WARN_MAIL: Final = "core.recording_warning"
_AT_ONCE: Final = 200


class Retention:
    """Warns, purges. Each step may be repeated; several processes may run it at once."""

    def __init__(
        self,
        db: Database,
        clock: Clock,
        providers: Providers,
        jobs: Jobs,
        audit: Audit,
        site: Site,
        stops: MailStops,
    ) -> None:
        self._db = db
        self._clock = clock
        self._providers = providers
        self._jobs = jobs
        self._audit = audit
        self._site = site
        self._stops = stops

    def schedules(self) -> Sequence[Schedule]:
        """The hourly round."""
        return [Schedule("core.recording_retention", timedelta(hours=1), self.tick)]

    def handlers(self) -> Sequence[OutboxHandler]:
        """Who mails the warnings."""
        return [OutboxHandler(WARN_MAIL, self.mail)]

    async def tick(self) -> None:
        """Warn of what goes soon; purge what expired, and what was deleted long enough ago."""
        await self._warn()
        now = self._clock.now()
        for row in await Recording.filter(state="deleted", deleted_at__lte=now - UNDO).limit(_AT_ONCE):
            await self._purge(row, "deleted", None)
        # nothing goes that was not warned of for the whole time, however long this round did not run
        due = _of_open_channels().filter(expires_at__lte=now, warned_at__lte=now - WARNING)
        for row in await due.limit(_AT_ONCE):
            await self._purge(row, "expired", None)

    async def purge(self, channel_id: UUID, recording_id: UUID, actor: Actor) -> None:
        """End the time in which a deleted recording can be brought back. Raises NotFound."""
        row = await Recording.filter(id=recording_id, channel_id=channel_id, state="deleted").first()
        if row is None:
            raise NotFound("This video is not among the deleted ones.")
        await self._purge(row, "deleted", actor)

    async def _purge(self, row: Recording, reason: str, actor: Actor | None) -> None:
        """The row goes at once, the media by the outbox: a crash in between forgets nothing."""
        async with self._db.transaction():
            if not await Recording.filter(id=row.id, state=row.state).delete():
                return
            await record(
                RecordingPurged(recording_id=row.id, channel_id=row.channel_id, reason=reason),
                subject=f"recording:{row.id}",
                actor=actor.user_id if actor else None,
                channel=row.channel_id,
            )
            await self._audit.write(
                "recording.purged",
                actor=actor,
                subject=f"recording:{row.id}",
                channel_id=row.channel_id,
                detail={"title": row.title, "reason": reason},
            )
            await self._jobs.publish(
                DELETE_MEDIA,
                {"provider": row.provider, "provider_id": row.provider_id},
                plugin="core",
                dedupe=f"{DELETE_MEDIA}:{row.id}",
            )

    # --- the warning

    async def _warn(self) -> None:
        soon = self._clock.now() + WARNING
        rows = await (
            _of_open_channels().filter(expires_at__lte=soon, warned_at=None).limit(_AT_ONCE).select_related("channel")
        )
        by_owner: dict[UUID, list[Recording]] = defaultdict(list)
        for row in rows:
            by_owner[row.channel.owner_id].append(row)
        for owner_id, mine in by_owner.items():
            await self._warn_owner(owner_id, mine)

    async def _warn_owner(self, owner_id: UUID, rows: Sequence[Recording]) -> None:
        """One mail for all of somebody's recordings, each once. Who has no address sees it in the studio."""
        now = self._clock.now()
        async with self._db.transaction():
            for row in rows:
                # who is warned late keeps the full time
                goes = max(row.expires_at or now, now + WARNING)
                await Recording.filter(id=row.id, warned_at=None).update(warned_at=now, expires_at=goes)
            if self._providers.email() is None:
                return
            ids = [str(row.id) for row in rows]
            await self._jobs.publish(
                WARN_MAIL,
                {"owner_id": str(owner_id), "recording_ids": ids},
                plugin="core",
                dedupe=f"{WARN_MAIL}:{ids[0]}:{now.timestamp():.0f}",
            )

    async def mail(self, call: OutboxCall) -> None:
        """Carry out a warning. What was kept or deleted meanwhile is left out."""
        owner = await User.get_or_none(id=UUID(str(call.payload["owner_id"])))
        provider = self._providers.email()
        ids = [UUID(text) for text in call.payload["recording_ids"]]
        rows = Recording.filter(id__in=ids, expires_at__not_isnull=True).exclude(state="deleted")
        due = await rows.order_by("expires_at").select_related("channel")
        if owner is None or not owner.email or provider is None or not due:
            return
        if await self._stops.stops(owner.email):
            return
        await post(provider, self._message(owner.email, owner.display_name, due), call)

    def _message(self, address: str, name: str, rows: Sequence[Recording]) -> Email:
        goes = rows[0].expires_at
        day = f"{goes:%d %B %Y}" if goes else ""
        what = "A video" if len(rows) == 1 else f"{len(rows)} videos"
        lines = [f"- {row.title or 'Untitled video'} ({row.created_at:%d %B %Y})" for row in rows]
        places = sorted({f"{self._site.url}/studio/{row.channel.slug}/videos" for row in rows})
        verb = "goes" if len(rows) == 1 else "go"
        text = [
            f"Hello {name},",
            "",
            f"{what} of yours {verb} on {day}, because recordings are kept for a limited time:",
            *lines,
            "",
            "Download it, or choose “Keep” to have it stay:",
            *places,
        ]
        return Email(to=address, subject=f"{what} of yours will be deleted on {day}", text="\n".join(text))


def _of_open_channels() -> QuerySet[Recording]:
    """What is not deleted; while a channel is closed nobody could keep its recordings, so their time stands still."""
    return Recording.filter(channel__delete_at__isnull=True).exclude(state="deleted")
