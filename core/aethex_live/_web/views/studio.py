"""The creator's pages: first channel, stream manager, videos, channel settings."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from aethex_live._web.views.forms import EMPTY_FORM, ONE_PAGE, Choice, FormView, Option, Pager
from aethex_live._web.views.things import ChannelView, LiveView, PlayerView, VideoCard
from aethex_live._web.views.words import Tone


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosedChannel:
    """A channel that is to be deleted; `by_operator`: its owner can't bring it back."""

    id: str
    channel: ChannelView
    delete_at: datetime
    by_operator: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class StudioStartView:
    """studio_start.html: make a channel, or choose one of those that the person runs."""

    form: Any = EMPTY_FORM
    channels: Sequence[ChannelView] = ()
    helps: Sequence[ChannelView] = ()  # channels of others that the person moderates
    closed: Sequence[ClosedChannel] = ()
    categories: Sequence[Option] = ()
    site_url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stat:
    """A figure with its label; `topic` keeps it fresh, `id` is how the page's module finds it."""

    label: str
    value: str
    icon: str = ""
    note: str = ""
    id: str = ""
    topic: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something about the incoming stream in words: what it is, and what to do about it."""

    text: str
    advice: str = ""
    tone: Tone = "warn"


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """A line of a chart."""

    label: str
    values: Sequence[float]
    area: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ChartView:
    """A line chart: `times` are the points' labels (same length as each series), `unit` stands in the table's head."""

    title: str
    times: Sequence[str]
    series: Sequence[Series]
    unit: str = ""
    ceiling: float | None = None  # the top of the scale, else taken from the values


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthView:
    """The verdict on the incoming stream, its findings, its bitrate over time and the facts below the chart."""

    verdict: str
    tone: Tone
    findings: Sequence[Finding] = ()
    chart: ChartView | None = None
    facts: Sequence[Stat] = ()
    topic: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionView:
    """Where the encoder sends to. `key` is only set in the answer to a fresh re-authentication."""

    server: str
    secure_server: str = ""
    state: str  # "Waiting for your stream", "Receiving", "Reconnecting"
    tone: Tone = "neutral"
    key: str | None = None
    key_error: str = ""
    masked: str = "••••••••••••••••••••"


@dataclass(frozen=True, slots=True, kw_only=True)
class StudioView:
    """studio.html: the stream manager. `health`, `preview` and `live` are None while nothing comes in."""

    channel: ChannelView
    live: LiveView | None
    connection: ConnectionView | None  # None: no streaming provider, and the page says so
    details: Any
    stats: Sequence[Stat] = ()
    preview: PlayerView | None = None
    health: HealthView | None = None
    categories: Sequence[Option] = ()
    languages: Sequence[Option] = ()
    can_end: bool = True
    rehearsal: bool = False  # what is sent next is a rehearsal
    can_rehearse: bool = False
    can_use_browser: bool = False  # creators go live from a page, too
    trouble: str = ""  # the streaming provider does not answer, in a sentence
    has_provider: bool = True
    state_topic: str = ""
    last_video: VideoCard | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StudioVideosView:
    """studio_videos.html; `edited` names the video whose form was refused, `form` is that form.

    `deleted` can be brought back, `just_deleted` is the one that the last form took away.
    """

    channel: ChannelView
    videos: Sequence[VideoCard]
    deleted: Sequence[VideoCard] = ()
    just_deleted: VideoCard | None = None
    downloads: Collection[str] = ()  # ids of the videos that can be had as files
    retention: Any = EMPTY_FORM
    site_days: int | None = None
    disk: str = ""  # why nothing is recorded at the moment
    pager: Pager = ONE_PAGE
    edited: str = ""
    form: Any = EMPTY_FORM

    def form_of(self, video: VideoCard) -> Any:
        """The form of that video: the refused one, else what is stored."""
        if self.edited == video.id:
            return self.form
        return FormView(values={"title": video.title, "visibility": video.visibility})


@dataclass(frozen=True, slots=True, kw_only=True)
class ModeratorRow:
    """Someone who helps in the channel; `error` says why their rights were not changed."""

    id: str
    name: str
    username: str
    hue: int = 190
    avatar: str | None = None
    since: datetime | None = None
    rights: Sequence[Choice] = ()
    error: str = ""

    @property
    def given(self) -> Sequence[Choice]:
        """The rights that they have."""
        return [right for right in self.rights if right.on]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskView:
    """studio_desk.html: what a moderator may do besides the chat; `rights` are all of theirs, as sentences."""

    channel: ChannelView
    live: LiveView | None
    rights: Sequence[str] = ()
    may_edit: bool = False
    may_end: bool = False
    form: Any = EMPTY_FORM
    categories: Sequence[Option] = ()
    languages: Sequence[Option] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StudioSettingsView:
    """studio_settings.html."""

    channel: ChannelView
    form: Any
    moderators: Sequence[ModeratorRow] = ()
    moderator_form: Any = EMPTY_FORM
    rights: Sequence[Choice] = ()  # for a new moderator
    delete_form: Any = EMPTY_FORM
    languages: Sequence[Option] = ()
    site_url: str = ""
    days: int = 14  # in which a deleted channel can come back
    held: str = ""  # why an operator keeps the channel out of lists, and what to do
