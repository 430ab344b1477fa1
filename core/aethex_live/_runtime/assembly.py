"""Brings the chosen plugins to life: import, settings, construction, hooks, services, providers."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial
from typing import Any

from aethex_live import PluginContext, PluginSettings
from aethex_live._runtime.loading import load
from aethex_live._runtime.plugin_settings import check_settings
from aethex_live._runtime.registration import HookRegistry
from aethex_live._runtime.registry import SPECS, Providers
from aethex_live._runtime.roster import Entry, Roster
from aethex_live._runtime.rounds import CONTAINED
from aethex_live._runtime.services import Services
from aethex_live._runtime.states import State, Status
from aethex_live._runtime.verbs import HookCaller
from aethex_live._runtime.words import one_line
from aethex_live.errors import ConfigError, PluginError
from aethex_live.hookspecs import lifecycle
from aethex_live.providers import Kind, Offer
from aethex_live.settings import Site

log = logging.getLogger(__name__)

MakeContext = Callable[[str, PluginSettings], PluginContext]


def load_all(site: Site, roster: Roster) -> None:
    """Import what is on and check its settings."""
    for name, _ in roster.in_state(State.FOUND):
        entry = roster.entries[name]
        if entry.status.state is not State.FOUND:  # it needs one that has just failed
            continue
        try:
            entry.loaded = load(entry.found)
        except PluginError as error:
            roster.fail(name, f"It can't be imported: {error}")
            continue
        try:
            entry.settings = check_settings(site, name, entry.loaded.plugin_class.settings_class)
        except PluginError as error:
            step = "Correct the setting and restart the site."
            roster.move(name, Status(State.MISCONFIGURED, str(error), step))
            continue
        roster.move(name, Status(State.LOADED, entry.status.reason))


class Assembly:
    """Makes loaded plugins and takes in what they declare; what goes wrong fails its plugin alone."""

    def __init__(
        self,
        roster: Roster,
        registry: HookRegistry,
        hooks: HookCaller,
        services: Services,
        providers: Providers,
    ) -> None:
        self._roster = roster
        self._registry = registry
        self._hooks = hooks
        self._services = services
        self._providers = providers

    def build(self, make_context: MakeContext, open_gate: Callable[[str], None]) -> None:
        """Own hooks first, so that implementations find them; then the plugins in the order of start."""
        for name, entry in self._roster.in_state(State.LOADED):
            if entry.loaded and (module := entry.loaded.modules.get("hookspecs")):
                self._attempt(name, partial(self._registry.declare, name, module))
        for name, entry in self._roster.in_state(State.LOADED):
            if entry.status.state is State.LOADED:
                self._attempt(name, partial(self._make, name, entry, make_context, open_gate))
        self._take_in()

    def _make(self, name: str, entry: Entry, make_context: MakeContext, open_gate: Callable[[str], None]) -> None:
        if entry.loaded is None or entry.settings is None:
            raise PluginError("it was not loaded.")
        entry.plugin = entry.loaded.plugin_class(make_context(name, entry.settings))
        self._registry.register(name, entry.plugin)
        open_gate(name)

    def _take_in(self) -> None:
        for name, offers in self._hooks.collect(lifecycle.services):
            self._attempt(name, partial(self._services.install, name, offers))
        for kind, spec in SPECS.items():
            for name, offered in self._hooks.collect(spec):
                for offer in offered:
                    self._attempt(name, partial(self._install, name, kind, offer))

    def _install(self, name: str, kind: Kind, offer: Offer[Any]) -> None:
        manifest = self._roster.entries[name].found.manifest
        announced = manifest is not None and manifest.offers(kind, offer.name)
        self._providers.install(name, kind, offer, announced=announced)

    def _attempt(self, name: str, step: Callable[[], None]) -> None:
        try:
            step()
        except ConfigError:
            raise
        except CONTAINED as error:
            log.debug("plugin %s can't be built", name, exc_info=error)
            text = str(error) if isinstance(error, PluginError) else one_line(error)
            self._roster.fail(name, f"It can't be built: {text}")
