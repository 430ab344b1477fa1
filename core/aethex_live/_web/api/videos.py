"""API of recordings."""

from __future__ import annotations

from typing import cast
from uuid import UUID

from quart import Blueprint
from quart_schema import tag, validate_querystring, validate_request, validate_response

from aethex_live._web.api.models import PlaySourceOut, VideoChange, VideoOut
from aethex_live._web.cards import Cards, ShownState
from aethex_live.domain.recordings import Visibility
from aethex_live.errors import Forbidden
from aethex_live.models import Recording
from aethex_live.web import Access, allow, current_actor, current_channel, current_channel_role, platform
from aethex_live.web.api import Done, Page, PageQuery, page_of, refuses

blueprint = Blueprint("api_videos", __name__, url_prefix="/api/v1")


@blueprint.get("/channels/<slug>/videos")
@tag(["videos"])
@allow(Access.CHANNEL)
@validate_querystring(PageQuery)
@validate_response(Page[VideoOut])
@refuses(404, 422)
async def videos(slug: str, query_args: PageQuery) -> Page[VideoOut]:
    """A channel's videos, newest first; its owner also sees those that are not public."""
    rows = await platform().domain.recordings.of_channel(
        current_channel().id,
        all_of_them=current_channel_role() == "owner",
        before=query_args.before,
        limit=query_args.limit + 1,
    )
    shown, after = page_of(rows, query_args.limit, lambda row: row.id)
    cards = Cards(platform())
    return Page[VideoOut](items=[video_out(cards, row) for row in shown], next=after)


@blueprint.get("/videos/<uuid:video_id>")
@tag(["videos"])
@allow(Access.PUBLIC)
@validate_response(VideoOut)
@refuses(404)
async def video(video_id: UUID) -> VideoOut:
    """A recording that the actor may watch."""
    row = await platform().domain.recordings.get(video_id, current_actor())
    return video_out(Cards(platform()), row)


@blueprint.patch("/videos/<uuid:video_id>")
@tag(["videos"])
@allow(Access.SIGNED_IN)
@validate_request(VideoChange)
@validate_response(VideoOut)
@refuses(401, 403, 404, 422)
async def change(video_id: UUID, data: VideoChange) -> VideoOut:
    """Change title and visibility; for the channel's owner."""
    row = await _own(video_id)
    recordings = platform().domain.recordings
    await recordings.change(row, current_actor(), title=data.title, visibility=data.visibility)
    return video_out(Cards(platform()), await recordings.get(video_id, current_actor()))


@blueprint.delete("/videos/<uuid:video_id>")
@tag(["videos"])
@allow(Access.SIGNED_IN)
@validate_response(Done)
@refuses(401, 403, 404)
async def delete(video_id: UUID) -> Done:
    """Delete a recording for good; for the channel's owner."""
    await platform().domain.recordings.delete(await _own(video_id), current_actor())
    return Done()


async def _own(video_id: UUID) -> Recording:
    parts, actor = platform(), current_actor()
    row = await parts.domain.recordings.get(video_id, actor)
    if await parts.domain.channels.role_of(row.channel, actor) != "owner":
        raise Forbidden("Only the owner of the channel may do this.")
    return row


def video_out(cards: Cards, row: Recording) -> VideoOut:
    """A recording with its `channel` loaded."""
    sources = cards.sources(row.provider, row.playback)
    return VideoOut(
        id=row.id,
        channel=row.channel.slug,
        title=row.title,
        state=cast("ShownState", row.state),
        visibility=cast("Visibility", row.visibility),
        duration=row.duration,
        size=row.size,
        width=row.width,
        height=row.height,
        incomplete=row.incomplete,
        created_at=row.created_at,
        sources=[PlaySourceOut(url=source.url, kind=source.kind) for source in sources],
    )
