"""The gate: which plugins answer requests and hear hooks at this moment."""

from __future__ import annotations

from collections.abc import Callable


class Gate:
    """On and off at run time, without unloading: routes of a closed plugin answer 404, hooks skip it."""

    def __init__(self) -> None:
        self._open: set[str] = set()
        self._suspended: set[str] = set()
        self._listeners: list[Callable[[], None]] = []

    def is_on(self, plugin: str) -> bool:
        """Whether the plugin's routes, services and jobs are there."""
        return plugin in self._open

    def hears(self, plugin: str) -> bool:
        """Whether its hooks and slots are called: it is on and not suspended."""
        return plugin in self._open and plugin not in self._suspended

    def open(self, plugin: str) -> None:
        """Let a plugin in; done when it is loaded."""
        self._open.add(plugin)
        self._tell()

    def close(self, plugin: str) -> None:
        """Shut a plugin out: turned off, failed or stopped."""
        self._open.discard(plugin)
        self._tell()

    def suspend(self, plugin: str) -> None:
        """Call none of its hooks and slots until `resume`."""
        self._suspended.add(plugin)
        self._tell()

    def resume(self, plugin: str) -> None:
        """Call its hooks and slots again."""
        self._suspended.discard(plugin)
        self._tell()

    def on_change(self, listener: Callable[[], None]) -> None:
        """Call `listener` after every change; callers keep snapshots of who hears."""
        self._listeners.append(listener)

    def _tell(self) -> None:
        for listener in self._listeners:
            listener()
