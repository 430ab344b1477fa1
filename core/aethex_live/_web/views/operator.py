"""The operator's pages beside plugins and mails: status, settings, people, channels, jobs, audit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from aethex_live._web.views.admin import PluginRow
from aethex_live._web.views.forms import EMPTY_FORM, ONE_PAGE, Option, Pager
from aethex_live._web.views.studio import Stat
from aethex_live._web.views.things import ChannelView
from aethex_live._web.views.words import Shape, Tone


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckRow:
    """A finding: what was looked at, how it stands, what to do; `href` is the page that helps."""

    check: str
    icon: str
    shape: Shape
    word: str
    sentence: str
    next_step: str = ""
    href: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusView:
    """admin_status.html: the verdict, what needs somebody, then all that was looked at."""

    verdict: str
    note: str
    tone: Tone
    needs: Sequence[CheckRow]
    checks: Sequence[CheckRow]
    figures: Sequence[Stat]
    checked_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingRow:
    """A setting with its value (secrets masked) and where the value comes from."""

    name: str
    description: str
    value: str
    source: str
    changed: bool  # somebody said it; it is not the default
    variable: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChoiceRow:
    """A setting that can be chosen in the browser; `locked` says what keeps it ("" = nothing)."""

    name: str
    label: str
    help: str
    type: str
    locked: str
    value: str  # in force now
    default: str
    at_once: bool
    waiting: bool  # the choice counts from the next start


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingGroup:
    """Settings of the core or of a plugin, under one heading."""

    name: str
    title: str
    rows: Sequence[SettingRow]
    href: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AdminSettingsView:
    """admin_settings.html."""

    choices: Sequence[ChoiceRow]
    groups: Sequence[SettingGroup]
    form: Any = EMPTY_FORM
    visited: str = ""  # the address that this page was asked for at, when it is not the site's


@dataclass(frozen=True, slots=True, kw_only=True)
class PluginDetailView:
    """admin_plugin.html: all that is known of a plugin. `gone` is what turning it off takes away."""

    plugin: PluginRow
    phase: str
    source: str
    settings: Sequence[SettingRow]
    hooks: Sequence[str]
    routes: Sequence[str]
    slots: Sequence[str]
    schedules: Sequence[str]
    provides: Sequence[str]
    csp: Sequence[str]
    needed_by: Sequence[str]
    failures: int = 0
    last_failure: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PluginOffView:
    """admin_plugin_off.html: what disappears when a plugin is turned off."""

    plugin: PluginRow
    pages: Sequence[str]
    slots: Sequence[str]
    providers: Sequence[str]
    needed_by: Sequence[str]
    tables: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveProvider:
    """A provider that works here: what it can do, how it is, what rests on it, where its vendor sends webhooks."""

    name: str
    chosen: bool
    said: str
    shape: Shape
    capabilities: Sequence[str]
    rows: Sequence[tuple[str, int]]
    webhook: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TryRow:
    """A kind of provider with its test button; `outcome` is what the test just now found."""

    kind: str
    title: str
    icon: str
    chosen: str
    plugin: str
    shape: Shape
    source: str
    others: Sequence[str] = ()
    able: bool = True
    wants_address: bool = False
    outcome: CheckRow | None = None
    live: Sequence[LiveProvider] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AdminProvidersView:
    """admin_providers.html."""

    rows: Sequence[TryRow]
    email: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonRow:
    """An account in the operator's list."""

    username: str
    name: str
    hue: int
    email: str
    role: str
    state: str
    shape: Shape
    created_at: datetime
    last_seen_at: datetime | None
    channels: int = 0
    bot: bool = False

    @property
    def href(self) -> str:
        """Address of the account's page."""
        return f"/admin/people/{self.username}"


@dataclass(frozen=True, slots=True, kw_only=True)
class AdminPeopleView:
    """admin_people.html."""

    people: Sequence[PersonRow]
    values: Mapping[str, str]
    states: Sequence[Option]
    roles: Sequence[Option]
    waiting: int = 0
    pager: Pager = ONE_PAGE


@dataclass(frozen=True, slots=True, kw_only=True)
class AdminPersonView:
    """admin_person.html: an account and what can be done about it."""

    person: PersonRow
    email_verified: bool
    sessions: int
    channels: Sequence[ChannelView]
    delete_at: datetime | None
    own: bool
    waits: bool
    banned: bool
    days: int  # in which a deleted account can come back
    answers: str = ""  # who answers for a bot
    no_mails: str = ""  # why the address gets none
    form: Any = EMPTY_FORM


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelRow:
    """A channel in the operator's list."""

    channel: ChannelView
    owner: str
    listed: bool
    live: bool
    held: bool = False  # an operator keeps it out of lists
    held_reason: str = ""
    delete_at: datetime | None = None
    title: str = ""
    rehearsal: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AdminChannelsView:
    """admin_channels.html."""

    channels: Sequence[ChannelRow]
    values: Mapping[str, str]
    shows: Sequence[Option]
    pager: Pager = ONE_PAGE


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRow:
    """A job that was given up or waits, or an event that could not be handled."""

    id: str
    title: str
    note: str
    error: str = ""
    when: datetime | None = None
    state: str = ""
    shape: Shape = "healthy"


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleView:
    """Something done again and again."""

    name: str
    every: str
    due_at: datetime
    running: bool
    known: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AdminJobsView:
    """admin_jobs.html."""

    figures: Sequence[Stat]
    dead: Sequence[JobRow]
    letters: Sequence[JobRow]
    waiting: Sequence[JobRow]
    schedules: Sequence[ScheduleView]
    dead_pager: Pager = ONE_PAGE
    letters_pager: Pager = ONE_PAGE


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditRow:
    """An entry of the audit; `detail` are its facts as (name, value)."""

    id: str
    at: datetime
    actor: str
    action: str
    subject: str
    href: str = ""
    detail: Sequence[tuple[str, str]] = ()
    number: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AdminAuditView:
    """admin_audit.html."""

    entries: Sequence[AuditRow]
    values: Mapping[str, str]
    actions: Sequence[Option]
    chained: int
    waiting: int
    head: str
    verdict: str = ""
    tone: Tone = "neutral"
    pager: Pager = ONE_PAGE
    errors: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookRow:
    """An event that a provider told, or a request that its plugin could not read."""

    id: str
    title: str
    note: str
    state: str = ""
    shape: Shape = "healthy"
    when: datetime | None = None
    error: str = ""
    can_replay: bool = False

    @property
    def href(self) -> str:
        """Address of the event's page."""
        return f"/admin/webhooks/{self.id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class AdminWebhooksView:
    """admin_webhooks.html; `addresses` are (provider, the address that its vendor sends to)."""

    figures: Sequence[Stat]
    rows: Sequence[WebhookRow]
    unreadable: Sequence[WebhookRow]
    values: Mapping[str, str]
    states: Sequence[Option]
    providers: Sequence[Option]
    addresses: Sequence[tuple[str, str]] = ()
    dead: int = 0
    pager: Pager = ONE_PAGE


@dataclass(frozen=True, slots=True, kw_only=True)
class AdminWebhookView:
    """admin_webhook.html: an event, what it says, and the request that brought it ("" once that is gone)."""

    row: WebhookRow
    facts: Sequence[tuple[str, str]]
    times: Sequence[tuple[str, datetime]]
    data: str
    headers: Sequence[tuple[str, str]] = ()
    body: str = ""
