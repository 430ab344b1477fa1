"""A channel's settings in the studio: its words, address and colour, its moderators."""

from __future__ import annotations

from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field
from quart import Blueprint, Response

from aethex_live._web.cards import Cards
from aethex_live._web.cookies import add_flash
from aethex_live._web.views import ModeratorRow, StudioSettingsView
from aethex_live._web.words import language_options
from aethex_live.errors import Refusal
from aethex_live.models import Channel
from aethex_live.web import (
    Access,
    Form,
    allow,
    current_actor,
    current_channel,
    page,
    platform,
    read_form,
    redirect_to,
)

blueprint = Blueprint("studio_settings", __name__)


class ChannelForm(BaseModel):
    """The channel's words, address and colour."""

    name: str = Field(min_length=1, max_length=50)
    slug: str = Field(min_length=1, max_length=40)
    hue: int = Field(ge=0, le=359)
    language: str = Field(default="en", max_length=12)
    visibility: Literal["public", "unlisted"] = "public"
    about: str = Field(default="", max_length=4000)


class ModeratorForm(BaseModel):
    """Who is to moderate."""

    username: str = Field(min_length=1, max_length=64)


@blueprint.get("/studio/<slug>/settings")
@allow(Access.CHANNEL_OWNER)
async def settings(slug: str) -> Response:
    """All sections."""
    return await _show()


@blueprint.post("/studio/<slug>/settings")
@allow(Access.CHANNEL_OWNER)
async def save(slug: str) -> Response:
    """Save the channel's words, address and colour."""
    form = await read_form(ChannelForm)
    if form.data is None:
        return await _show(form, status=422)
    try:
        channel = await platform().domain.channels.update(current_channel(), current_actor(), form.data.model_dump())
    except Refusal as refusal:
        form.refuse(refusal)
        return await _show(form, status=refusal.status)
    return _back(channel, "The channel is saved.")


@blueprint.post("/studio/<slug>/moderators")
@allow(Access.CHANNEL_OWNER)
async def add_moderator(slug: str) -> Response:
    """Make somebody a moderator."""
    form = await read_form(ModeratorForm)
    if form.data is None:
        return await _show(moderator_form=form, status=422)
    try:
        user = await platform().domain.channels.add_moderator(current_channel(), current_actor(), form.data.username)
    except Refusal as refusal:
        form.refuse(refusal)
        return await _show(moderator_form=form, status=refusal.status)
    return _back(current_channel(), f"{user.username} moderates your channel now.")


@blueprint.post("/studio/<slug>/moderators/<uuid:user_id>/remove")
@allow(Access.CHANNEL_OWNER)
async def remove_moderator(slug: str, user_id: UUID) -> Response:
    """Take the right away again."""
    await platform().domain.channels.remove_moderator(current_channel(), current_actor(), user_id)
    return _back(current_channel(), "This account does not moderate your channel any more.")


def _back(channel: Channel, text: str) -> Response:
    parts = platform()
    response = redirect_to(f"/studio/{channel.slug}/settings")
    return add_flash(response, parts.secrets, parts.site, text)


async def _show(form: Form[Any] | None = None, moderator_form: Form[Any] | None = None, status: int = 200) -> Response:
    parts, channel = platform(), current_channel()
    cards = Cards(parts)
    await cards.know([channel])
    typed = {
        field: str(getattr(channel, field)) for field in ("name", "slug", "hue", "language", "visibility", "about")
    }
    view = StudioSettingsView(
        channel=cards.channel(channel, can_manage=True),
        form=form or Form[Any](values=typed),
        moderators=await _moderators(channel),
        moderator_form=moderator_form or Form[Any](values={}),
        languages=language_options(),
        site_url=parts.site.url,
    )
    return await page("studio_settings.html", status=status, view=view)


async def _moderators(channel: Channel) -> list[ModeratorRow]:
    parts = platform()
    rows = await parts.domain.channels.moderators(channel)
    people = await parts.domain.people.describe(row.user_id for row in rows)
    return [
        ModeratorRow(
            id=str(row.user_id),
            name=people[row.user_id].name,
            username=people[row.user_id].username,
            hue=row.user_id.int % 360,
            avatar=people[row.user_id].avatar,
            since=row.created_at,
        )
        for row in rows
        if row.user_id in people
    ]
