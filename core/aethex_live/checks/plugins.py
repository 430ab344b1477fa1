"""Checks of the plugins: settings, versions, and whether every chosen provider is there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from aethex_live._runtime.manager import Plugins
from aethex_live._runtime.ports import StoredState
from aethex_live._runtime.report import PluginRow
from aethex_live._runtime.states import State
from aethex_live.clock import Clock
from aethex_live.providers import Kind
from aethex_live.settings import Site

from .finding import Finding, bad, ok, warning

_WRONG = (State.FAILED, State.MISCONFIGURED, State.INCOMPATIBLE)
_MADE = {Kind.STREAMING: "streams and recordings", Kind.AUTH: "accounts"}
_NEVER_NONE = (Kind.AUTH,)


def loaded(site: Site, stored: Mapping[str, StoredState], clock: Clock) -> Plugins:
    """The plugins, chosen and imported as a start would, but not started. Raises ConfigError."""
    plugins = Plugins(site, clock)
    plugins.find()
    plugins.choose(stored)
    plugins.load()
    return plugins


def plugins(rows: list[PluginRow]) -> Iterator[Finding]:
    """Plugins that can't start, or that failures have suspended."""
    for row in rows:
        if row.state in _WRONG:
            yield bad(f"plugin {row.name}", row.reason, row.next_step)
        elif row.suspended:
            yield warning(f"plugin {row.name}", row.reason, row.next_step)
    if on := [row.name for row in rows if row.state is State.LOADED]:
        yield ok("plugins", f"{len(on)} plugins are on: {', '.join(on)}.")


def providers(site: Site, rows: list[PluginRow]) -> Iterator[Finding]:
    """Whether somebody offers what the settings choose."""
    for kind in Kind:
        names = site.providers.of(kind)
        if not names and kind in _NEVER_NONE:
            yield warning(
                str(kind), "Nobody can sign in: the provider of accounts is none.", "Choose one in [providers]."
            )
        for name in names:
            yield _provider(kind, name, [row for row in rows if f"{kind}:{name}" in row.provides])


def stranded(made: Mapping[Kind, Mapping[str, int]], rows: list[PluginRow]) -> Iterator[Finding]:
    """Things that a provider made whose plugin is off or gone: nobody can serve them meanwhile."""
    for kind, names in made.items():
        for name, count in names.items():
            owner = next((row for row in rows if f"{kind}:{name}" in row.provides), None)
            if owner and owner.state is State.LOADED:
                continue
            where = f"its plugin {owner.name} {owner.state.phrase}" if owner else "no installed plugin offers it"
            sentence = (
                f"“{name}” has {_MADE[kind]} of this site ({count:,}), but {where}: they can't be used meanwhile."
            )
            step = owner.next_step if owner else "Install the plugin that offered it."
            yield warning(f"{kind} provider", sentence, step)


def _provider(kind: Kind, name: str, owners: list[PluginRow]) -> Finding:
    check = f"{kind} provider"
    if not owners:
        return bad(check, f"No plugin offers the {kind} provider “{name}”.", "Install it, or choose another one.")
    row = owners[0]
    if row.state is not State.LOADED:
        return bad(check, f"“{name}” comes from {row.name}, which {row.state.phrase}: {row.reason}", row.next_step)
    return ok(check, f"“{name}” comes from {row.name}.")
