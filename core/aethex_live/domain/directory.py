"""Finding people and channels: what the operator's lists and searches show."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from tortoise.expressions import Q
from tortoise.functions import Count

from aethex_live.errors import NotFound
from aethex_live.models import Broadcast, Channel, Session, User

if TYPE_CHECKING:
    from aethex_live.clock import Clock

LONGEST_SEARCH = 100
STATES = ("active", "pending", "banned", "leaving")


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """An account with what hangs on it."""

    user: User
    sessions: int
    channels: Sequence[Channel]


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedChannel:
    """A channel with its owner (`channel.owner`) and what is live on it."""

    channel: Channel
    broadcast: Broadcast | None


class Directory:
    """Reads accounts and channels, the newest first."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def people(
        self, *, search: str = "", state: str = "", role: str = "", before: UUID | None = None, limit: int = 50
    ) -> list[User]:
        """Accounts whose name or address has `search` in it; page on with the last one's id as `before`."""
        rows = User.exclude(state="deleted")
        if wanted := search.strip()[:LONGEST_SEARCH]:
            rows = rows.filter(
                Q(username__icontains=wanted) | Q(display_name__icontains=wanted) | Q(email__icontains=wanted)
            )
        if state:
            rows = rows.filter(delete_at__isnull=False) if state == "leaving" else rows.filter(state=state)
        if role:
            rows = rows.filter(role=role)
        if before is not None:
            rows = rows.filter(id__lt=before)
        return await rows.order_by("-id").limit(limit)

    async def account(self, username: str) -> Account:
        """An account by its user name. Raises NotFound."""
        key = username.strip().lower()[:32]
        user = await User.filter(username_key=key).exclude(state="deleted").first()
        if user is None:
            raise NotFound(f"There is no account “{username[:40]}”.")
        return Account(
            user=user,
            sessions=await Session.filter(user_id=user.id, expires_at__gt=self._clock.now()).count(),
            channels=await Channel.filter(owner_id=user.id).order_by("created_at"),
        )

    async def count_channels(self, users: Iterable[User]) -> dict[UUID, int]:
        """How many channels each of them has; who has none is left out."""
        ids = [user.id for user in users]
        rows = Channel.filter(owner_id__in=ids).annotate(count=Count("id")).group_by("owner_id")
        return {row["owner_id"]: row["count"] for row in await rows.values("owner_id", "count")}

    async def seen_since(self, since: datetime) -> int:
        """How many accounts were there since a moment."""
        return await User.filter(last_seen_at__gte=since).exclude(state="deleted").count()

    async def channels(
        self,
        *,
        search: str = "",
        live: bool = False,
        visibility: str = "",
        before: UUID | None = None,
        limit: int = 50,
    ) -> list[ListedChannel]:
        """Channels whose name, address or owner has `search` in it; page on with the last one's id as `before`."""
        rows = Channel.all()
        if wanted := search.strip()[:LONGEST_SEARCH]:
            rows = rows.filter(
                Q(slug__icontains=wanted) | Q(name__icontains=wanted) | Q(owner__username__icontains=wanted)
            )
        if live:
            on = await Broadcast.exclude(state="ended").values("channel_id")
            rows = rows.filter(id__in=[row["channel_id"] for row in on])
        if visibility:
            rows = rows.filter(visibility=visibility)
        if before is not None:
            rows = rows.filter(id__lt=before)
        found = await rows.order_by("-id").limit(limit).select_related("owner")
        return await _with_broadcasts(found)


async def _with_broadcasts(channels: Sequence[Channel]) -> list[ListedChannel]:
    ids = [channel.id for channel in channels]
    live = await Broadcast.filter(channel_id__in=ids).exclude(state="ended")
    of = {broadcast.channel_id: broadcast for broadcast in live}
    return [ListedChannel(channel=channel, broadcast=of.get(channel.id)) for channel in channels]
