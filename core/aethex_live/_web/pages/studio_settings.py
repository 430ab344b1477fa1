"""A channel's settings in the studio: its words, address and colour, its moderators, its end."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field
from quart import Blueprint, Response, request

from aethex_live._web.cards import Cards
from aethex_live._web.cookies import add_flash
from aethex_live._web.views import Choice, ModeratorRow, StudioSettingsView
from aethex_live._web.words import language_options
from aethex_live.domain.channels import why_held
from aethex_live.domain.closing import day_of
from aethex_live.domain.rights import CHAT, SENTENCES, Right, rights_of
from aethex_live.errors import Invalid, Refusal
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
    require_proof,
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
    mature: bool = False


class DeleteForm(BaseModel):
    """The address, typed to say that it is meant."""

    typed: str = Field(default="", max_length=64)


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
        posted = await request.form
        chosen = posted.getlist("rights") if "choose" in posted else None
        user = await platform().domain.moderators.add(current_channel(), current_actor(), form.data.username, chosen)
    except Refusal as refusal:
        form.refuse(refusal)
        return await _show(moderator_form=form, status=refusal.status)
    return _back(current_channel(), f"{user.username} moderates your channel now.")


@blueprint.post("/studio/<slug>/moderators/<uuid:user_id>/rights")
@allow(Access.CHANNEL_OWNER)
async def change_moderator(slug: str, user_id: UUID) -> Response:
    """Give a moderator the rights that are ticked and no others."""
    chosen = (await request.form).getlist("rights")
    try:
        await platform().domain.moderators.change(current_channel(), current_actor(), user_id, chosen)
    except Invalid as refusal:
        return await _show(refused=str(user_id), refused_why=str(refusal), status=refusal.status)
    return _back(current_channel(), "The rights are saved. They hold from now on.")


@blueprint.post("/studio/<slug>/delete")
@allow(Access.CHANNEL_OWNER)
async def delete(slug: str) -> Response:
    """Close the channel, once its address is typed; it is deleted for good later."""
    parts, channel = platform(), current_channel()
    await require_proof(f"/studio/{channel.slug}/settings#delete")
    form = await read_form(DeleteForm)
    try:
        at = await parts.domain.closing.close(channel, current_actor(), form.data.typed if form.data else "")
    except Refusal as refusal:
        form.errors["typed"] = str(refusal)
        return await _show(delete_form=form, status=refusal.status)
    said = f"{channel.name} is closed. You can bring it back here until {day_of(at)}; then it is deleted."
    return add_flash(redirect_to("/studio?new"), parts.secrets, parts.site, said)


@blueprint.post("/studio/<uuid:channel_id>/restore")
@allow(Access.SIGNED_IN)
async def restore(channel_id: UUID) -> Response:
    """Call the deletion of a channel off."""
    channel = await platform().domain.closing.restore(channel_id, current_actor())
    return _back(channel, f"{channel.name} is back.")


@blueprint.post("/studio/<slug>/moderators/<uuid:user_id>/remove")
@allow(Access.CHANNEL_OWNER)
async def remove_moderator(slug: str, user_id: UUID) -> Response:
    """Take the right away again."""
    await platform().domain.moderators.remove(current_channel(), current_actor(), user_id)
    return _back(current_channel(), "This account does not moderate your channel any more.")


def _back(channel: Channel, text: str) -> Response:
    parts = platform()
    response = redirect_to(f"/studio/{channel.slug}/settings")
    return add_flash(response, parts.secrets, parts.site, text)


async def _show(
    form: Form[Any] | None = None,
    moderator_form: Form[Any] | None = None,
    delete_form: Form[Any] | None = None,
    refused: str = "",
    refused_why: str = "",
    status: int = 200,
) -> Response:
    parts, channel = platform(), current_channel()
    cards = Cards(parts)
    await cards.know([channel])
    view = StudioSettingsView(
        channel=cards.channel(channel, can_manage=True),
        form=form or Form[Any](values=_stored(channel)),
        moderators=await _moderators(channel, refused, refused_why),
        moderator_form=moderator_form or Form[Any](values={}),
        rights=_rights(CHAT),
        delete_form=delete_form or Form[Any](values={}),
        languages=language_options(),
        site_url=parts.site.url,
        held=why_held(channel),
        days=parts.site.leaving_days,
    )
    return await page("studio_settings.html", status=status, view=view)


def _stored(channel: Channel) -> dict[str, str]:
    fields = ("name", "slug", "hue", "language", "visibility", "about")
    typed = {field: str(getattr(channel, field)) for field in fields}
    return typed | ({"mature": "on"} if channel.mature else {})


async def _moderators(channel: Channel, refused: str, why: str) -> list[ModeratorRow]:
    parts = platform()
    rows = await parts.domain.moderators.of(channel)
    people = await parts.domain.people.describe(row.user_id for row in rows)
    return [
        ModeratorRow(
            id=str(row.user_id),
            name=people[row.user_id].name,
            username=people[row.user_id].username,
            hue=row.user_id.int % 360,
            avatar=people[row.user_id].avatar,
            since=row.created_at,
            rights=_rights(rights_of(row.rights)),
            error=why if str(row.user_id) == refused else "",
        )
        for row in rows
        if row.user_id in people
    ]


def _rights(given: Collection[Right]) -> list[Choice]:
    return [Choice(value=right.value, label=text, on=right in given) for right, text in SENTENCES.items()]
