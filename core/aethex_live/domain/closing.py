"""Closing channels: a deleted one is hidden at once, can come back for some days, then goes for good."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final
from uuid import UUID

from aethex_live.errors import Conflict, Forbidden, Invalid, NotFound
from aethex_live.events import record
from aethex_live.events.types import ChannelClosed, ChannelRestored
from aethex_live.jobs import OutboxHandler, Schedule
from aethex_live.models import Broadcast, Channel
from aethex_live.providers.email import Email
from aethex_live.services.posting import post

if TYPE_CHECKING:
    from aethex_live._runtime.registry import Providers
    from aethex_live.actor import Actor
    from aethex_live.clock import Clock
    from aethex_live.control import Control
    from aethex_live.db import Database
    from aethex_live.domain.audit import Audit
    from aethex_live.domain.ingests import Ingests
    from aethex_live.domain.mail_stops import MailStops
    from aethex_live.domain.removal import Removal
    from aethex_live.jobs import Jobs, OutboxCall
    from aethex_live.settings import Site

MAIL: Final = "core.channel_closed_mail"
# said to all processes when a channel is closed or restored: what they remember of its media is over
ACCESS: Final = "channel.access"
AT_ONCE: Final = 20
_OWN = """Hello {name},

your channel {channel} on {site} is closed, and it will be deleted for good on {day}, with its recordings, its chat \
and its addresses.

If that was not you, or you think better of it, bring it back until then: {studio}
"""
_BY_OPERATOR = """Hello {name},

an operator of {site} closed your channel {channel}. It will be deleted for good on {day}, with its recordings, its \
chat and its addresses.

If you think that this is a mistake, write to the operators of {site} before that day.
"""


class Closing:
    """Closes channels that are to go, brings them back, deletes them when their time has come."""

    def __init__(
        self,
        db: Database,
        clock: Clock,
        providers: Providers,
        jobs: Jobs,
        audit: Audit,
        removal: Removal,
        ingests: Ingests,
        control: Control,
        site: Site,
        stops: MailStops,
    ) -> None:
        self._db = db
        self._clock = clock
        self._providers = providers
        self._jobs = jobs
        self._audit = audit
        self._removal = removal
        self._ingests = ingests
        self._control = control
        self._site = site
        self._stops = stops

    def handlers(self) -> list[OutboxHandler]:
        """Who sends the mails."""
        return [OutboxHandler(MAIL, self._mail)]

    def schedules(self) -> list[Schedule]:
        """What is done when its time has come."""
        return [Schedule("core.delete_closed_channels", timedelta(minutes=30), self.delete_due, timeout_s=300)]

    async def close(self, channel: Channel, actor: Actor, typed: str) -> datetime:
        """Hide a channel now and delete it later; returns when. `typed` is its address, typed by the actor.

        Raises Invalid about `slug`, Forbidden for all but its owner and operators, Conflict while it is live.
        """
        if actor.by_token or not (channel.owner_id == actor.user_id or actor.is_operator):
            raise Forbidden("Only the owner of the channel may do this.")
        if typed.strip().lower().removeprefix("/") != channel.slug:
            raise Invalid(f"Type the address “{channel.slug}” to say that you mean it.", field="slug")
        delete_at = self._clock.now() + timedelta(days=self._site.leaving_days)
        async with self._db.transaction():
            await self._mark(channel, actor, delete_at)
        await self._ingests.shut(channel)  # an encoder that was let in and has sent nothing yet
        return delete_at

    async def _mark(self, channel: Channel, actor: Actor, delete_at: datetime) -> None:
        if await Broadcast.filter(channel_id=channel.id).exclude(state="ended").exists():
            raise Conflict("The channel is live: end the stream first.")
        own = channel.owner_id == actor.user_id
        there = Channel.filter(id=channel.id, delete_at__isnull=True)
        if not await there.update(delete_at=delete_at, closed_by_operator=not own):
            raise Conflict("This channel is to be deleted already.")
        await record(
            ChannelClosed(channel_id=channel.id, owner_id=channel.owner_id, slug=channel.slug, delete_at=delete_at),
            subject=f"channel:{channel.id}",
            actor=actor.user_id,
            channel=channel.id,
        )
        await self._note("channel.closed", channel, actor, {"delete_at": delete_at.isoformat()})
        if self._providers.email() is not None:
            await self._jobs.publish(MAIL, {"channel_id": str(channel.id)}, plugin="core")
        await self._control.send(ACCESS, {"channel_id": str(channel.id)})

    async def of_owner(self, user_id: UUID) -> Sequence[Channel]:
        """The closed channels of an account, those that go first first."""
        rows = Channel.filter(owner_id=user_id, delete_at__isnull=False)
        return await rows.order_by("delete_at").select_related("category", "owner")

    async def restore(self, channel_id: UUID, actor: Actor) -> Channel:
        """Call the deletion of a channel off.

        Raises NotFound for strangers and for what is not closed, Forbidden about what an operator closed.
        """
        async with self._db.transaction():
            rows = Channel.filter(id=channel_id, delete_at__isnull=False).select_for_update()
            channel = await rows.first()
            if channel is None or not (channel.owner_id == actor.user_id or actor.is_operator):
                raise NotFound("There is no such channel among those that are to be deleted.")
            if actor.by_token or (channel.closed_by_operator and not actor.is_operator):
                raise Forbidden("An operator of this site closed this channel: ask them to bring it back.")
            await Channel.filter(id=channel_id).update(delete_at=None, closed_by_operator=False)
            await record(
                ChannelRestored(channel_id=channel.id, owner_id=channel.owner_id, slug=channel.slug),
                subject=f"channel:{channel.id}",
                actor=actor.user_id,
                channel=channel.id,
            )
            await self._note("channel.restored", channel, actor, {})
            await self._control.send(ACCESS, {"channel_id": str(channel.id)})
        return channel

    async def restore_at(self, slug: str, actor: Actor) -> Channel:
        """As `restore`, of the closed channel at an address."""
        channel = await Channel.filter(slug=slug[:32].lower(), delete_at__isnull=False).first()
        if channel is None:
            raise NotFound(f"There is no closed channel at /{slug[:40]}.")
        return await self.restore(channel.id, actor)

    async def delete_due(self) -> None:
        """Delete the channels whose time has come."""
        while due := await Channel.filter(delete_at__lte=self._clock.now()).order_by("delete_at").limit(AT_ONCE):
            for channel in due:
                await self._delete(channel.id)

    async def _delete(self, channel_id: UUID) -> None:
        async with self._db.transaction():
            due = Channel.filter(id=channel_id, delete_at__lte=self._clock.now())
            channel = await due.select_for_update().first()
            if channel is not None:
                await self._removal.channel(channel, None)

    async def _mail(self, call: OutboxCall) -> None:
        channel = await Channel.filter(id=UUID(str(call.payload["channel_id"]))).select_related("owner").first()
        provider = self._providers.email()
        if channel is None or channel.delete_at is None or not channel.owner.email or provider is None:
            return
        if await self._stops.stops(channel.owner.email):
            return
        text = (_BY_OPERATOR if channel.closed_by_operator else _OWN).format(
            name=channel.owner.display_name,
            channel=f"“{channel.name}” (/{channel.slug})",
            site=self._site.name,
            day=day_of(channel.delete_at),
            studio=f"{self._site.url}/studio?new",
        )
        subject = f"Your channel on {self._site.name} will be deleted"
        await post(provider, Email(to=channel.owner.email, subject=subject, text=text), call)

    async def _note(self, action: str, channel: Channel, actor: Actor, detail: dict[str, str]) -> None:
        about = {"slug": channel.slug, "name": channel.name, **detail}
        subject = f"channel:{channel.id}"
        await self._audit.write(action, actor=actor, subject=subject, channel_id=channel.id, detail=about)


def day_of(moment: datetime) -> str:
    """A day as people read it."""
    return f"{moment.astimezone(UTC):%d %B %Y}"
