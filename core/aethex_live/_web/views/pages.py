"""The pages that everyone sees: home, watch, channel, video, sign-in, setup, settings, errors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from aethex_live._web.views.forms import EMPTY_FORM, ONE_PAGE, Pager
from aethex_live._web.views.shell import NavItem
from aethex_live._web.views.sign_in_with import NO_WAYS, LinkedRow, WayButton
from aethex_live._web.views.things import ChannelView, LiveCard, LiveView, PlayerView, VideoCard


@dataclass(frozen=True, slots=True, kw_only=True)
class HomeView:
    """home.html: `hero` is the most watched live channel, `up_next` the list in it (hero first), `live` the grid."""

    hero: LiveCard | None = None
    up_next: Sequence[LiveCard] = ()
    live: Sequence[LiveCard] = ()
    videos: Sequence[VideoCard] = ()
    categories: Sequence[NavItem] = ()  # chips that filter the grid, only those with someone live
    streaming: bool = True  # False: no streaming provider is chosen, and the page says so


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchView:
    """watch.html; `live=None` is the offline state, which turns into the live one by itself.

    `topic` is the channel's log topic, `viewers_topic` that of the viewer count, `seen_topic` the one that counts who
    watches; all also while it is offline.
    """

    channel: ChannelView
    live: LiveView | None
    player: PlayerView | None
    last_video: VideoCard | None = None
    videos: Sequence[VideoCard] = ()
    topic: str = ""
    last: int | None = None
    epoch: str = ""
    viewers_topic: str = ""
    seen_topic: str = ""

    @property
    def shown_player(self) -> PlayerView:
        """The player, or an empty one that waits for the next broadcast."""
        return self.player or PlayerView(
            kind="live",
            title=self.channel.name,
            sources=(),
            state="offline",
            topic=self.topic,
            last=self.last,
            epoch=self.epoch,
            seen_topic=self.seen_topic,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelPageView:
    """channel.html and channel_videos.html."""

    channel: ChannelView
    live: LiveView | None = None
    videos: Sequence[VideoCard] = ()
    pager: Pager = ONE_PAGE


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoView:
    """video.html; `player=None` while it is processed or when it failed (`note` says which)."""

    video: VideoCard
    player: PlayerView | None
    note: str = ""
    more: Sequence[VideoCard] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInView:
    """sign_in.html and sign_up.html. `local` tells whether the form of local accounts stands there.

    `registration`: whether everyone may make an account (`mode` says how: open, approval, invite, closed);
    `waiting`: the account that was just made waits for an operator.
    """

    terms: bool = False  # whether a new account has to accept the site's terms
    form: Any = EMPTY_FORM
    next: str = "/"
    local: bool = True
    registration: bool = True
    mode: str = "open"
    email_needed: bool = False
    forgot: str = ""
    waiting: bool = False
    ways: Sequence[WayButton] = NO_WAYS


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondStepView:
    """sign_in_code.html: the password was right, a code is still owed."""

    form: Any = EMPTY_FORM
    next: str = "/"


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmView:
    """confirm.html: who is signed in proves it again, by what the account has."""

    form: Any = EMPTY_FORM
    next: str = "/"
    password: bool = True
    code: bool = False
    ways: Sequence[WayButton] = NO_WAYS


@dataclass(frozen=True, slots=True, kw_only=True)
class SetupView:
    """setup.html: the operator's account, once."""

    action: str
    form: Any = EMPTY_FORM
    site_url: str = ""
    rtmp_url: str = ""
    local: bool = True  # whether the account can have a password
    ways: Sequence[WayButton] = NO_WAYS


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionRow:
    """A place where the account is signed in."""

    id: str
    device: str  # "Firefox on Linux"
    address: str
    seen_at: datetime
    current: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingsView:
    """settings.html; `sections` are the links of its side list (plugins add theirs by `account.sections`)."""

    account: Any = EMPTY_FORM
    password: Any = EMPTY_FORM
    sessions: Sequence[SessionRow] = ()
    sections: Sequence[NavItem] = ()
    username: str = ""
    local: bool = True  # whether a password can be changed here
    by_link: bool = False  # whether the old password need not be typed
    theme: Literal["dark", "light", "auto"] = "auto"
    linked: Sequence[LinkedRow] = ()
    linkable: Sequence[WayButton] = NO_WAYS  # issuers that no identity of the account is of


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorView:
    """error.html: what happened, and one next step. `request_id` is shown at 500."""

    status: int
    title: str
    text: str
    request_id: str = ""
    next_label: str = ""
    next_href: str = ""
    retry_after_s: int | None = None
