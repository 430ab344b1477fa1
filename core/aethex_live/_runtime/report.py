"""The plugins as an operator sees them: state, reason, next step, settings, permissions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from aethex_live._runtime.health import Health
from aethex_live._runtime.plugin_settings import Setting, shown
from aethex_live._runtime.roster import Entry, Roster
from aethex_live._runtime.states import State
from aethex_live._runtime.switching import suspended
from aethex_live.settings import Site


@dataclass(frozen=True, slots=True, kw_only=True)
class PluginRow:
    """A row of `aethex plugins` and of the admin page.

    `switch` is where the operator's switch stands, `lock` what keeps it there (empty: it can be moved),
    `restart` whether the plugin comes on with the next start. `last_failure` is of this process.
    """

    name: str
    title: str
    summary: str
    version: str
    source: str
    phase: int
    state: State
    reason: str
    next_step: str
    requires: Sequence[str]
    provides: Sequence[str]
    permissions: Sequence[str]
    csp: Mapping[str, Sequence[str]]
    settings: Sequence[Setting]
    switch: bool
    lock: str
    restart: bool
    suspended: bool
    last_failure: str
    failures: int


def rows(site: Site, roster: Roster, health: Health) -> list[PluginRow]:
    """A row for every plugin, sorted by phase and name."""
    made = [_row(name, entry, site, health) for name, entry in roster.entries.items()]
    return sorted(made, key=lambda row: (row.phase, row.name))


def _row(name: str, entry: Entry, site: Site, health: Health) -> PluginRow:
    manifest, failure = entry.found.manifest, health.last_failure(name)
    switch = _switch(entry)
    status = entry.status
    if status.state is State.LOADED and entry.stored.suspended_at is not None:
        status = suspended(name, entry.stored.reason)  # a command looks on without starting anything
    return PluginRow(
        name=name,
        title=manifest.title if manifest else name,
        summary=manifest.summary if manifest else "",
        version=entry.found.version,
        source=entry.found.origin,
        phase=manifest.phase if manifest else 1,
        state=status.state,
        reason=status.reason,
        next_step=status.next_step,
        requires=manifest.requires if manifest else (),
        provides=manifest.provides if manifest else (),
        permissions=manifest.permissions if manifest else (),
        csp=manifest.csp if manifest else {},
        settings=shown(site, name, entry.settings) if entry.settings else (),
        switch=switch,
        lock=entry.decision.lock,
        restart=switch and entry.status.state is State.OFF and not entry.decision.lock,
        suspended=status.state is State.SUSPENDED,
        last_failure=f"{failure.place}: {failure.text}" if failure else "",
        failures=failure.total if failure else 0,
    )


def _switch(entry: Entry) -> bool:
    """The stored choice where nothing locks the switch; else what was decided at the start."""
    if not entry.decision.lock and entry.stored.switched is not None:
        return entry.stored.switched
    return entry.decision.on
