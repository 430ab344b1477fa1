"""The operator's pages: plugins and mails."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from aethex_live._web.views.forms import ONE_PAGE, Pager
from aethex_live._web.views.studio import Finding, Stat
from aethex_live._web.views.words import Shape


@dataclass(frozen=True, slots=True, kw_only=True)
class PluginRow:
    """A plugin in the operator's list. `state` is the word shown, `reason` and `next_step` say why and what to do.

    `switch` is its position, None when there is none; `locked` says why it can't be moved ("" = it can).
    """

    name: str
    title: str
    summary: str
    version: str
    state: str
    shape: Shape
    icon: str = "puzzle"
    reason: str = ""
    next_step: str = ""
    permissions: Sequence[str] = ()
    requires: Sequence[str] = ()
    switch: bool | None = None
    locked: str = ""
    suspended: bool = False
    restart: bool = False  # the choice takes effect at the next start


@dataclass(frozen=True, slots=True, kw_only=True)
class PhaseView:
    """Plugins of one phase, 1 to 6."""

    number: int
    title: str
    plugins: Sequence[PluginRow]
    open: bool = True

    @property
    def on(self) -> int:
        """How many of them are on."""
        return sum(1 for plugin in self.plugins if plugin.switch)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderRow:
    """Which plugin does an exclusive job, and where that is chosen."""

    kind: str
    icon: str
    chosen: str  # "Local disk", "None"
    shape: Shape
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AdminPluginsView:
    """admin_plugins.html."""

    phases: Sequence[PhaseView]
    providers: Sequence[ProviderRow] = ()
    facts: Sequence[Stat] = ()
    alerts: Sequence[Finding] = ()
    on: int = 0
    total: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class MailRow:
    """A mail in the outbox; `text` and `html_note` only in the view of one mail."""

    id: str
    to: str
    subject: str
    created_at: datetime
    state: str
    shape: Shape
    reason: str = ""
    text: str = ""
    headers: Sequence[tuple[str, str]] = ()

    @property
    def href(self) -> str:
        """Address of the mail's own page."""
        return f"/admin/mails/{self.id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class AdminMailsView:
    """admin_mails.html: the list, and one mail beside it when `mail` is set."""

    mails: Sequence[MailRow] = ()
    mail: MailRow | None = None
    pager: Pager = ONE_PAGE
    keeps: str = ""  # "Mails stay here; nothing is sent." or "Sent by SMTP."
