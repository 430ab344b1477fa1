"""A channel's own pages: its front, what it shows now, its videos."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from quart import Blueprint, Response, request

from aethex_live._web.cards import Cards, channel_topic
from aethex_live._web.mature import gate
from aethex_live._web.shell import channel_view
from aethex_live._web.views import ChannelPageView, Pager, VideoCard, WatchView
from aethex_live.errors import NotFound
from aethex_live.models import Broadcast, Channel
from aethex_live.presence import count_topic, watching_topic
from aethex_live.realtime import Position
from aethex_live.web import Access, allow, current_channel, current_channel_role, page, platform
from aethex_live.web.subject import Subject

blueprint = Blueprint("channels", __name__)
PAGE = 24
BESIDE = 8


@blueprint.get("/<slug>")
@allow(Access.CHANNEL)
async def channel(slug: str) -> Response:
    """The channel's front: whether it is live, its recent videos, its words."""
    return await gate(current_channel()) or await _front("channel.html", "", limit=BESIDE)


@blueprint.get("/<slug>/videos")
@allow(Access.CHANNEL)
async def videos(slug: str) -> Response:
    """All public videos, newest first, in pages."""
    return await gate(current_channel()) or await _front("channel_videos.html", "/videos", limit=PAGE, before=_cursor())


@blueprint.get("/<slug>/live")
@allow(Access.CHANNEL)
async def watch(slug: str) -> Response:
    """The watch page: what is on now, or the last video."""
    parts, row = platform(), current_channel()
    if closed := await gate(row):
        return closed
    cards = Cards(parts)
    await cards.know([row])
    place, broadcast, recent = await parts.front.remember(("watch", row.id), lambda: _shown(row))
    if broadcast is None and current_channel_role() is not None:
        broadcast = await parts.domain.broadcasts.of_channel(row.id, rehearsals=True)
    view = WatchView(
        channel=channel_view(cards, row, live=broadcast is not None),
        live=cards.live(broadcast) if broadcast else None,
        player=await cards.player_of_broadcast(broadcast, place=place) if broadcast else None,
        last_video=recent[0] if recent and not broadcast else None,
        videos=recent,
        topic=channel_topic(row.id),
        last=place.seq,
        epoch=place.epoch,
        viewers_topic=count_topic(row.id),
        seen_topic=watching_topic(row.id),
    )
    subject = Subject(kind="live", path=f"/{row.slug}/live", channel=row, broadcast=broadcast)
    return await page("watch.html", player=True, subject=subject, view=view)


async def _shown(row: Channel) -> tuple[Position, Broadcast | None, Sequence[VideoCard]]:
    """What a watch page shows to everyone."""
    parts = platform()
    # asked before the broadcast: what begins in between reaches the page by its topic
    place = await parts.topics.head(channel_topic(row.id))
    broadcast = await parts.domain.broadcasts.of_channel(row.id)
    recent = await Cards(parts).video_cards(await parts.domain.recordings.of_channel(row.id, limit=BESIDE))
    return place, broadcast, recent


async def _front(template: str, rest: str, *, limit: int, before: UUID | None = None) -> Response:
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
    subject = Subject(kind="channel", path=f"/{row.slug}{rest}", channel=row, broadcast=broadcast)
    return await page(template, subject=subject, view=view)


def _cursor() -> UUID | None:
    value = request.args.get("before")
    if not value:
        return None
    try:
        return UUID(value)
    except ValueError:
        raise NotFound("This page of videos is not there; begin with the newest ones.") from None
