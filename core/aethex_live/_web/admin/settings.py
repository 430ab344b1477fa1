"""What the settings page shows: every setting of the core and of the plugins, masked, with its source."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel
from quart import request

from aethex_live._runtime.plugin_settings import Setting, masked
from aethex_live._web.views.operator import AdminSettingsView, ChoiceRow, SettingGroup, SettingRow
from aethex_live.domain.site_choices import CHOOSABLE, Choice
from aethex_live.realtime_limits import RealtimeLimits
from aethex_live.settings import ProviderChoice, Site
from aethex_live.web import Form

if TYPE_CHECKING:
    from aethex_live.platform import Platform

LABELS: Mapping[str, tuple[str, str, str]] = {
    "name": ("Name of the site", "It stands on every page and in mails.", "text"),
    "url": ("Address", "What people type to get here, such as https://live.example.", "url"),
    "terms_version": ("Version of the terms", "0 asks for none; a higher number asks everybody again.", "number"),
    "terms_url": ("Address of the terms", "Leave it empty when they stand in data/terms.txt.", "url"),
    "channels_per_person": ("Channels for each account", "0 makes no new channels.", "number"),
    "recordings_days": ("Days that recordings are kept", "Where a channel says nothing. Empty: for ever.", "number"),
    "leaving_days": ("Days to call a deletion off", "How long a deleted account or channel can come back.", "number"),
}
_UNPREFIXED = {"database_url": "DATABASE_URL", "redis_url": "REDIS_URL"}


async def settings_view(platform: Platform, form: Form[Any] | None = None) -> AdminSettingsView:
    """The page; `form` is what was typed and refused."""
    choices = await platform.domain.choices.all()
    kept = {choice.name: choice.chosen or "" for choice in choices}
    return AdminSettingsView(
        choices=[choice_row(choice) for choice in choices],
        groups=[core_group(platform.site), *plugin_groups(platform)],
        form=form or Form[Any](values=kept),
        visited=visited_elsewhere(platform),
    )


def visited_elsewhere(platform: Platform) -> str:
    """The address that the browser has for this site, when it is another one than the site thinks."""
    visited = f"{request.scheme}://{request.host}"
    return "" if request.host.lower() == platform.host else visited


def choice_row(choice: Choice) -> ChoiceRow:
    """A setting that can be chosen here."""
    label, note, kind = LABELS[choice.name]
    return ChoiceRow(
        name=choice.name,
        label=label,
        help=note,
        type=kind,
        locked=f"Set by {choice.source}." if choice.locked else "",
        value=choice.value,
        default="" if choice.chosen is not None else choice.value,
        at_once=choice.at_once,
        waiting=choice.waiting,
    )


def core_group(site: Site) -> SettingGroup:
    """The settings of the core; the plugins' own ones have their groups."""
    rows = []
    for name, field in Site.model_fields.items():
        if name == "plugins":
            continue
        if name == "providers":
            rows += [_provider_row(site, kind) for kind in ProviderChoice.model_fields]
            continue
        if name == "realtime":
            rows += [_realtime_row(site, limit) for limit in RealtimeLimits.model_fields]
            continue
        rows.append(_row(site, name, getattr(site, name), field.description or ""))
    return SettingGroup(name="core", title="The site", rows=rows)


def _provider_row(site: Site, kind: str) -> SettingRow:
    description = ProviderChoice.model_fields[kind].description or ""
    return _row(site, f"providers.{kind}", getattr(site.providers, kind), description)


def _realtime_row(site: Site, field: str) -> SettingRow:
    description = RealtimeLimits.model_fields[field].description or ""
    return _row(site, f"realtime.{field}", getattr(site.realtime, field), description)


def _row(site: Site, name: str, value: object, description: str) -> SettingRow:
    source = site.source(name)
    default = f"AETHEX_{name.replace('.', '__').upper()}"
    return SettingRow(
        name=name,
        description=description,
        value=masked(value),
        source=source,
        changed=source != "default",
        variable="" if name in CHOOSABLE else _UNPREFIXED.get(name, default),
    )


def plugin_groups(platform: Platform) -> list[SettingGroup]:
    """A group for each plugin that has settings."""
    return [
        SettingGroup(
            name=row.name, title=row.title, rows=plugin_settings(row.settings), href=f"/admin/plugins/{row.name}"
        )
        for row in platform.plugins.rows()
        if row.settings
    ]


def plugin_settings(settings: Sequence[Setting]) -> list[SettingRow]:
    """The settings of a plugin."""
    return [
        SettingRow(
            name=setting.name,
            description=setting.description,
            value=setting.value,
            source=setting.source,
            changed=setting.source != "default",
            variable=setting.variable,
        )
        for setting in settings
    ]


class ChoicesForm(BaseModel):
    """The form of the settings that can be chosen; a locked one is not in it."""

    name: str | None = None
    url: str | None = None
    terms_version: str | None = None
    terms_url: str | None = None
    channels_per_person: str | None = None
    recordings_days: str | None = None
    leaving_days: str | None = None

    def given(self) -> dict[str, str]:
        """What was posted."""
        return {name: value for name, value in self.model_dump().items() if value is not None}
