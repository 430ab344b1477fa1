"""Moderators of a channel: who they are, and which rights each has."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING
from uuid import UUID

from tortoise.exceptions import IntegrityError

from aethex_live.actor import Actor
from aethex_live.domain.names import LONGEST_USERNAME
from aethex_live.domain.rights import CHAT, SENTENCES, Right, check_rights, rights_of
from aethex_live.errors import Conflict, Forbidden, NotFound
from aethex_live.events import Event, record
from aethex_live.events.types import ChannelModeratorAdded, ChannelModeratorChanged, ChannelModeratorRemoved
from aethex_live.ids import uuid7
from aethex_live.models import Channel, ChannelModerator, User

if TYPE_CHECKING:
    from aethex_live.control import Control
    from aethex_live.db import Database
    from aethex_live.domain.audit import Audit

RIGHTS_CHANGED = "rights.changed"
ALL = frozenset(Right)
NONE: frozenset[Right] = frozenset()


class Moderators:
    """Gives, changes and takes rights, and answers who has them."""

    def __init__(self, db: Database, audit: Audit, control: Control) -> None:
        self._db = db
        self._audit = audit
        self._control = control

    async def rights(self, channel: Channel, actor: Actor) -> frozenset[Right]:
        """What the actor may do in the channel. Owners and operators of the site may everything."""
        if actor.user_id is None:
            return NONE
        if channel.owner_id == actor.user_id or actor.is_operator:
            return ALL
        row = await ChannelModerator.get_or_none(channel_id=channel.id, user_id=actor.user_id)
        return rights_of(row.rights) if row else NONE

    async def may(self, channel: Channel, actor: Actor, right: Right) -> bool:
        """Whether the actor has the right in the channel."""
        return right in await self.rights(channel, actor)

    async def require(self, channel: Channel, actor: Actor, right: Right) -> None:
        """Raises Forbidden, naming what is missing, unless the actor has the right."""
        if not await self.may(channel, actor, right):
            missing = SENTENCES[right][0].lower() + SENTENCES[right][1:]
            raise Forbidden(
                f"The owner of {channel.name} has not given you the right to {missing}", code="right-missing"
            )

    async def of(self, channel: Channel) -> Sequence[ChannelModerator]:
        """The moderators, oldest first, each with its `user`."""
        return await ChannelModerator.filter(channel_id=channel.id).order_by("created_at").select_related("user")

    async def channels_of(self, user_id: UUID) -> Sequence[Channel]:
        """The channels that an account moderates, by name."""
        rows = Channel.filter(moderators__user_id=user_id, delete_at__isnull=True, owner__delete_at__isnull=True)
        return await rows.order_by("name").select_related("category", "owner")

    async def add(self, channel: Channel, actor: Actor, username: str, rights: Iterable[str] | None = None) -> User:
        """Make an account a moderator; without `rights` with those of the chat.

        Raises NotFound or Conflict about `username`, Invalid about `rights`.
        """
        given = list(CHAT) if rights is None else check_rights(rights)
        user = await _account(username)
        if user.id == channel.owner_id:
            raise Conflict("The owner moderates the channel already.", field="username")
        names = [right.value for right in given]
        try:
            async with self._db.transaction():
                await ChannelModerator.create(
                    id=uuid7(), channel=channel, user=user, rights=names, granted_by=actor.user_id
                )
                added = ChannelModeratorAdded(channel_id=channel.id, user_id=user.id)
                about = {"username": user.username, "rights": names}
                await self._note(channel, actor, "moderator.added", added, user.id, about)
        except IntegrityError:
            raise Conflict(f"{user.username} moderates the channel already.", field="username") from None
        return user

    async def change(self, channel: Channel, actor: Actor, user_id: UUID, rights: Iterable[str]) -> None:
        """Give a moderator these rights and no others. Raises NotFound, Invalid about `rights`."""
        names = [right.value for right in check_rights(rights)]
        async with self._db.transaction():
            rows = ChannelModerator.filter(channel_id=channel.id, user_id=user_id)
            row = await rows.select_for_update().first()
            if row is None:
                raise NotFound("This account does not moderate the channel.")
            if list(row.rights) == names:
                return
            await ChannelModerator.filter(id=row.id).update(rights=names)
            changed = ChannelModeratorChanged(channel_id=channel.id, user_id=user_id, rights=names)
            about = {"rights": names, "before": sorted(rights_of(row.rights))}
            await self._note(channel, actor, "moderator.changed", changed, user_id, about)

    async def remove(self, channel: Channel, actor: Actor, user_id: UUID) -> None:
        """Take all rights away. Raises NotFound when the account moderates nothing here."""
        async with self._db.transaction():
            if not await ChannelModerator.filter(channel_id=channel.id, user_id=user_id).delete():
                raise NotFound("This account does not moderate the channel.")
            removed = ChannelModeratorRemoved(channel_id=channel.id, user_id=user_id)
            await self._note(channel, actor, "moderator.removed", removed, user_id, {})

    async def _note(
        self, channel: Channel, actor: Actor, action: str, event: Event, user_id: UUID, detail: Mapping[str, object]
    ) -> None:
        await record(event, subject=f"channel:{channel.id}", actor=actor.user_id, channel=channel.id)
        await self._audit.write(action, actor=actor, subject=f"user:{user_id}", channel_id=channel.id, detail=detail)
        # what only moderators hear, open pages must not hear any longer
        await self._control.send(RIGHTS_CHANGED, {"user_id": str(user_id)})


async def _account(username: str) -> User:
    name = username.strip().lower()
    user = await User.get_or_none(username_key=name, state="active") if len(name) <= LONGEST_USERNAME else None
    if user is None:
        raise NotFound(f"There is no account “{username.strip()[:40]}”.", field="username")
    return user
