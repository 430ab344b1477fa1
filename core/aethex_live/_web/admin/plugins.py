"""What the operator's pages show of plugins: rows by phase, all of one plugin, what turning it off takes away."""

from __future__ import annotations

from typing import TYPE_CHECKING

from quart import current_app

from aethex_live._web.admin.settings import plugin_settings
from aethex_live._web.views import AdminPluginsView, MailRow, PhaseView, PluginRow, ProviderRow, Shape
from aethex_live._web.views.operator import PluginDetailView, PluginOffView
from aethex_live.errors import NotFound
from aethex_live.hookspecs.web import SLOT_NOTES
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
    "payments": "wallet",
    "chat": "message-circle",
    "profiles": "user-round",
    "reports": "flag",
    "sharing": "share-2",
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
        icon=ICONS.get(row.name) or ICONS.get(row.name.split("_")[0], "puzzle"),
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


def report_of(platform: Platform, name: str) -> PluginReport:
    """The plugin's report. Raises NotFound."""
    found = next((row for row in platform.plugins.rows() if row.name == name), None)
    if found is None:
        raise NotFound(f"There is no plugin “{name[:40]}”.")
    return found


async def detail_view(platform: Platform, name: str) -> PluginDetailView:
    """All that is known of a plugin. Raises NotFound."""
    row = report_of(platform, name)
    schedules = await platform.jobs.schedules()
    return PluginDetailView(
        plugin=plugin_row(row),
        phase=f"{row.phase} · {PHASES.get(row.phase, '')}",
        source=row.source,
        settings=plugin_settings(row.settings),
        hooks=platform.plugins.hooks_of(name),
        routes=routes_of(name),
        slots=slots_of(platform, name),
        schedules=[schedule.name for schedule in schedules if schedule.name.startswith(f"{name}.")],
        provides=row.provides,
        csp=[f"{directive} {host}" for directive, hosts in row.csp.items() for host in hosts],
        needed_by=needed_by(platform, name),
        failures=row.failures,
        last_failure=row.last_failure,
    )


async def off_view(platform: Platform, name: str) -> PluginOffView:
    """What disappears when a plugin is turned off. Raises NotFound."""
    row = report_of(platform, name)
    pages = [route for route in routes_of(name) if route.startswith("GET ") and "/api/" not in route]
    return PluginOffView(
        plugin=plugin_row(row),
        pages=[page.removeprefix("GET ") for page in pages],
        slots=slots_of(platform, name),
        providers=[offer.replace(":", " by ") for offer in row.provides],
        needed_by=needed_by(platform, name),
        tables=await _tables(platform, name),
    )


def routes_of(name: str) -> list[str]:
    """The plugin's routes, as `GET /p/chat/…`."""
    owners = current_app.config["BLUEPRINT_OWNERS"]
    found = set()
    for rule in current_app.url_map.iter_rules():
        if owners.get(rule.endpoint.rpartition(".")[0]) == name:
            methods = sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
            found |= {f"{method} {rule.rule}" for method in methods}
    return sorted(found, key=lambda route: route.partition(" ")[::-1])


def slots_of(platform: Platform, name: str) -> list[str]:
    """Where the plugin stands in pages of the core, in words."""
    return [f"{SLOT_NOTES[slot][0]} ({slot})" for slot in platform.slots.of_plugin(name)]


def needed_by(platform: Platform, name: str) -> list[str]:
    """Titles of the plugins that are on and can't do without this one."""
    rows = platform.plugins.rows()
    return [row.title for row in rows if name in row.requires and platform.plugins.is_on(row.name)]


async def _tables(platform: Platform, name: str) -> int:
    rows = await platform.db.fetch(
        "select count(*) as n from information_schema.tables where table_schema = 'public'"
        " and left(table_name, length($1)) = $1",
        [f"{name}_"],
    )
    return int(rows[0]["n"])


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
