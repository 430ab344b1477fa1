"""The life of all plugins of one site: found, chosen, loaded, built, started, switched, stopped."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from aethex_live._runtime.assembly import Assembly, MakeContext, load_all
from aethex_live._runtime.discovery import Found, discover
from aethex_live._runtime.gate import Gate
from aethex_live._runtime.health import Health
from aethex_live._runtime.lifecycle import WARN_S, Lifecycle
from aethex_live._runtime.ports import PluginStates, StoredState
from aethex_live._runtime.registration import HookRegistry
from aethex_live._runtime.registry import Providers
from aethex_live._runtime.report import PluginRow, rows
from aethex_live._runtime.roster import Roster
from aethex_live._runtime.selection import check_names, select
from aethex_live._runtime.services import Services
from aethex_live._runtime.states import State, Status
from aethex_live._runtime.switching import Switching, suspended
from aethex_live._runtime.verbs import HookCaller
from aethex_live._runtime.watchdog import Watchdog
from aethex_live.clock import Clock
from aethex_live.settings import Site

WATCH_AFTER_S = 3.0
WATCHED = (State.RUNNING, State.SUSPENDED)


@dataclass(frozen=True, slots=True)
class PluginModels:
    """A plugin's rows: the label of its Tortoise app, its modules of models and of migrations."""

    label: str
    models_module: str
    migrations_module: str


class Plugins:
    """All plugins of a site. Call in turn: find, choose, load, build, start, and at the end stop."""

    def __init__(
        self,
        site: Site,
        clock: Clock,
        *,
        warn_after: float = WARN_S,
        give_up_after: float | None = None,
        watch_after: float = WATCH_AFTER_S,
    ) -> None:
        """`warn_after` and `give_up_after` are seconds of a plugin's startup; else the hook's own limit.

        `watch_after` is how many seconds after the start blocking counts: while pages are put together
        (templates are compiled then) nobody waits.
        """
        self._watch_after = watch_after
        self.site = site
        self.gate = Gate()
        self.roster = Roster(self.gate)
        self.switching = Switching(self.roster, self.gate, clock)
        self.health = self.switching.health = Health(clock, self.switching.suspend)
        self.services = Services(self.gate)
        self.providers = Providers(site, self.gate)
        self._registry = HookRegistry()
        implementations = self._registry.implementations
        self.hooks = HookCaller(implementations, self.gate, self.health)
        self._assembly = Assembly(self.roster, self._registry, self.hooks, self.services, self.providers)
        self._lifecycle = Lifecycle(implementations, warn_after=warn_after, give_up_after=give_up_after)
        self._started: list[str] = []
        self._watchdog: Watchdog | None = None
        self._found: Mapping[str, Found] = {}

    def find(self) -> Mapping[str, Found]:
        """Find all plugins, importing none.

        Raises ConfigError for two of one name, and for settings that name a plugin which is not there.
        """
        self._found = discover(self.site)
        check_names(self.site, self._found)
        return self._found

    def choose(self, stored: Mapping[str, StoredState]) -> None:
        """Decide what is on; `stored` are the operator's choices. Raises ConfigError for contradictions."""
        switches = {name: state.switched for name, state in stored.items() if state.switched is not None}
        self.roster.fill(self._found, select(self._found, self.site, switches), stored)

    def load(self) -> None:
        """Import what is on and check its settings. What fails in there shows in its state."""
        load_all(self.site, self.roster)

    def models(self) -> list[PluginModels]:
        """The rows of the plugins that are loaded, for the database; in the order of start."""
        return [
            PluginModels(name, f"{entry.found.module}.models", f"{entry.found.module}.migrations")
            for name, entry in self.roster.in_state(State.LOADED)
            if entry.loaded and "models" in entry.loaded.modules
        ]

    def build(self, make_context: MakeContext) -> None:
        """Make the plugins that are loaded; take in their hooks, services and providers.

        Raises StartError when a chosen provider is not there.
        """
        self._assembly.build(make_context, self.gate.open)
        self.require_providers()

    def require_providers(self) -> None:
        """Raises StartError when a chosen provider is not there: why it is not, and what to do."""
        statuses = {name: entry.status for name, entry in self.roster.entries.items()}
        announced = {name: found.manifest.provides for name, found in self._found.items() if found.manifest}
        self.providers.require_chosen(statuses, announced)

    async def start(self, states: PluginStates | None = None) -> None:
        """Run the plugins' startup in order; from now on suspensions are kept in `states`.

        Raises StartError when the plugin of a chosen provider fails; what was started is stopped then.
        """
        self.switching.states = states
        try:
            await self._start_all()
            self.require_providers()
            self._watch()
        except BaseException:
            await self.stop()
            raise

    async def _start_all(self) -> None:
        for name, entry in self.roster.in_state(State.LOADED):
            if entry.status.state is not State.LOADED:  # it needs one that has just failed
                continue
            if fault := await self._lifecycle.start(name):
                self.roster.fail(name, fault)
                continue
            self._started.append(name)
            if entry.stored.suspended_at is not None:
                self.gate.suspend(name)
                self.roster.move(name, suspended(name, entry.stored.reason))
            elif entry.status.state is State.LOADED:
                self.roster.move(name, Status(State.RUNNING, entry.status.reason))

    def _watch(self) -> None:
        folders = {entry.found.folder: name for name, entry in self.roster.in_state(*WATCHED)}
        self._watchdog = Watchdog(self.health, folders)
        self._watchdog.start(self._watch_after)

    async def stop(self) -> None:
        """Shut down what was started, the last first, and close the providers. A second call does nothing."""
        if self._watchdog is not None:
            self._watchdog.stop()
        started, self._started = self._started, []
        await self._lifecycle.stop(started)
        await self.providers.aclose()
        await self.switching.settle()
        self.hooks.close()
        for name, _ in reversed(self.roster.in_state(State.LOADED, State.RUNNING, State.SUSPENDED)):
            self.roster.move(name, Status(State.STOPPED, "The site was stopped."))

    def is_on(self, plugin: str) -> bool:
        """Whether the plugin answers requests and does its jobs; routes of one that doesn't answer 404."""
        return self.gate.is_on(plugin)

    def claims(self) -> dict[str, tuple[str, ...]]:
        """The first path segments that the plugins which are on claim in their manifests."""
        alive = self.roster.in_state(State.LOADED, State.RUNNING, State.SUSPENDED)
        return {name: entry.found.manifest.claims for name, entry in alive if entry.found.manifest}

    def hooks_of(self, plugin: str) -> list[str]:
        """The hooks that a plugin implements; empty for one that is not loaded."""
        return self._registry.hooks_of(plugin)

    def rows(self) -> list[PluginRow]:
        """All plugins as the command `aethex plugins` and the admin page show them."""
        return rows(self.site, self.roster, self.health)
