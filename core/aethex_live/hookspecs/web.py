"""Hooks of pages and addresses: blueprints, slots, mounts in front of Quart."""

from __future__ import annotations

import enum
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aethex_live.hookspecs._marker import spec

if TYPE_CHECKING:
    from quart import Blueprint

    from aethex_live.web.sockets import Socket

Scope = Mapping[str, Any]
AsgiApp = Callable[[Any, Any, Any], Awaitable[None]]


class Slot(enum.StrEnum):
    """A named place on a page of the core that plugins may fill. Renaming one is a change of the API."""

    HEAD_META = "head.meta"
    HEAD_ASSETS = "head.assets"
    NAV_MAIN = "nav.main"
    NAV_ACTIONS = "nav.actions"
    NAV_RAIL = "nav.rail"
    NAV_USER_MENU = "nav.user_menu"
    FOOTER_LINKS = "footer.links"
    HOME_AFTER_HERO = "home.after_hero"
    HOME_SECTIONS = "home.sections"
    CARD_BADGES = "card.badges"
    WATCH_ACTIONS = "watch.actions"
    WATCH_BELOW_PLAYER = "watch.below_player"
    WATCH_TABS = "watch.tabs"
    WATCH_SIDEBAR = "watch.sidebar"
    WATCH_AFTER = "watch.after"
    VIDEO_ACTIONS = "video.actions"
    CHAT_USER_CARD = "chat.user_card"
    CHAT_MESSAGE_ACTIONS = "chat.message_actions"
    CHANNEL_HEADER = "channel.header"
    CHANNEL_ACTIONS = "channel.actions"
    CHANNEL_TABS = "channel.tabs"
    CHANNEL_ABOUT_PANELS = "channel.about_panels"
    CHANNEL_SECTIONS = "channel.sections"
    STUDIO_NAV = "studio.nav"
    DASHBOARD_STATS = "dashboard.stats"
    DASHBOARD_MAIN = "dashboard.main"
    DASHBOARD_CARDS = "dashboard.cards"
    DASHBOARD_CHAT = "dashboard.chat"
    SETTINGS_SECTIONS = "settings.sections"
    ACCOUNT_NAV = "account.nav"
    ACCOUNT_SECTIONS = "account.sections"
    ADMIN_NAV = "admin.nav"
    ADMIN_PLUGIN_PAGE = "admin.plugin_page"
    LOGIN_METHODS = "login.methods"
    LOGIN_CONFIRM = "login.confirm"
    PAGE_NOTICES = "page.notices"


# what stands in the page and what a contribution may read; docs/slots.md is made from this
SLOT_NOTES: Mapping[Slot, tuple[str, tuple[str, ...]]] = {
    Slot.HEAD_META: ("<head>, after the title: what search engines and previews read", ("subject",)),
    Slot.HEAD_ASSETS: ("End of <head>: styles and module scripts of this page", ()),
    Slot.NAV_MAIN: ("Links of the top bar", ()),
    Slot.NAV_ACTIONS: ("Right side of the top bar, before the account menu", ()),
    Slot.NAV_RAIL: ("Links of the left rail", ()),
    Slot.NAV_USER_MENU: ("Entries of the account menu", ()),
    Slot.FOOTER_LINKS: ("Links at the foot of a page", ()),
    Slot.HOME_AFTER_HERO: ("Home, below the featured channel", ()),
    Slot.HOME_SECTIONS: ("Home, after the live channels", ()),
    Slot.CARD_BADGES: ("Badges on a stream card", ("card",)),
    Slot.WATCH_ACTIONS: ("Watch page, buttons beside the channel's name", ("channel", "live")),
    Slot.WATCH_BELOW_PLAYER: ("Watch page, under the channel bar", ("channel", "live")),
    Slot.WATCH_TABS: ("Watch page, more tabs", ("channel", "live")),
    Slot.WATCH_SIDEBAR: ("Watch page, the column beside the player", ("channel", "live")),
    Slot.WATCH_AFTER: ("Watch page, the end of the main column", ("channel", "live")),
    Slot.VIDEO_ACTIONS: ("Video page, buttons beside the channel's name", ("channel", "video")),
    Slot.CHAT_USER_CARD: ("Chat, at the end of the card of somebody who wrote", ("channel", "person", "line")),
    Slot.CHAT_MESSAGE_ACTIONS: (
        "Chat, among the tools of a message; `data-line-href` gets the message's id",
        ("slug",),
    ),
    Slot.CHANNEL_HEADER: ("Channel page, under the name", ("channel",)),
    Slot.CHANNEL_ACTIONS: ("Channel page, buttons", ("channel",)),
    Slot.CHANNEL_TABS: ("Channel page, more tabs", ("channel",)),
    Slot.CHANNEL_ABOUT_PANELS: ("Channel page, beside the about text", ("channel",)),
    Slot.CHANNEL_SECTIONS: ("Channel page, after the videos", ("channel",)),
    Slot.STUDIO_NAV: ("Studio, links of the left rail", ("channel",)),
    Slot.DASHBOARD_STATS: ("Stream manager, figures in the strip", ("channel", "live")),
    Slot.DASHBOARD_MAIN: ("Stream manager, under the health card", ("channel", "live")),
    Slot.DASHBOARD_CARDS: ("Stream manager, middle column", ("channel", "live")),
    Slot.DASHBOARD_CHAT: ("Stream manager, right column", ("channel", "live")),
    Slot.SETTINGS_SECTIONS: ("Channel settings in the studio, more sections", ("channel",)),
    Slot.ACCOUNT_NAV: ("Account settings, links of the side list", ()),
    Slot.ACCOUNT_SECTIONS: ("Account settings, more sections", ()),
    Slot.ADMIN_NAV: ("Admin, links of the left rail", ()),
    Slot.ADMIN_PLUGIN_PAGE: ("Admin, below a plugin's row", ("plugin",)),
    Slot.LOGIN_METHODS: ("Sign-in (also its second step) and sign-up, more ways to sign in", ("next",)),
    Slot.LOGIN_CONFIRM: ("Confirm page, more ways to prove that it is you", ("next",)),
    Slot.PAGE_NOTICES: ("Above the content of every page: what a signed-in person has to do first", ()),
}

Render = Callable[[Mapping[str, Any]], Awaitable[Mapping[str, Any] | None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotContribution:
    """What a plugin puts into a slot.

    `template` is rendered with the slot's context plus what `context` (if given) returns for it; when
    `context` returns None nothing is shown. Lower `order` stands first.
    """

    slot: Slot
    template: str
    context: Render | None = None
    order: int = 100


@dataclass(frozen=True, slots=True)
class Ready:
    """A 200 as it goes out: `head` is the status line and the headers, each line ended, without the empty line."""

    head: bytes
    body: bytes

    @classmethod
    def of(cls, headers: Iterable[tuple[bytes, bytes]], body: bytes) -> Ready:
        """Of headers and body; a content-length must be among the headers."""
        return cls(b"HTTP/1.1 200 OK\r\n" + b"".join(b"%b: %b\r\n" % field for field in headers), body)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mount:
    """An ASGI app that answers everything below `prefix` (it begins and ends with /) in front of Quart.

    `at_once`, where given, is asked first for plain GETs (no query, no range, no condition): it gives the same answer
    as the app, out of memory and for everybody, or None. Such an answer costs about a third of a call of the app.
    """

    prefix: str
    app: AsgiApp
    at_once: Callable[[str], Ready | None] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SocketMount:
    """A websocket at exactly `path`, as /ingest/web.

    The core refuses other sites' pages and finds out whose session it is; `handler` gets the accepted socket, and
    when it returns the socket is closed.
    """

    path: str
    handler: Callable[[Socket], Awaitable[None]]


@spec("collect")
def blueprints() -> Sequence[Blueprint]:  # type: ignore[empty-body]  # a declaration has no body
    """Routes of the plugin: pages below /p/<plugin>/, JSON below /api/v1/. Each view is marked by `web.allow`."""


@spec("collect")
def slots() -> Sequence[SlotContribution]:  # type: ignore[empty-body]  # a declaration has no body
    """What the plugin shows on pages of the core."""


@spec("collect")
def mounts() -> Sequence[Mount]:  # type: ignore[empty-body]  # a declaration has no body
    """Hot paths that must not pay for a whole request: live media, counters."""


@spec("collect")
def websockets() -> Sequence[SocketMount]:  # type: ignore[empty-body]  # a declaration has no body
    """Websockets of the plugin's own, for what realtime topics can't carry: binary media of a page."""


@spec("collect")
def page_modules() -> Mapping[str, str]:  # type: ignore[empty-body]  # a declaration has no body
    """Bare module names for the import map -> file in the plugin's static/ folder, as {"@chat/room": "room.js"}."""
