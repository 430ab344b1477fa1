"""What stands around every page: navigation by area, the rail of live channels, the signed-in person."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, cast

from quart import g, request

from aethex_live._web.cards import Cards
from aethex_live._web.cookies import take_flash
from aethex_live._web.views import ChannelView, Flash, NavItem, RailItem, RailSection, ShellView, Tone, Viewer
from aethex_live.models import Channel
from aethex_live.web.request import current_actor

if TYPE_CHECKING:
    from aethex_live.platform import Platform

Area = Literal["site", "studio", "admin", "plain"]
MOST_IN_RAIL = 12
PLAIN = ("/sign-in", "/sign-up", "/setup/")


def area_of(path: str) -> Area:
    """Which navigation a path belongs to."""
    if path.startswith(PLAIN):
        return "plain"
    if path == "/studio" or path.startswith("/studio/"):
        return "studio"
    if path == "/admin" or path.startswith("/admin/"):
        return "admin"
    return "site"


async def build(platform: Platform) -> ShellView:
    """The shell of the page that is being answered."""
    area = area_of(request.path)
    cards = Cards(platform)
    flash = take_flash(platform.secrets)
    channel = cast("Channel | None", g.get("channel")) if area == "studio" else None
    if channel is not None:
        await cards.know([channel])
    return ShellView(
        site_name=platform.site.name,
        area=area,
        path=request.path,
        viewer=await _viewer(platform, cards),
        nav=_nav(area, channel),
        rail=await _rail(platform, cards) if area == "site" else (),
        flashes=[Flash(text=flash[1], tone=cast("Tone", flash[0]))] if flash else (),
        registration=platform.domain.accounts.provider() is not None,
        channel=cards.channel(channel) if channel is not None else None,
    )


async def _viewer(platform: Platform, cards: Cards) -> Viewer | None:
    actor = current_actor()
    if actor.user_id is None:
        return None
    channels = await platform.domain.channels.of_owner(actor.user_id)
    people = await platform.domain.people.describe([actor.user_id])
    person = people.get(actor.user_id)
    return Viewer(
        name=person.name if person else actor.name,
        username=actor.username,
        hue=channels[0].hue if channels else actor.user_id.int % 360,
        avatar=person.avatar if person else None,
        operator=actor.is_operator,
        channels=[NavItem(label=channel.name, href=f"/studio/{channel.slug}", icon="radio") for channel in channels],
        home=f"/{channels[0].slug}" if channels else "",
    )


def _nav(area: Area, channel: Channel | None) -> list[NavItem]:
    path = request.path
    if area == "admin":
        entries = [("Plugins", "/admin/plugins", "puzzle"), ("Mails", "/admin/mails", "mail")]
    elif area == "studio" and channel is not None:
        base = f"/studio/{channel.slug}"
        entries = [
            ("Stream", base, "radio-tower"),
            ("Videos", f"{base}/videos", "clapperboard"),
            ("Channel settings", f"{base}/settings", "settings"),
        ]
    else:
        entries = [("Home", "/", "house")]
        if current_actor().signed_in:
            entries += [("Studio", "/studio", "radio-tower"), ("Settings", "/settings", "settings")]
    return [NavItem(label=label, href=href, icon=icon, current=path == href) for label, href, icon in entries]


async def _rail(platform: Platform, cards: Cards) -> list[RailSection]:
    live = await cards.live_cards(await platform.domain.broadcasts.live(limit=MOST_IN_RAIL))
    if not live:
        return []
    items = [
        RailItem(
            name=card.channel.name,
            href=card.href,
            hue=card.channel.hue,
            avatar=card.channel.avatar,
            note=card.live.category,
            viewers=card.live.viewers,
            topic=card.live.topic,
        )
        for card in live
    ]
    return [RailSection(heading="Live now", channels=items)]


def channel_view(cards: Cards, channel: Channel, *, live: bool, videos: int = 0) -> ChannelView:
    """The channel of a page that the actor may run or not."""
    return cards.channel(channel, live=live, videos=videos, can_manage=g.get("channel_role") == "owner")
