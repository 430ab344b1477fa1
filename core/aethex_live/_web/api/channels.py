"""API of channels: making, reading, changing, moderators."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from pydantic import BaseModel
from quart import Blueprint
from quart_schema import tag, validate_request, validate_response

from aethex_live._web.api.accounts import user_id
from aethex_live._web.api.live import broadcast_out
from aethex_live._web.api.models import (
    BroadcastOut,
    ChannelChange,
    ChannelNew,
    ChannelOut,
    ClosedChannelOut,
    ModeratorNew,
    ModeratorOut,
    RightList,
    RightOut,
    RightsChange,
    Typed,
)
from aethex_live._web.cards import Cards
from aethex_live.domain.channels import why_held
from aethex_live.domain.rights import SENTENCES, Right, rights_of
from aethex_live.errors import NotFound
from aethex_live.models import Channel, ChannelModerator
from aethex_live.scopes import Scope
from aethex_live.web import Access, allow, current_actor, current_channel, limit, platform, require_proof
from aethex_live.web.access import CLOSED
from aethex_live.web.api import Done, refuses

blueprint = Blueprint("api_channels", __name__, url_prefix="/api/v1")


class Channels(BaseModel):
    """Channels of an account."""

    items: list[ChannelOut]


class Moderators(BaseModel):
    """Moderators of a channel, oldest first."""

    items: list[ModeratorOut]


class Closed(BaseModel):
    """When the channel is deleted for good."""

    delete_at: datetime


class ClosedChannels(BaseModel):
    """Channels that are to be deleted."""

    items: list[ClosedChannelOut]


@blueprint.get("/me/channels")
@tag(["channels"])
@allow(Access.SIGNED_IN)
@validate_response(Channels)
@refuses(401)
async def mine() -> Channels:
    """The channels of the account that asks."""
    rows = await platform().domain.channels.of_owner(user_id(current_actor()))
    return Channels(items=[await channel_out(row) for row in rows])


@blueprint.get("/me/moderates")
@tag(["channels"])
@allow(Access.SIGNED_IN)
@validate_response(Channels)
@refuses(401)
async def moderated() -> Channels:
    """The channels that the account that asks moderates."""
    rows = await platform().domain.moderators.channels_of(user_id(current_actor()))
    return Channels(items=[await channel_out(row) for row in rows])


@blueprint.get("/rights")
@tag(["channels"])
@allow(Access.PUBLIC)
@validate_response(RightList)
async def rights() -> RightList:
    """What moderators can be given, each with a sentence."""
    return RightList(items=[RightOut(name=right, sentence=text) for right, text in SENTENCES.items()])


@blueprint.post("/channels")
@tag(["channels"])
@allow(Access.SIGNED_IN, scope=Scope.CHANNEL_WRITE)
@validate_request(ChannelNew)
@validate_response(ChannelOut, 201)
@refuses(401, 409, 422, 429)
async def make(data: ChannelNew) -> tuple[ChannelOut, int]:
    """Make a channel."""
    platform().domain.accounts.check_may_act(current_actor())
    await limit("channel", 10, timedelta(hours=1))
    channels = platform().domain.channels
    made = await channels.create(user_id(current_actor()), data.slug, data.name)
    return await channel_out(await channels.by_slug(made.slug)), 201


@blueprint.get("/channels/<slug>")
@tag(["channels"])
@allow(Access.CHANNEL)
@validate_response(ChannelOut)
@refuses(404)
async def channel(slug: str) -> ChannelOut:
    """A channel, also by an address that it had before."""
    return await channel_out(current_channel())


@blueprint.patch("/channels/<slug>")
@tag(["channels"])
@allow(Access.CHANNEL_MODERATOR, scope=Scope.CHANNEL_WRITE)
@validate_request(ChannelChange)
@validate_response(ChannelOut)
@refuses(401, 403, 404, 409, 422)
async def change(slug: str, data: ChannelChange) -> ChannelOut:
    """Change what is given; the rest stays. Moderators with the right to it change title, category and language."""
    changes = data.model_dump(exclude_unset=True, exclude_none=True)
    changed = await platform().domain.channels.update(current_channel(), current_actor(), changes)
    return await channel_out(changed)


@blueprint.delete("/channels/<slug>")
@tag(["channels"])
@allow(Access.CHANNEL_OWNER, scope=CLOSED)
@validate_request(Typed)
@validate_response(Closed)
@refuses(401, 403, 404, 409, 422)
async def delete(slug: str, data: Typed) -> Closed:
    """Hide the channel now; it is deleted with its recordings at `delete_at`, and can be restored until then.

    `typed` is its address. Needs a recent proof.
    """
    await require_proof()
    return Closed(delete_at=await platform().domain.closing.close(current_channel(), current_actor(), data.typed))


@blueprint.get("/me/channels/closed")
@tag(["channels"])
@allow(Access.SIGNED_IN)
@validate_response(ClosedChannels)
@refuses(401)
async def closed() -> ClosedChannels:
    """The channels of the account that asks which are to be deleted."""
    rows = await platform().domain.closing.of_owner(user_id(current_actor()))
    return ClosedChannels(items=[closed_out(row) for row in rows if row.delete_at is not None])


@blueprint.post("/me/channels/closed/<uuid:channel_id>/restore")
@tag(["channels"])
@allow(Access.SIGNED_IN, scope=CLOSED)
@validate_response(Done)
@refuses(401, 403, 404)
async def restore(channel_id: UUID) -> Done:
    """Call the deletion of a channel off."""
    await platform().domain.closing.restore(channel_id, current_actor())
    return Done()


@blueprint.get("/channels/<slug>/broadcast")
@tag(["live"])
@allow(Access.CHANNEL)
@validate_response(BroadcastOut)
@refuses(404)
async def broadcast(slug: str) -> BroadcastOut:
    """What is on now; 404 while nothing is."""
    parts, row = platform(), current_channel()
    found = await parts.domain.broadcasts.of_channel(row.id)
    if found is None:
        raise NotFound(f"{row.name} is not live.", code="not-live")
    found.channel = row
    return broadcast_out(Cards(parts), found)


@blueprint.post("/channels/<slug>/broadcast/end")
@tag(["live"])
@allow(Access.CHANNEL_MODERATOR, scope=Scope.CHANNEL_WRITE)
@validate_response(Done)
@refuses(401, 403, 404, 503)
async def end(slug: str) -> Done:
    """End what is on, at once; also for moderators with the right to it."""
    await platform().domain.moderators.require(current_channel(), current_actor(), Right.STREAM_END)
    await platform().domain.ingests.end(current_channel())
    return Done()


@blueprint.get("/channels/<slug>/moderators")
@tag(["channels"])
@allow(Access.CHANNEL_MODERATOR)
@validate_response(Moderators)
@refuses(401, 403, 404)
async def moderators(slug: str) -> Moderators:
    """Who moderates."""
    rows = await platform().domain.moderators.of(current_channel())
    return Moderators(items=[moderator_out(row) for row in rows])


@blueprint.post("/channels/<slug>/moderators")
@tag(["channels"])
@allow(Access.CHANNEL_OWNER, scope=Scope.CHANNEL_WRITE)
@validate_request(ModeratorNew)
@validate_response(Done, 201)
@refuses(401, 403, 404, 409, 422)
async def add_moderator(slug: str, data: ModeratorNew) -> tuple[Done, int]:
    """Make somebody a moderator."""
    await platform().domain.moderators.add(current_channel(), current_actor(), data.username, data.rights)
    return Done(), 201


@blueprint.patch("/channels/<slug>/moderators/<uuid:moderator_id>")
@tag(["channels"])
@allow(Access.CHANNEL_OWNER, scope=Scope.CHANNEL_WRITE)
@validate_request(RightsChange)
@validate_response(Done)
@refuses(401, 403, 404, 422)
async def change_moderator(slug: str, moderator_id: UUID, data: RightsChange) -> Done:
    """Give a moderator these rights and no others."""
    await platform().domain.moderators.change(current_channel(), current_actor(), moderator_id, data.rights)
    return Done()


@blueprint.delete("/channels/<slug>/moderators/<uuid:moderator_id>")
@tag(["channels"])
@allow(Access.CHANNEL_OWNER, scope=Scope.CHANNEL_WRITE)
@validate_response(Done)
@refuses(401, 403, 404)
async def remove_moderator(slug: str, moderator_id: UUID) -> Done:
    """Take the right away."""
    await platform().domain.moderators.remove(current_channel(), current_actor(), moderator_id)
    return Done()


def closed_out(row: Channel) -> ClosedChannelOut:
    """A closed channel."""
    assert row.delete_at is not None, "the caller looked"
    return ClosedChannelOut(
        id=row.id, slug=row.slug, name=row.name, delete_at=row.delete_at, by_operator=row.closed_by_operator
    )


def moderator_out(row: ChannelModerator) -> ModeratorOut:
    """A moderator with their `user` loaded."""
    given = rights_of(row.rights)
    return ModeratorOut(
        user_id=row.user_id,
        username=row.user.username,
        since=row.created_at,
        rights=[right for right in Right if right in given],
    )


async def channel_out(row: Channel) -> ChannelOut:
    """A channel with its `owner` and `category` loaded."""
    live = await platform().domain.broadcasts.of_channel(row.id)
    return ChannelOut(
        id=row.id,
        slug=row.slug,
        name=row.name,
        title=row.title,
        category=row.category.slug if row.category else None,
        language=row.language,
        hue=row.hue,
        about=row.about,
        visibility="unlisted" if row.visibility == "unlisted" else "public",
        held=why_held(row) if row.owner_id == current_actor().user_id else "",
        owner=row.owner.username,
        created_at=row.created_at,
        mature=row.mature,
        live=live is not None,
    )
