"""What stands around every page: navigation by area, the rail of live channels, the signed-in person."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, cast

from quart import g, request

from aethex_live._web.cards import Cards
from aethex_live._web.cookies import take_flash
from aethex_live._web.safe_mode import SAFE_MODE
from aethex_live._web.views import ChannelView, Flash, NavItem, RailSection, ShellView, Tone, Viewer
from aethex_live.models import Channel
from aethex_live.web.request import current_actor

if TYPE_CHECKING:
    from aethex_live.platform import Platform

Area = Literal["site", "studio", "admin", "plain"]
ADMIN = (
    ("Status", "/admin", "activity"),
    ("Plugins", "/admin/plugins", "puzzle"),
    ("Providers", "/admin/providers", "plug"),
    ("People", "/admin/people", "users"),
    ("Channels", "/admin/channels", "tv"),
    ("Jobs", "/admin/jobs", "list-checks"),
    ("Webhooks", "/admin/webhooks", "webhook"),
    ("Mails", "/admin/mails", "mail"),
    ("Audit log", "/admin/audit", "scroll-text"),
    ("Settings", "/admin/settings", "settings"),
)
PLAIN = ("/sign-in", "/sign-up", "/setup/", "/embed/")


def area_of(path: str) -> Area:
    """Which navigation a path belongs to."""
    if path.startswith(PLAIN) or path in {"/confirm", "/setup"}:
        return "plain"
    if path == "/studio" or path.startswith("/studio/"):
        return "studio"
    if path == "/admin" or path.startswith("/admin/") or is_plugins_admin(path):
        return "admin"
    return "site"


def is_plugins_admin(path: str) -> bool:
    """Whether it is an operator's page of a plugin: /p/<plugin>/admin and what is below."""
    parts = path.split("/")
    return path.startswith("/p/") and len(parts) > 3 and parts[3] == "admin"


async def build(platform: Platform) -> ShellView:
    """The shell of the page that is being answered."""
    area = cast("Area", g.get("area") or area_of(request.path))
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
        rail=await _rail(platform) if area == "site" else (),
        flashes=[*_safe_mode(platform), *([Flash(text=flash[1], tone=cast("Tone", flash[0]))] if flash else ())],
        registration=_takes_everyone(platform),
        passwords=await _has_password(platform, area),
        ways=area == "site" and bool(platform.domain.linking.ways()),
        channel=cards.channel(channel) if channel is not None else None,
    )


def _safe_mode(platform: Platform) -> list[Flash]:
    """Operators are told on every page that most of the site is off."""
    if not (platform.site.safe and current_actor().is_operator):
        return []
    return [Flash(text=SAFE_MODE, tone="warn")]


def _takes_everyone(platform: Platform) -> bool:
    accounts = platform.domain.accounts
    return accounts.takes_accounts() and accounts.policy().registration in {"open", "approval"}


async def _has_password(platform: Platform, area: Area) -> bool:
    """Whether pages should speak of a password: the settings and the stream key do."""
    actor = current_actor()
    if actor.user_id is None or not (area == "studio" or request.path.startswith("/settings")):
        return platform.domain.accounts.takes_passwords()
    return await platform.domain.accounts.has_password(actor.user_id)


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
        entries = list(ADMIN)
    elif area == "studio" and channel is not None:
        base = f"/studio/{channel.slug}"
        entries = [
            ("Stream", base, "radio-tower"),
            ("Videos", f"{base}/videos", "clapperboard"),
            ("Channel settings", f"{base}/settings", "settings"),
        ]
        if g.get("channel_role") != "owner":  # those three are the owner's alone
            entries = [("Stream", f"{base}/desk", "radio-tower")]
    else:
        entries = [("Home", "/", "house")]
        if current_actor().signed_in:
            entries += [("Studio", "/studio", "radio-tower"), ("Settings", "/settings", "settings")]
    if area == "admin":
        path = next((href for _, href, _ in entries[1:] if path == href or path.startswith(f"{href}/")), path)
    return [NavItem(label=label, href=href, icon=icon, current=path == href) for label, href, icon in entries]


async def _rail(platform: Platform) -> list[RailSection]:
    live = await platform.front.rail()
    return [RailSection(heading="Live now", channels=live)] if live else []


def channel_view(cards: Cards, channel: Channel, *, live: bool, videos: int = 0) -> ChannelView:
    """The channel of a page that the actor may run or not."""
    return cards.channel(channel, live=live, videos=videos, can_manage=g.get("channel_role") == "owner")
