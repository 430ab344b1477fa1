"""What the operator's pages show of plugins, providers and mails."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aethex_live._web.views import AdminPluginsView, MailRow, PhaseView, PluginRow, ProviderRow, Shape
from aethex_live.providers import Kind
from aethex_live.services.mails import KeptMail

if TYPE_CHECKING:
    from aethex_live._runtime.report import PluginRow as PluginReport
    from aethex_live.platform import Platform

PHASES = {
    1: "Foundation",
    2: "Channels and discovery",
    3: "Recordings and analytics",
    4: "Earnings",
    5: "Community",
    6: "Events, music and automation",
}
KINDS = {
    Kind.AUTH: ("Accounts", "key-round"),
    Kind.STREAMING: ("Streaming", "radio-tower"),
    Kind.STORAGE: ("Storage", "hard-drive"),
    Kind.PAYMENTS: ("Payments", "wallet"),
    Kind.EMAIL: ("E-mail", "mail"),
}
ICONS = {
    "auth": "key-round",
    "stream": "radio-tower",
    "storage": "hard-drive",
    "email": "mail",
    "chat": "message-circle",
}
SHAPES: dict[str, Shape] = {"running": "healthy", "loaded": "healthy", "suspended": "attention", "off": "off"}


def plugins_view(platform: Platform) -> AdminPluginsView:
    """All plugins by phase, and the providers."""
    rows = platform.plugins.rows()
    phases = [
        PhaseView(number=number, title=title, plugins=found, open=True)
        for number, title in PHASES.items()
        if (found := [plugin_row(row) for row in rows if row.phase == number])
    ]
    return AdminPluginsView(
        phases=phases,
        providers=[provider_row(platform, kind) for kind in Kind],
        on=sum(phase.on for phase in phases),
        total=len(rows),
    )


def plugin_row(row: PluginReport) -> PluginRow:
    """A plugin's row."""
    state = row.state.value
    return PluginRow(
        name=row.name,
        title=row.title,
        summary=row.summary,
        version=row.version,
        state=state,
        shape=SHAPES.get(state, "broken"),
        icon=ICONS.get(row.name.split("_")[0], "puzzle"),
        reason=row.reason,
        next_step=row.next_step,
        permissions=row.permissions,
        requires=row.requires,
        switch=row.switch,
        locked=row.lock,
        suspended=row.suspended,
        restart=row.restart,
    )


def provider_row(platform: Platform, kind: Kind) -> ProviderRow:
    """Who does an exclusive job, and where that is chosen."""
    title, icon = KINDS[kind]
    names = platform.site.providers.of(kind)
    source = platform.site.source(f"providers.{kind.value}")
    return ProviderRow(
        kind=title,
        icon=icon,
        chosen=", ".join(names) or "None",
        shape="healthy" if names else "off",
        note=f"Set by {source}." if source != "default" else "The default; change it under [providers] in aethex.toml.",
    )


def mail_row(mail: KeptMail, *, whole: bool = False) -> MailRow:
    """A mail in the list, or with its text beside it."""
    return MailRow(
        id=str(mail.id),
        to=mail.to,
        subject=mail.subject,
        created_at=mail.created_at,
        state="kept",
        shape="healthy",
        text=mail.text if whole else "",
    )
