"""Keeps plugin states in the database, and tells every process of the site about each change."""

from __future__ import annotations

from collections.abc import Mapping

from aethex_live._runtime.ports import StoredState
from aethex_live._runtime.switching import CONTROL_KIND
from aethex_live.control import Control
from aethex_live.db import Database

_THERE = "select to_regclass('core_plugin_state') is not null as there"
_ALL = "select plugin, switched, suspended_at, reason from core_plugin_state"
_SWITCH = """
insert into core_plugin_state (plugin, switched, reason, updated_at) values ($1, $2, '', now())
on conflict (plugin) do update set switched = excluded.switched, updated_at = now()
"""
_SUSPEND = """
insert into core_plugin_state (plugin, suspended_at, reason, updated_at) values ($1, now(), $2, now())
on conflict (plugin) do update
  set suspended_at = coalesce(core_plugin_state.suspended_at, now()), reason = excluded.reason,
      updated_at = now()
"""
_RESUME = "update core_plugin_state set suspended_at = null, reason = '', updated_at = now() where plugin = $1"


async def stored_states(db: Database) -> Mapping[str, StoredState]:
    """What is kept of all plugins; empty before the first migration. Works before any model is there."""
    if not (await db.fetch(_THERE))[0]["there"]:
        return {}
    return {
        row["plugin"]: StoredState(
            switched=None if row["switched"] is None else row["switched"] == "on",
            suspended_at=row["suspended_at"],
            reason=row["reason"],
        )
        for row in await db.fetch(_ALL)
    }


class PluginStateStore:
    """The `PluginStates` of a running site: a row and its message to all processes are one transaction."""

    def __init__(self, db: Database, control: Control) -> None:
        self._db = db
        self._control = control

    async def load(self) -> Mapping[str, StoredState]:
        """All that is kept, by plugin; empty before the first migration."""
        return await stored_states(self._db)

    async def set_switch(self, plugin: str, on: bool | None) -> None:
        """Keep the operator's choice; None forgets it, which no process acts upon before its next start."""
        word = None if on is None else "on" if on else "off"
        async with self._db.transaction():
            await self._db.execute(_SWITCH, [plugin, word])
            if word is not None:
                await self._control.send(CONTROL_KIND, {"plugin": plugin, "act": word})

    async def suspend(self, plugin: str, reason: str) -> None:
        """Keep a suspension; the first of several at once gives the time."""
        async with self._db.transaction():
            await self._db.execute(_SUSPEND, [plugin, reason])
            await self._control.send(CONTROL_KIND, {"plugin": plugin, "act": "suspend", "reason": reason})

    async def resume(self, plugin: str) -> None:
        """End a suspension."""
        async with self._db.transaction():
            await self._db.execute(_RESUME, [plugin])
            await self._control.send(CONTROL_KIND, {"plugin": plugin, "act": "resume"})
