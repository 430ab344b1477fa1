"""The list of all plugins with their states; what fails takes those along that need it."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field

from aethex_live import Plugin, PluginSettings
from aethex_live._runtime.discovery import Found
from aethex_live._runtime.gate import Gate
from aethex_live._runtime.loading import Loaded
from aethex_live._runtime.order import start_order
from aethex_live._runtime.ports import StoredState
from aethex_live._runtime.selection import Decision
from aethex_live._runtime.states import State, Status

ALIVE = frozenset({State.FOUND, State.LOADED, State.RUNNING, State.SUSPENDED})

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Entry:
    """A plugin and how far it has come; the later parts are there once it has come so far."""

    found: Found
    decision: Decision
    status: Status
    stored: StoredState = field(default_factory=StoredState)
    loaded: Loaded | None = None
    settings: PluginSettings | None = None
    plugin: Plugin | None = None

    @property
    def requires(self) -> tuple[str, ...]:
        """The plugins that it can't do without."""
        return self.found.manifest.requires if self.found.manifest else ()


class Roster:
    """All plugins by name; `order` are those that are on, in the order of start."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        self.entries: dict[str, Entry] = {}
        self.order: list[str] = []

    def fill(
        self, found: Mapping[str, Found], decisions: Mapping[str, Decision], stored: Mapping[str, StoredState]
    ) -> None:
        """Take in what was found and decided."""
        self.entries = {
            name: Entry(plugin, decisions[name], decisions[name].status, stored.get(name, StoredState()))
            for name, plugin in found.items()
        }
        chosen = (entry.found.manifest for entry in self.entries.values() if entry.decision.on)
        self.order = start_order({manifest.name: manifest for manifest in chosen if manifest})

    def in_state(self, *states: State) -> list[tuple[str, Entry]]:
        """The plugins in one of these states, in the order of start."""
        pairs = ((name, self.entries[name]) for name in self.order)
        return [(name, entry) for name, entry in pairs if entry.status.state in states]

    def move(self, name: str, status: Status) -> None:
        """Give a plugin its next status; one that leaves life is shut out, with all that need it."""
        entry = self.entries[name]
        entry.status = entry.status.followed_by(status)
        if status.state in ALIVE:
            return
        self._gate.close(name)
        for other, dependent in self.entries.items():
            if name in dependent.requires and dependent.status.state in ALIVE:
                self.move(other, _along(name, status.state))

    def fail(self, name: str, reason: str) -> None:
        """The plugin can't go on; the site does."""
        # the start ends with the reason when it is a chosen provider, so it need not be said twice
        if not self.entries[name].decision.lock.startswith("providers."):
            log.error("plugin %s failed: %s", name, reason, extra={"plugin": name})
        step = "Correct it, update it or turn it off; then restart the site."
        self.move(name, Status(State.FAILED, reason, step))


def _along(name: str, state: State) -> Status:
    """The status of a plugin that needs one which is no longer there."""
    sentence = f"It needs the plugin {name}, which {state.phrase}."
    if state in {State.OFF, State.STOPPED}:
        return Status(state, sentence, f"Turn on {name} and restart the site." if state is State.OFF else "")
    return Status(State.FAILED, sentence, f"See {name}.")
