"""The studio's list of recordings: titles, who may see them, downloads, deleting and bringing back, retention."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field
from quart import Blueprint, Response, request

from aethex_live._web.cards import Cards
from aethex_live._web.cookies import add_flash
from aethex_live._web.views import EMPTY_FORM, FormView, Pager, StudioVideosView
from aethex_live.errors import NotFound, Refusal
from aethex_live.models import Recording
from aethex_live.providers.streaming import StreamCap
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


class RetentionForm(BaseModel):
    """How long recordings are kept; empty is as long as the site keeps them."""

    retention_days: str = Field(default="", max_length=4, pattern=r"^\s*[0-9]*\s*$")

    @property
    def days(self) -> int | None:
        """The number, None for an empty field."""
        return int(self.retention_days) if self.retention_days.strip() else None


@blueprint.get("/studio/<slug>/videos")
@allow(Access.CHANNEL_OWNER)
async def videos(slug: str) -> Response:
    """All recordings of the channel, and what can be brought back."""
    return await _show()


@blueprint.post("/studio/<slug>/videos/<uuid:video_id>")
@allow(Access.CHANNEL_OWNER)
async def change(slug: str, video_id: UUID) -> Response:
    """Save title and visibility."""
    row = await _row(video_id)
    form = await read_form(VideoForm)
    if form.data is None:
        return await _show(form, str(video_id), 422)
    try:
        await platform().domain.recordings.change(
            row, current_actor(), title=form.data.title, visibility=form.data.visibility
        )
    except Refusal as refusal:
        form.refuse(refusal)
        return await _show(form, str(video_id), refusal.status)
    return _back("The video is saved.")


@blueprint.post("/studio/<slug>/videos/<uuid:video_id>/delete")
@allow(Access.CHANNEL_OWNER)
async def delete(slug: str, video_id: UUID) -> Response:
    """Delete a recording; the page that follows offers to undo it."""
    await platform().domain.recordings.delete(await _row(video_id), current_actor())
    return redirect_to(f"/studio/{current_channel().slug}/videos?deleted={video_id}")


@blueprint.post("/studio/<slug>/videos/<uuid:video_id>/restore")
@allow(Access.CHANNEL_OWNER)
async def restore(slug: str, video_id: UUID) -> Response:
    """Undo a deletion."""
    row = await platform().domain.recordings.restore(current_channel().id, video_id, current_actor())
    return _back(f"“{row.title}” is back.")


@blueprint.post("/studio/<slug>/videos/<uuid:video_id>/purge")
@allow(Access.CHANNEL_OWNER)
async def purge(slug: str, video_id: UUID) -> Response:
    """Delete for good what was deleted, at once."""
    await platform().domain.retention.purge(current_channel().id, video_id, current_actor())
    return _back("The video is gone for good.")


@blueprint.post("/studio/<slug>/videos/<uuid:video_id>/keep")
@allow(Access.CHANNEL_OWNER)
async def keep(slug: str, video_id: UUID) -> Response:
    """Keep a recording whatever the retention."""
    row = await _row(video_id)
    await platform().domain.recordings.keep(row, current_actor())
    return _back(f"“{row.title}” is kept.")


@blueprint.get("/studio/<slug>/videos/<uuid:video_id>/download")
@allow(Access.CHANNEL_OWNER)
async def download(slug: str, video_id: UUID) -> Response:
    """To the recording as one file."""
    return redirect_to(platform().domain.recordings.download(await _row(video_id)))


@blueprint.post("/studio/<slug>/retention")
@allow(Access.CHANNEL_OWNER)
async def retention(slug: str) -> Response:
    """Save how long recordings that are made from now on are kept."""
    form = await read_form(RetentionForm)
    if form.data is None:
        return await _show(retention=form, status=422)
    try:
        changes = {"retention_days": form.data.days}
        await platform().domain.channels.update(current_channel(), current_actor(), changes)
    except Refusal as refusal:
        form.refuse(refusal)
        return await _show(retention=form, status=refusal.status)
    return _back("This holds for recordings that are made from now on.")


async def _row(video_id: UUID) -> Recording:
    return await platform().domain.recordings.owned(current_channel().id, video_id)


def _back(text: str) -> Response:
    parts = platform()
    response = redirect_to(f"/studio/{current_channel().slug}/videos")
    return add_flash(response, parts.secrets, parts.site, text)


async def _show(
    form: Form[Any] | None = None,
    edited: str = "",
    status: int = 200,
    retention: Form[Any] | None = None,
) -> Response:
    parts, channel = platform(), current_channel()
    cards = Cards(parts)
    await cards.know([channel])
    recordings = parts.domain.recordings
    rows = await recordings.of_channel(channel.id, all_of_them=True, before=_before(), limit=PAGE + 1)
    older = f"/studio/{channel.slug}/videos?before={rows[PAGE - 1].id}" if len(rows) > PAGE else None
    gone = await cards.video_cards(await recordings.deleted(channel.id))
    days = channel.retention_days
    forecast = await parts.domain.storage.now()
    view = StudioVideosView(
        channel=cards.channel(channel, can_manage=True),
        videos=await cards.video_cards(rows[:PAGE]),
        deleted=gone,
        just_deleted=next((card for card in gone if card.id == request.args.get("deleted")), None),
        downloads=_downloads(rows[:PAGE]),
        retention=retention or FormView(values={"retention_days": "" if days is None else str(days)}),
        site_days=parts.site.recordings_days,
        disk=forecast.sentence if forecast is not None and not forecast.recording else "",
        pager=Pager(older=older),
        edited=edited,
        form=form or EMPTY_FORM,
    )
    return await page("studio_videos.html", status=status, view=view)


def _downloads(rows: Sequence[Recording]) -> frozenset[str]:
    """Those whose own provider hands them out as files, which need not be the chosen one."""
    recordings = platform().domain.recordings
    able = ((row, recordings.provider_of(row)) for row in rows)
    return frozenset(str(row.id) for row, made_by in able if made_by and StreamCap.DOWNLOAD in made_by.capabilities)


def _before() -> UUID | None:
    value = request.args.get("before")
    try:
        return UUID(value) if value else None
    except ValueError:
        raise NotFound("This page of videos is not there; begin with the newest ones.") from None
