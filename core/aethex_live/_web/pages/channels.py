"""A channel's own pages: its front, what it shows now, its videos."""

from __future__ import annotations

from uuid import UUID

from quart import Blueprint, Response, request

from aethex_live._web.cards import Cards, channel_topic
from aethex_live._web.shell import channel_view
from aethex_live._web.views import ChannelPageView, Pager, WatchView
from aethex_live.errors import NotFound
from aethex_live.presence import count_topic, watching_topic
from aethex_live.web import Access, allow, current_channel, page, platform, redirect_to

blueprint = Blueprint("channels", __name__)
PAGE = 24
BESIDE = 8


def moved(slug: str, rest: str = "") -> Response | None:
    """Where an old address of a channel leads to; None for its address of today."""
    channel = current_channel()
    return None if channel.slug == slug else redirect_to(f"/{channel.slug}{rest}")


@blueprint.get("/<slug>")
@allow(Access.CHANNEL)
async def channel(slug: str) -> Response:
    """The channel's front: whether it is live, its recent videos, its words."""
    if away := moved(slug):
        return away
    return await _front("channel.html", limit=BESIDE)


@blueprint.get("/<slug>/videos")
@allow(Access.CHANNEL)
async def videos(slug: str) -> Response:
    """All public videos, newest first, in pages."""
    if away := moved(slug, "/videos"):
        return away
    return await _front("channel_videos.html", limit=PAGE, before=_cursor())


@blueprint.get("/<slug>/live")
@allow(Access.CHANNEL)
async def watch(slug: str) -> Response:
    """The watch page: what is on now, or the last video."""
    if away := moved(slug, "/live"):
        return away
    parts, row = platform(), current_channel()
    cards = Cards(parts)
    await cards.know([row])
    # asked before the broadcast: what begins in between reaches the page by its topic
    place = await parts.topics.head(channel_topic(row.id))
    broadcast = await parts.domain.broadcasts.of_channel(row.id)
    recent = await cards.video_cards(await parts.domain.recordings.of_channel(row.id, limit=BESIDE))
    view = WatchView(
        channel=channel_view(cards, row, live=broadcast is not None),
        live=cards.live(broadcast) if broadcast else None,
        player=await cards.player_of_broadcast(broadcast) if broadcast else None,
        last_video=recent[0] if recent and not broadcast else None,
        videos=recent,
        share_url=f"{parts.site.url}/{row.slug}/live",
        topic=channel_topic(row.id),
        last=place.seq,
        epoch=place.epoch,
        viewers_topic=count_topic(row.id),
        seen_topic=watching_topic(row.id),
    )
    return await page("watch.html", player=True, view=view)


async def _front(template: str, *, limit: int, before: UUID | None = None) -> Response:
    parts, row = platform(), current_channel()
    cards = Cards(parts)
    await cards.know([row])
    broadcast = await parts.domain.broadcasts.of_channel(row.id)
    rows = await parts.domain.recordings.of_channel(row.id, before=before, limit=limit + 1)
    older = f"/{row.slug}/videos?before={rows[limit - 1].id}" if len(rows) > limit else None
    view = ChannelPageView(
        channel=channel_view(
            cards, row, live=broadcast is not None, videos=await parts.domain.recordings.count(row.id)
        ),
        live=cards.live(broadcast) if broadcast else None,
        videos=await cards.video_cards(rows[:limit]),
        pager=Pager(older=older),
    )
    return await page(template, view=view)


def _cursor() -> UUID | None:
    value = request.args.get("before")
    if not value:
        return None
    try:
        return UUID(value)
    except ValueError:
        raise NotFound("This page of videos is not there; begin with the newest ones.") from None
