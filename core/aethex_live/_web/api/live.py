"""API of what is on now, of the categories and of the site itself."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import version
from uuid import UUID

from pydantic import BaseModel
from quart import Blueprint
from quart_schema import tag, validate_response

from aethex_live import API_VERSION
from aethex_live._web.api.models import BroadcastOut, CategoryOut, LiveList, PlaybackOut, PlaySourceOut, SiteOut
from aethex_live._web.cards import Cards, is_private
from aethex_live._web.views import Source
from aethex_live.models import Broadcast, Category
from aethex_live.providers.streaming import PlaySource
from aethex_live.web import Access, allow, current_actor, current_channel, platform
from aethex_live.web.api import refuses
from aethex_live.web.hot import same_for_all

A_SECOND = "public, max-age=1"
blueprint = Blueprint("api_live", __name__, url_prefix="/api/v1")


class ViewersOut(BaseModel):
    """How many people watch."""

    viewers: int


class Categories(BaseModel):
    """All categories, by name."""

    items: list[CategoryOut]


@blueprint.get("/site")
@tag(["site"])
@allow(Access.PUBLIC)
@validate_response(SiteOut)
async def site() -> SiteOut:
    """Name, version and what is possible here."""
    parts = platform()
    accounts = parts.domain.accounts
    return SiteOut(
        name=parts.site.name,
        url=parts.site.url,
        version=version("aethex-live"),
        api=API_VERSION,
        registration=accounts.takes_accounts() and accounts.policy().registration in {"open", "approval"},
        terms_version=parts.site.terms_version,
        terms_url=parts.site.terms_url or (f"{parts.site.url}/terms" if parts.site.terms_version else ""),
        streaming=parts.providers.streaming() is not None,
    )


@blueprint.get("/live")
@tag(["live"])
@allow(Access.PUBLIC)
@validate_response(LiveList)
async def live() -> tuple[LiveList, int, dict[str, str]]:
    """Everything that is live on public channels, most watched first."""
    same_for_all()
    parts = platform()
    cards = Cards(parts)
    items = [broadcast_out(cards, row) for row in await parts.front.broadcasts()]
    return LiveList(items=sorted(items, key=lambda item: -item.viewers)), 200, {"Cache-Control": A_SECOND}


@blueprint.get("/channels/<slug>/viewers")
@tag(["live"])
@allow(Access.CHANNEL)
@validate_response(ViewersOut)
@refuses(404)
async def viewers(slug: str) -> tuple[ViewersOut, int, dict[str, str]]:
    """How many watch a channel now; 0 while it is not live. Made to be asked often: it is answered from memory."""
    same_for_all()
    count = platform().presence.count(current_channel().id)
    return ViewersOut(viewers=count), 200, {"Cache-Control": A_SECOND}


@blueprint.get("/categories")
@tag(["live"])
@allow(Access.PUBLIC)
@validate_response(Categories)
async def categories() -> Categories:
    """All categories, by name."""
    rows = await Category.all().order_by("name")
    return Categories(items=[CategoryOut(slug=row.slug, name=row.name) for row in rows])


def source_out(source: Source | PlaySource) -> PlaySourceOut:
    """One way to play."""
    return PlaySourceOut(url=source.url, kind=source.kind, seconds=source.seconds)


def playback_out(ways: Sequence[PlaySource]) -> PlaybackOut:
    """Ways to play with the time until which they hold."""
    ends = [way.expires_at for way in ways if way.expires_at is not None]
    return PlaybackOut(sources=[source_out(way) for way in ways], expires_at=min(ends, default=None))


@blueprint.get("/broadcasts/<uuid:broadcast_id>/playback")
@tag(["live"])
@allow(Access.PUBLIC)
@validate_response(PlaybackOut)
@refuses(404)
async def playback(broadcast_id: UUID) -> PlaybackOut:
    """Fresh addresses of a broadcast; of a rehearsal only for the channel's owner and moderators."""
    parts = platform()
    row = await parts.domain.broadcasts.watchable(broadcast_id, current_actor())
    return playback_out(Cards(parts).ways(row.provider, row.playback, private=is_private(row)))


def broadcast_out(cards: Cards, row: Broadcast) -> BroadcastOut:
    """A broadcast with its `channel` and `category` loaded."""
    sources = cards.sources(row.provider, row.playback, private=is_private(row))
    return BroadcastOut(
        id=row.id,
        channel=row.channel.slug,
        channel_name=row.channel.name,
        title=row.title,
        category=row.category.slug if row.category else None,
        state="reconnecting" if row.state == "reconnecting" else "live",
        started_at=row.started_at,
        viewers=platform().presence.count(row.channel_id),
        sources=[source_out(source) for source in sources],
    )
