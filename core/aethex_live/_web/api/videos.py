"""API of recordings."""

from __future__ import annotations

from typing import cast, get_args
from uuid import UUID

from quart import Blueprint
from quart_schema import tag, validate_querystring, validate_request, validate_response

from aethex_live._web.api.live import playback_out, source_out
from aethex_live._web.api.models import DeletedVideos, DownloadOut, PlaybackOut, VideoChange, VideoOut
from aethex_live._web.cards import Cards, ShownState, is_private
from aethex_live.domain.recordings import Visibility
from aethex_live.domain.rights import Right
from aethex_live.errors import Forbidden
from aethex_live.models import Recording
from aethex_live.scopes import Scope
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
    cards, own = Cards(platform()), current_channel_role() == "owner"
    return Page[VideoOut](items=[video_out(cards, row, own=own) for row in shown], next=after)


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
@allow(Access.SIGNED_IN, scope=Scope.RECORDINGS_WRITE)
@validate_request(VideoChange)
@validate_response(VideoOut)
@refuses(401, 403, 404, 422)
async def change(video_id: UUID, data: VideoChange) -> VideoOut:
    """Change title and visibility; for the channel's owner and moderators with the right to it."""
    recordings = platform().domain.recordings
    row = await recordings.get(video_id, current_actor())
    await platform().domain.moderators.require(row.channel, current_actor(), Right.RECORDINGS_EDIT)
    await recordings.change(row, current_actor(), title=data.title, visibility=data.visibility)
    return video_out(Cards(platform()), await recordings.get(video_id, current_actor()))


@blueprint.delete("/videos/<uuid:video_id>")
@tag(["videos"])
@allow(Access.SIGNED_IN, scope=Scope.RECORDINGS_WRITE)
@validate_response(Done)
@refuses(401, 403, 404)
async def delete(video_id: UUID) -> Done:
    """Delete a recording; for the channel's owner, who can bring it back within seven days."""
    await platform().domain.recordings.delete(await _own(video_id), current_actor())
    return Done()


@blueprint.get("/channels/<slug>/videos/deleted")
@tag(["videos"])
@allow(Access.CHANNEL_OWNER)
@validate_response(DeletedVideos)
@refuses(401, 403, 404)
async def deleted(slug: str) -> DeletedVideos:
    """What was deleted within the last seven days, most recently deleted first."""
    rows = await platform().domain.recordings.deleted(current_channel().id)
    cards = Cards(platform())
    return DeletedVideos(items=[video_out(cards, row, own=True) for row in rows])


@blueprint.post("/channels/<slug>/videos/<uuid:video_id>/restore")
@tag(["videos"])
@allow(Access.CHANNEL_OWNER, scope=Scope.RECORDINGS_WRITE)
@validate_response(VideoOut)
@refuses(401, 403, 404)
async def restore(slug: str, video_id: UUID) -> VideoOut:
    """Bring a deleted recording back."""
    recordings, actor = platform().domain.recordings, current_actor()
    await recordings.restore(current_channel().id, video_id, actor)
    return video_out(Cards(platform()), await recordings.get(video_id, actor), own=True)


@blueprint.post("/videos/<uuid:video_id>/keep")
@tag(["videos"])
@allow(Access.SIGNED_IN, scope=Scope.RECORDINGS_WRITE)
@validate_response(VideoOut)
@refuses(401, 403, 404)
async def keep(video_id: UUID) -> VideoOut:
    """Keep a recording whatever the retention; for the channel's owner."""
    recordings, actor = platform().domain.recordings, current_actor()
    await recordings.keep(await _own(video_id), actor)
    return video_out(Cards(platform()), await recordings.get(video_id, actor), own=True)


@blueprint.get("/videos/<uuid:video_id>/download")
@tag(["videos"])
@allow(Access.SIGNED_IN)
@validate_response(DownloadOut)
@refuses(401, 403, 404, 503)
async def download(video_id: UUID) -> DownloadOut:
    """Where the recording can be loaded as one file; for the channel's owner."""
    return DownloadOut(url=platform().domain.recordings.download(await _own(video_id)))


@blueprint.get("/videos/<uuid:video_id>/playback")
@tag(["videos"])
@allow(Access.PUBLIC)
@validate_response(PlaybackOut)
@refuses(404)
async def playback(video_id: UUID) -> PlaybackOut:
    """Fresh addresses of a recording; of a private one only for the channel's owner."""
    row = await platform().domain.recordings.get(video_id, current_actor())
    return playback_out(Cards(platform()).ways(row.provider, row.playback, private=is_private(row)))


async def _own(video_id: UUID) -> Recording:
    parts, actor = platform(), current_actor()
    row = await parts.domain.recordings.get(video_id, actor)
    if await parts.domain.channels.role_of(row.channel, actor) != "owner":
        raise Forbidden("Only the owner of the channel may do this.")
    return row


def video_out(cards: Cards, row: Recording, *, own: bool = False) -> VideoOut:
    """A recording with its `channel` loaded; `own`: for its owner."""
    sources = cards.sources(row.provider, row.playback, private=is_private(row)) if row.state == "ready" else []
    return VideoOut(
        id=row.id,
        channel=row.channel.slug,
        title=row.title,
        state=cast("ShownState", row.state if row.state in get_args(ShownState) else "failed"),
        visibility=cast("Visibility", row.visibility),
        duration=row.duration,
        size=row.size,
        width=row.width,
        height=row.height,
        incomplete=row.incomplete,
        created_at=row.created_at,
        expires_at=row.expires_at if own else None,
        sources=[source_out(source) for source in sources],
    )
