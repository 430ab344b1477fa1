"""Turning plugins off and on, suspending and resuming them, while the site runs."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from aethex_live._runtime.gate import Gate
from aethex_live._runtime.health import Health
from aethex_live._runtime.ports import PluginStates
from aethex_live._runtime.roster import Entry, Roster
from aethex_live._runtime.states import State, Status
from aethex_live._runtime.words import suggestion
from aethex_live.clock import Clock
from aethex_live.errors import PluginError

CONTROL_KIND = "plugin"  # messages of the control channel: {"plugin": …, "act": …, "reason": …}
KEEP_S = 10.0  # for a suspension to be written down

log = logging.getLogger(__name__)


class Switching:
    """Carries choices out here at once, and keeps them for all processes and for the next start."""

    def __init__(self, roster: Roster, gate: Gate, clock: Clock) -> None:
        self._roster = roster
        self._gate = gate
        self._clock = clock
        self.health: Health | None = None
        self.states: PluginStates | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def turn_off(self, plugin: str) -> None:
        """Shut the plugin out at once, in all processes. Raises PluginError when settings decide about it."""
        self._movable(plugin)
        await self._kept().set_switch(plugin, False)
        self.heard({"plugin": plugin, "act": "off"})

    async def turn_on(self, plugin: str) -> None:
        """Have the plugin on from the next start. Raises PluginError when settings decide about it."""
        self._movable(plugin)
        await self._kept().set_switch(plugin, True)
        self.heard({"plugin": plugin, "act": "on"})

    async def resume(self, plugin: str) -> None:
        """Call a suspended plugin again, in all processes. Raises PluginError for an unknown plugin."""
        self._entry(plugin)
        await self._kept().resume(plugin)
        self.heard({"plugin": plugin, "act": "resume"})

    def suspend(self, plugin: str, reason: str) -> None:
        """Call the plugin's hooks and slots no more; told to the other processes in the background."""
        log.error("plugin %s is suspended: %s", plugin, reason, extra={"plugin": plugin})
        self._suspend_here(plugin, reason, self._clock.now())
        if self.states is not None:
            task = asyncio.get_running_loop().create_task(self._keep_suspension(plugin, reason))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    def heard(self, data: Mapping[str, Any]) -> None:
        """Carry out what a process decided, this one included; saying it twice changes nothing."""
        plugin, act = str(data.get("plugin", "")), data.get("act")
        entry = self._roster.entries.get(plugin)
        if entry is None:
            return
        if act in {"off", "on"}:
            entry.stored = replace(entry.stored, switched=act == "on")
        if act == "off" and entry.status.state in {State.LOADED, State.RUNNING, State.SUSPENDED}:
            reason = "The operator turned it off; its data is kept."
            self._roster.move(plugin, Status(State.OFF, reason, "Turn it on and restart the site."))
        elif act == "suspend":
            self._suspend_here(plugin, str(data.get("reason", "")), self._clock.now())
        elif act == "resume":
            self._resume_here(plugin, entry)

    async def settle(self) -> None:
        """Wait for suspensions that are being written down."""
        if self._tasks:
            await asyncio.wait(set(self._tasks), timeout=KEEP_S)

    def _suspend_here(self, plugin: str, reason: str, at: datetime) -> None:
        entry = self._roster.entries.get(plugin)
        self._gate.suspend(plugin)
        if entry is None or entry.status.state is State.SUSPENDED:
            return
        entry.stored = replace(entry.stored, suspended_at=at, reason=reason)
        if entry.status.state in {State.RUNNING, State.LOADED}:
            entry.status = entry.status.followed_by(suspended(plugin, reason))

    def _resume_here(self, plugin: str, entry: Entry) -> None:
        if self.health is not None:
            self.health.forget(plugin)
        entry.stored = replace(entry.stored, suspended_at=None, reason="")
        if entry.status.state is State.SUSPENDED:
            entry.status = entry.status.followed_by(Status(State.RUNNING, entry.decision.status.reason))
        self._gate.resume(plugin)

    async def _keep_suspension(self, plugin: str, reason: str) -> None:
        try:
            async with asyncio.timeout(KEEP_S):
                await self._kept().suspend(plugin, reason)
        except Exception:
            log.exception("the suspension of %s is known to this process only", plugin)

    def _entry(self, plugin: str) -> Entry:
        entry = self._roster.entries.get(plugin)
        if entry is None:
            raise PluginError(f"There is no plugin {plugin}.{suggestion(plugin, self._roster.entries)}")
        return entry

    def _movable(self, plugin: str) -> None:
        if lock := self._entry(plugin).decision.lock:
            raise PluginError(f"{plugin} can't be switched here: {lock} decides. Change it there and restart the site.")

    def _kept(self) -> PluginStates:
        if self.states is None:
            raise PluginError("The states of plugins can't be kept: the database is not open yet.")
        return self.states


def suspended(plugin: str, reason: str) -> Status:
    """The status of a suspended plugin."""
    return Status(State.SUSPENDED, reason, f"Look at the log, then run: aethex plugin resume {plugin}")
