"""The studio's list of recordings: titles, who may see them, deleting."""

from __future__ import annotations

from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field
from quart import Blueprint, Response, request

from aethex_live._web.cards import Cards
from aethex_live._web.cookies import add_flash
from aethex_live._web.views import EMPTY_FORM, Pager, StudioVideosView
from aethex_live.errors import NotFound, Refusal
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

blueprint = Blueprint("studio_videos", __name__)
PAGE = 20


class VideoForm(BaseModel):
    """Title and visibility of a recording."""

    title: str = Field(min_length=1, max_length=140)
    visibility: Literal["public", "unlisted", "private"]


@blueprint.get("/studio/<slug>/videos")
@allow(Access.CHANNEL_OWNER)
async def videos(slug: str) -> Response:
    """All recordings of the channel."""
    return await _show()


@blueprint.post("/studio/<slug>/videos/<uuid:video_id>")
@allow(Access.CHANNEL_OWNER)
async def change(slug: str, video_id: UUID) -> Response:
    """Save title and visibility."""
    recordings = platform().domain.recordings
    row = await recordings.owned(current_channel().id, video_id)
    form = await read_form(VideoForm)
    if form.data is None:
        return await _show(form, str(video_id), 422)
    try:
        await recordings.change(row, current_actor(), title=form.data.title, visibility=form.data.visibility)
    except Refusal as refusal:
        form.refuse(refusal)
        return await _show(form, str(video_id), refusal.status)
    return _back("The video is saved.")


@blueprint.post("/studio/<slug>/videos/<uuid:video_id>/delete")
@allow(Access.CHANNEL_OWNER)
async def delete(slug: str, video_id: UUID) -> Response:
    """Delete a recording for good."""
    recordings = platform().domain.recordings
    row = await recordings.owned(current_channel().id, video_id)
    await recordings.delete(row, current_actor())
    return _back(f"“{row.title}” is deleted.")


def _back(text: str) -> Response:
    parts = platform()
    response = redirect_to(f"/studio/{current_channel().slug}/videos")
    return add_flash(response, parts.secrets, parts.site, text)


async def _show(form: Form[Any] | None = None, edited: str = "", status: int = 200) -> Response:
    parts, channel = platform(), current_channel()
    cards = Cards(parts)
    await cards.know([channel])
    before = _before()
    rows = await parts.domain.recordings.of_channel(channel.id, all_of_them=True, before=before, limit=PAGE + 1)
    older = f"/studio/{channel.slug}/videos?before={rows[PAGE - 1].id}" if len(rows) > PAGE else None
    view = StudioVideosView(
        channel=cards.channel(channel, can_manage=True),
        videos=await cards.video_cards(rows[:PAGE]),
        pager=Pager(older=older),
        edited=edited,
        form=form or EMPTY_FORM,
    )
    return await page("studio_videos.html", status=status, view=view)


def _before() -> UUID | None:
    value = request.args.get("before")
    try:
        return UUID(value) if value else None
    except ValueError:
        raise NotFound("This page of videos is not there; begin with the newest ones.") from None
