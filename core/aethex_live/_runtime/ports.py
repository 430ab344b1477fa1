"""What the runtime needs from the outside: a place where choices and suspensions are kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class StoredState:
    """What is kept of a plugin: the operator's choice (None: none) and a suspension with its reason."""

    switched: bool | None = None
    suspended_at: datetime | None = None
    reason: str = ""


class PluginStates(Protocol):
    """Keeps the states of plugins; every write is heard by all processes of the site."""

    async def load(self) -> Mapping[str, StoredState]:
        """All that is kept, by plugin; empty before the first migration."""
        ...

    async def set_switch(self, plugin: str, on: bool | None) -> None:
        """Keep the operator's choice; None forgets it."""
        ...

    async def suspend(self, plugin: str, reason: str) -> None:
        """Keep a suspension."""
        ...

    async def resume(self, plugin: str) -> None:
        """End a suspension."""
        ...
