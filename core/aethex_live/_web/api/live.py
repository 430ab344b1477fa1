"""API of what is on now, of the categories and of the site itself."""

from __future__ import annotations

from importlib.metadata import version

from pydantic import BaseModel
from quart import Blueprint
from quart_schema import tag, validate_response

from aethex_live import API_VERSION
from aethex_live._web.api.models import BroadcastOut, CategoryOut, LiveList, PlaySourceOut, SiteOut
from aethex_live._web.cards import Cards
from aethex_live.models import Broadcast, Category
from aethex_live.providers.auth import AuthCap
from aethex_live.web import Access, allow, platform

blueprint = Blueprint("api_live", __name__, url_prefix="/api/v1")


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
    provider = parts.domain.accounts.provider()
    return SiteOut(
        name=parts.site.name,
        url=parts.site.url,
        version=version("aethex-live"),
        api=API_VERSION,
        registration=provider is not None and AuthCap.REGISTER in provider.capabilities,
        streaming=parts.providers.streaming() is not None,
    )


@blueprint.get("/live")
@tag(["live"])
@allow(Access.PUBLIC)
@validate_response(LiveList)
async def live() -> LiveList:
    """Everything that is live on public channels, most watched first."""
    parts = platform()
    cards = Cards(parts)
    items = [broadcast_out(cards, row) for row in await parts.domain.broadcasts.live()]
    return LiveList(items=sorted(items, key=lambda item: -item.viewers))


@blueprint.get("/categories")
@tag(["live"])
@allow(Access.PUBLIC)
@validate_response(Categories)
async def categories() -> Categories:
    """All categories, by name."""
    rows = await Category.all().order_by("name")
    return Categories(items=[CategoryOut(slug=row.slug, name=row.name) for row in rows])


def broadcast_out(cards: Cards, row: Broadcast) -> BroadcastOut:
    """A broadcast with its `channel` and `category` loaded."""
    sources = cards.sources(row.provider, row.playback)
    return BroadcastOut(
        id=row.id,
        channel=row.channel.slug,
        channel_name=row.channel.name,
        title=row.title,
        category=row.category.slug if row.category else None,
        state="reconnecting" if row.state == "reconnecting" else "live",
        started_at=row.started_at,
        viewers=platform().presence.count(row.channel_id),
        sources=[PlaySourceOut(url=source.url, kind=source.kind) for source in sources],
    )
