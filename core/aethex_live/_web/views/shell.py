"""What stands around every page: top bar, rail, tab bar, account menu, news."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from aethex_live._web.views.things import ChannelView
from aethex_live._web.views.words import Tone


@dataclass(frozen=True, slots=True, kw_only=True)
class NavItem:
    """A link of the rail, of the top bar or of the tab bar; `icon` is a Lucide name."""

    label: str
    href: str
    icon: str = "circle"
    current: bool = False
    count: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RailItem:
    """A channel in the rail; offline ones have `viewers=None` and stand last."""

    name: str
    href: str
    hue: int
    avatar: str | None = None
    note: str = ""  # the category, or when it is live next
    viewers: int | None = None
    topic: str = ""  # of the viewer count

    @property
    def live(self) -> bool:
        """Whether the channel is live now."""
        return self.viewers is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class RailSection:
    """A headed group of channels in the rail."""

    heading: str
    channels: Sequence[RailItem]


@dataclass(frozen=True, slots=True, kw_only=True)
class Viewer:
    """The signed-in person, as the account menu shows them; `channels` are those that they may run."""

    name: str
    username: str
    hue: int = 190
    avatar: str | None = None
    operator: bool = False
    channels: Sequence[NavItem] = ()
    home: str = ""  # address of their first channel, "" when they have none


@dataclass(frozen=True, slots=True, kw_only=True)
class Flash:
    """News of what the last form did; shown once, in a toast that also works without JavaScript."""

    text: str
    tone: Tone = "ok"


@dataclass(frozen=True, slots=True, kw_only=True)
class ShellView:
    """What stands around every page.

    `area` chooses the rail and its badge: "site", "studio", "admin", or "plain" (no rail: sign-in, setup, errors that
    happen before anything is known). `nav` fills rail and tab bar (its first five), `top` the top bar.
    """

    site_name: str = "AeThex"
    area: Literal["site", "studio", "admin", "plain"] = "site"
    path: str = "/"
    viewer: Viewer | None = None
    nav: Sequence[NavItem] = ()
    top: Sequence[NavItem] = ()
    rail: Sequence[RailSection] = ()
    flashes: Sequence[Flash] = ()
    registration: bool = True  # whether a "Sign up" button makes sense
    passwords: bool = True  # whether pages speak of a password: this account has one, for guests any could
    ways: bool = False  # whether accounts elsewhere can be linked
    channel: ChannelView | None = None  # the studio's channel
