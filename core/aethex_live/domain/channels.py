"""Channels: making one, its words and colour, and who may do what in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal
from uuid import UUID

from tortoise.exceptions import IntegrityError

from aethex_live.actor import Actor
from aethex_live.domain.names import check_line, check_slug
from aethex_live.errors import Conflict, Forbidden, Invalid, NotFound
from aethex_live.events import record
from aethex_live.events.types import (
    BroadcastChanged,
    ChannelChanged,
    ChannelCreated,
    ChannelModeratorAdded,
    ChannelModeratorRemoved,
)
from aethex_live.ids import uuid7
from aethex_live.models import Broadcast, Category, Channel, ChannelModerator, ChannelSlug, User

if TYPE_CHECKING:
    from aethex_live.db import Database
    from aethex_live.domain.audit import Audit

ChannelRole = Literal["owner", "moderator"]
MODERATOR_RIGHTS = ("chat",)
MOST_CHANNELS = 5


class Channels:
    """Makes channels, finds them, changes them."""

    def __init__(self, db: Database, audit: Audit) -> None:
        self._db = db
        self._audit = audit

    async def create(self, owner_id: UUID, slug: str, name: str) -> Channel:
        """Make a channel. Raises Invalid or Conflict about `slug` or `name`."""
        address = check_slug(slug)
        shown = check_line(name, field="name", most=50, least=1)
        if await Channel.filter(owner_id=owner_id).count() >= MOST_CHANNELS:
            raise Conflict(f"An account has at most {MOST_CHANNELS} channels.")
        channel_id = uuid7()
        hue = channel_id.int % 360
        try:
            async with self._db.transaction():
                channel = await Channel.create(id=channel_id, owner_id=owner_id, slug=address, name=shown, hue=hue)
                await ChannelSlug.create(slug=address, channel=channel)
                await record(
                    ChannelCreated(channel_id=channel_id, owner_id=owner_id, slug=address, name=shown),
                    subject=f"channel:{channel_id}",
                    actor=owner_id,
                    channel=channel_id,
                )
        except IntegrityError:
            raise Conflict(f"/{address} is taken; choose another address.", field="slug", code="taken") from None
        return channel

    async def by_slug(self, slug: str) -> Channel:
        """The channel at an address, also at one it had before. Raises NotFound."""
        found = await Channel.filter(slug=slug.lower()).select_related("category", "owner").first()
        if found is None:
            earlier = await ChannelSlug.filter(slug=slug.lower()).first()
            if earlier is not None:
                found = await Channel.filter(id=earlier.channel_id).select_related("category", "owner").first()
        if found is None:
            raise NotFound(f"There is no channel at /{slug[:40]}.")
        return found

    async def of_owner(self, user_id: UUID) -> Sequence[Channel]:
        """The channels of an account, oldest first."""
        return await Channel.filter(owner_id=user_id).order_by("created_at").select_related("category", "owner")

    async def role_of(self, channel: Channel, actor: Actor) -> ChannelRole | None:
        """What the actor is in the channel. Operators of the site count as owners."""
        if actor.user_id is None:
            return None
        if channel.owner_id == actor.user_id or actor.is_operator:
            return "owner"
        moderates = await ChannelModerator.filter(channel_id=channel.id, user_id=actor.user_id).exists()
        return "moderator" if moderates else None

    async def update(self, channel: Channel, actor: Actor, changes: Mapping[str, Any]) -> Channel:
        """Change what is given of slug, name, title, category, language, hue, about, visibility.

        Raises Invalid or Conflict about one of them.
        """
        checked = await self._checked(changes)
        before = {key: getattr(channel, key) for key in checked}
        if checked == before:
            return channel
        try:
            await self._store(channel, actor, checked)
        except IntegrityError:
            raise Conflict(
                f"/{checked.get('slug')} is taken; choose another address.", field="slug", code="taken"
            ) from None
        return await self.by_slug(checked.get("slug", channel.slug))

    async def _store(self, channel: Channel, actor: Actor, checked: Mapping[str, Any]) -> None:
        async with self._db.transaction():
            if checked.get("slug", channel.slug) != channel.slug:
                await self._move(channel, checked["slug"])
            await Channel.filter(id=channel.id).update(**checked)
            await record(
                ChannelChanged(channel_id=channel.id, fields=sorted(checked)),
                subject=f"channel:{channel.id}",
                actor=actor.user_id,
                channel=channel.id,
            )
            if "title" in checked or "category_id" in checked:
                await self._retitle(channel, actor, checked)

    async def _move(self, channel: Channel, slug: str) -> None:
        """Take a new address; the old one goes on leading here."""
        mine = await ChannelSlug.get_or_none(slug=slug)
        if mine is None:
            await ChannelSlug.create(slug=slug, channel=channel)
        elif mine.channel_id != channel.id:
            raise Conflict(f"/{slug} is taken; choose another address.", field="slug", code="taken")

    async def _retitle(self, channel: Channel, actor: Actor, checked: Mapping[str, Any]) -> None:
        words = {key: checked[key] for key in ("title", "category_id") if key in checked}
        live = await Broadcast.filter(channel_id=channel.id).exclude(state="ended").first()
        if live is None:
            return
        await Broadcast.filter(id=live.id).update(**words)
        category = await Category.get_or_none(id=words.get("category_id", live.category_id))
        await record(
            BroadcastChanged(
                broadcast_id=live.id,
                channel_id=channel.id,
                title=words.get("title", live.title),
                category=category.name if category else None,
            ),
            subject=f"broadcast:{live.id}",
            actor=actor.user_id,
            channel=channel.id,
        )

    async def _checked(self, changes: Mapping[str, Any]) -> dict[str, Any]:
        checked: dict[str, Any] = {}
        for key, value in changes.items():
            match key:
                case "slug":
                    checked[key] = check_slug(value)
                case "name":
                    checked[key] = check_line(value, field=key, most=50, least=1)
                case "title":
                    checked[key] = check_line(value, field=key, most=140)
                case "about":
                    checked[key] = check_about(value)
                case "hue":
                    checked[key] = int(value) % 360
                case "category":
                    checked["category_id"] = await category_id(value)
                case "visibility" | "language":
                    checked[key] = value
                case _:
                    raise Invalid(f"A channel has no “{key}”.", field=key)
        return checked

    async def moderators(self, channel: Channel) -> Sequence[ChannelModerator]:
        """The moderators, oldest first, each with its `user`."""
        return await ChannelModerator.filter(channel_id=channel.id).order_by("created_at").select_related("user")

    async def add_moderator(self, channel: Channel, actor: Actor, username: str) -> User:
        """Make an account a moderator. Raises NotFound or Conflict about `username`."""
        user = await User.get_or_none(username_key=username.strip().lower(), state="active")
        if user is None:
            raise NotFound(f"There is no account “{username.strip()[:40]}”.", field="username")
        if user.id == channel.owner_id:
            raise Conflict("The owner moderates the channel already.", field="username")
        try:
            async with self._db.transaction():
                await ChannelModerator.create(
                    id=uuid7(),
                    channel=channel,
                    user=user,
                    rights=list(MODERATOR_RIGHTS),
                    granted_by=actor.user_id,
                )
                await record(
                    ChannelModeratorAdded(channel_id=channel.id, user_id=user.id),
                    subject=f"channel:{channel.id}",
                    actor=actor.user_id,
                    channel=channel.id,
                )
                await self._audit.write(
                    "moderator.added",
                    actor=actor,
                    subject=f"user:{user.id}",
                    channel_id=channel.id,
                    detail={"username": user.username},
                )
        except IntegrityError:
            raise Conflict(f"{user.username} moderates the channel already.", field="username") from None
        return user

    async def remove_moderator(self, channel: Channel, actor: Actor, user_id: UUID) -> None:
        """Take the right away. Raises NotFound when the account moderates nothing here."""
        async with self._db.transaction():
            if not await ChannelModerator.filter(channel_id=channel.id, user_id=user_id).delete():
                raise NotFound("This account does not moderate the channel.")
            await record(
                ChannelModeratorRemoved(channel_id=channel.id, user_id=user_id),
                subject=f"channel:{channel.id}",
                actor=actor.user_id,
                channel=channel.id,
            )
            await self._audit.write("moderator.removed", actor=actor, subject=f"user:{user_id}", channel_id=channel.id)


def require_owner(role: ChannelRole | None) -> None:
    """Raises Forbidden for everyone but the owner."""
    if role != "owner":
        raise Forbidden("Only the owner of the channel may do this.")


def check_about(text: str) -> str:
    """The about text with its lines kept. Raises Invalid about `about`."""
    kept = "\n".join(line.rstrip() for line in text.replace("\r\n", "\n").split("\n")).strip()
    if len(kept) > 2000:
        raise Invalid("Use at most 2,000 characters.", field="about")
    return kept


async def category_id(slug: str | None) -> UUID | None:
    """The id of a category's slug; None for an empty one. Raises Invalid about `category`."""
    if not slug:
        return None
    category = await Category.get_or_none(slug=slug)
    if category is None:
        raise Invalid("There is no such category; choose one of the list.", field="category")
    return category.id
