"""Channels: making one, its words and colour, and who may do what in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal
from uuid import UUID

from tortoise.exceptions import IntegrityError

from aethex_live.actor import Actor
from aethex_live.domain.letters import tamed
from aethex_live.domain.names import LONGEST_CATEGORY, LONGEST_SLUG, check_line, check_name, check_slug
from aethex_live.domain.rights import Right
from aethex_live.errors import Conflict, Forbidden, Invalid, NotFound, TooMany
from aethex_live.events import record
from aethex_live.events.types import (
    BroadcastChanged,
    ChannelChanged,
    ChannelCreated,
)
from aethex_live.ids import uuid7
from aethex_live.models import Broadcast, Category, Channel, ChannelModerator, ChannelSlug

if TYPE_CHECKING:
    from aethex_live.db import Database
    from aethex_live.domain.moderators import Moderators
    from aethex_live.settings import Site

ChannelRole = Literal["owner", "moderator"]
# what a moderator with the right to it may change of a channel
MODERATORS_WORDS = frozenset({"title", "category_id", "language"})
# so often a channel may move in this time: each address that it had stays its own
MOST_MOVES = 3
MOVES_IN = timedelta(days=30)
_MOVES = """
select count(*) as count, min(recorded_at) as first from core_event
where channel_id = $1 and type = 'channel.changed' and payload->'fields' ? 'slug' and recorded_at > now() - $2::interval
"""


class Channels:
    """Makes channels, finds them, changes them."""

    def __init__(self, db: Database, moderators: Moderators, site: Site) -> None:
        self._db = db
        self._moderators = moderators
        self._most = site.channels_per_person

    async def create(self, owner_id: UUID, slug: str, name: str) -> Channel:
        """Make a channel. Raises Invalid or Conflict about `slug` or `name`."""
        address = check_slug(slug)
        shown = check_name(name, field="name")
        if await Channel.filter(owner_id=owner_id).count() >= self._most:
            raise Conflict(_full(self._most))
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
        """The channel at an address, also at one it had before. Raises NotFound, also where it or its owner goes."""
        found = None
        if len(slug) <= LONGEST_SLUG:
            found = await Channel.filter(slug=slug.lower()).select_related("category", "owner").first()
        if found is None and len(slug) <= LONGEST_SLUG:
            earlier = await ChannelSlug.filter(slug=slug.lower()).first()
            if earlier is not None:
                found = await Channel.filter(id=earlier.channel_id).select_related("category", "owner").first()
        if found is None or found.delete_at is not None or found.owner.delete_at is not None:
            raise NotFound(f"There is no channel at /{slug[:40]}.")
        return found

    async def of_owner(self, user_id: UUID) -> Sequence[Channel]:
        """The channels of an account but for closed ones, oldest first."""
        rows = Channel.filter(owner_id=user_id, delete_at__isnull=True)
        return await rows.order_by("created_at").select_related("category", "owner")

    async def role_of(self, channel: Channel, actor: Actor) -> ChannelRole | None:
        """What the actor is in the channel. Operators of the site count as owners."""
        if actor.user_id is None:
            return None
        if channel.owner_id == actor.user_id or actor.is_operator:
            return "owner"
        moderates = await ChannelModerator.filter(channel_id=channel.id, user_id=actor.user_id).exists()
        return "moderator" if moderates else None

    async def may(self, channel: Channel, actor: Actor, right: Right) -> bool:
        """Whether the actor has this right in the channel; owners and operators of the site have all."""
        return await self._moderators.may(channel, actor, right)

    async def update(self, channel: Channel, actor: Actor, changes: Mapping[str, Any]) -> Channel:
        """Change what is given of slug, name, title, category, language, hue, about, visibility, mature.

        Raises Invalid or Conflict about one of them; Forbidden when the actor is neither owner nor has the right to
        change title, category and language.
        """
        given = await self._checked(changes)
        checked = {key: value for key, value in given.items() if value != getattr(channel, key)}
        await self._require_say(channel, actor, given)
        if not checked:
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
            if checked.get("visibility") == "public":
                await _refuse_held(channel.id)
            if "slug" in checked:
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

    async def hold(self, channel: Channel, actor: Actor, since: datetime | None, reason: str = "") -> None:
        """Keep a channel out of lists from now on, or with None leave that to its owner again, in lists.

        For `Operators`, who ask whether the actor may and note it in the audit.
        """
        visibility = "public" if since is None else "unlisted"
        async with self._db.transaction():
            await Channel.filter(id=channel.id).update(visibility=visibility, held_at=since, held_reason=reason)
            await record(
                ChannelChanged(channel_id=channel.id, fields=["held_at", "visibility"]),
                subject=f"channel:{channel.id}",
                actor=actor.user_id,
                channel=channel.id,
            )

    async def _move(self, channel: Channel, slug: str) -> None:
        """Take a new address; the old one goes on leading here. Raises Conflict, TooMany for the fourth in 30 days."""
        await Channel.filter(id=channel.id).select_for_update().first()  # two moves at once count one another
        moved = (await self._db.fetch(_MOVES, [channel.id, MOVES_IN]))[0]
        if moved["count"] >= MOST_MOVES:
            day = moved["first"] + MOVES_IN
            raise TooMany(
                f"A channel's address changes at most {MOST_MOVES} times in {MOVES_IN.days} days; the next change is "
                f"possible on {day:%d %B}.",
                field="slug",
            )
        mine = await ChannelSlug.get_or_none(slug=slug)
        if mine is None:
            await ChannelSlug.create(slug=slug, channel=channel)
        elif mine.channel_id != channel.id:
            raise Conflict(f"/{slug} is taken; choose another address.", field="slug", code="taken")

    async def _require_say(self, channel: Channel, actor: Actor, given: Mapping[str, Any]) -> None:
        if channel.owner_id == actor.user_id or actor.is_operator:
            return
        if given.keys() - MODERATORS_WORDS:
            raise Forbidden("Only the owner of the channel may change this.")
        await self._moderators.require(channel, actor, Right.STREAM_EDIT)

    async def _retitle(self, channel: Channel, actor: Actor, checked: Mapping[str, Any]) -> None:
        words = {key: checked[key] for key in ("title", "category_id") if key in checked}
        live = await Broadcast.filter(channel_id=channel.id).exclude(state="ended").first()
        if live is None:
            return
        await Broadcast.filter(id=live.id).update(**words)
        if live.rehearsal:
            return
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
                    checked[key] = check_name(value, field=key)
                case "title":
                    checked[key] = check_line(value, field=key, most=140)
                case "about":
                    checked[key] = check_about(value)
                case "hue":
                    checked[key] = int(value) % 360
                case "category":
                    checked["category_id"] = await category_id(value)
                case "mature":
                    checked[key] = bool(value)
                case "retention_days":
                    checked[key] = check_days(value)
                case "visibility" | "language":
                    checked[key] = value
                case _:
                    raise Invalid(f"A channel has no “{key}”.", field=key)
        return checked


def why_held(channel: Channel) -> str:
    """To the owner: that an operator keeps the channel out of lists, why, and what to do; empty where none does."""
    if channel.held_at is None:
        return ""
    said = f": “{channel.held_reason}”" if channel.held_reason else ""
    return (
        f"An operator of this site took this channel out of all lists on {channel.held_at:%d %B %Y}{said}. Whoever has "
        "its address still finds it. Put right what this is about, then ask the operators to list it again."
    )


async def _refuse_held(channel_id: UUID) -> None:
    """Raises Conflict about `visibility`; the row is locked until the transaction ends."""
    row = await Channel.filter(id=channel_id).select_for_update().first()
    if row is not None and row.held_at is not None:
        raise Conflict(why_held(row), field="visibility", code="held")


def _full(most: int) -> str:
    if not most:
        return "This site makes no new channels at the moment."
    return f"An account has at most {most} channel{'' if most == 1 else 's'} on this site."


def require_owner(role: ChannelRole | None) -> None:
    """Raises Forbidden for everyone but the owner."""
    if role != "owner":
        raise Forbidden("Only the owner of the channel may do this.")


def check_days(value: int | None) -> int | None:
    """How long recordings are kept; None is as long as the site keeps them. Raises Invalid about `retention_days`."""
    if value is not None and not 1 <= value <= 3650:
        raise Invalid("Give 1 to 3,650 days, or leave it empty.", field="retention_days")
    return value


def check_about(text: str) -> str:
    """The about text with its lines kept. Raises Invalid about `about`."""
    kept = "\n".join(line.rstrip() for line in tamed(text).replace("\r\n", "\n").split("\n")).strip()
    if len(kept) > 2000:
        raise Invalid("Use at most 2,000 characters.", field="about")
    return kept


async def category_id(slug: str | None) -> UUID | None:
    """The id of a category's slug; None for an empty one. Raises Invalid about `category`."""
    if not slug:
        return None
    category = await Category.get_or_none(slug=slug) if len(slug) <= LONGEST_CATEGORY else None
    if category is None:
        raise Invalid("There is no such category; choose one of the list.", field="category")
    return category.id
