"""The home page: who is live now, what was recorded lately."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

from quart import Blueprint, Response, request

from aethex_live._web.views import HomeView, LiveCard, NavItem
from aethex_live.web import Access, allow, page, platform
from aethex_live.web.subject import Subject

blueprint = Blueprint("home", __name__)
UP_NEXT = 4


@blueprint.get("/")
@allow(Access.PUBLIC)
async def home() -> Response:
    """Featured channel, live channels, recent videos; `?category=` filters the live ones."""
    parts = platform()
    everyone = await parts.front.live()
    wanted = request.args.get("category", "")
    live = [card for card in everyone if not wanted or card.live.category == wanted]
    view = HomeView(
        hero=everyone[0] if everyone and not wanted else None,
        up_next=everyone[:UP_NEXT] if len(everyone) > 1 else (),
        live=live,
        videos=await parts.front.videos(),
        categories=_chips(everyone, wanted),
        streaming=parts.providers.streaming() is not None,
    )
    return await page("home.html", subject=Subject(kind="home", path="/"), view=view)


def _chips(everyone: Sequence[LiveCard], wanted: str) -> list[NavItem]:
    names = sorted({card.live.category for card in everyone if card.live.category})
    if len(names) < 2:
        return []
    chips = [NavItem(label="All", href="/", current=not wanted)]
    return chips + [NavItem(label=name, href=f"/?category={quote(name)}", current=name == wanted) for name in names]
