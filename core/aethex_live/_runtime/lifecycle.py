"""Starts and stops plugins one after the other, each within its time."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence

from aethex_live._runtime.rounds import HookTimeout, Implementation, Round
from aethex_live._runtime.steps import Stage
from aethex_live._runtime.words import one_line
from aethex_live.errors import AethexError
from aethex_live.hookspecs import facts_of, lifecycle

WARN_S = 10.0  # of startup, after which the log names the plugin (architecture 2)

log = logging.getLogger(__name__)


class Lifecycle:
    """Calls `startup` and `shutdown`, which belong to a plugin's life and not to the running site's hooks."""

    def __init__(
        self,
        implementations: Callable[[str], list[Implementation]],
        *,
        warn_after: float = WARN_S,
        give_up_after: float | None = None,
    ) -> None:
        self._implementations = implementations
        self._warn_after = warn_after
        self._give_up_after = give_up_after or facts_of(lifecycle.startup).limit
        self._stage = Stage()

    async def start(self, plugin: str) -> str:
        """Run the plugin's startup; why it failed, or an empty text."""
        loop = asyncio.get_running_loop()
        warning = loop.call_later(self._warn_after, self._warn, plugin)
        try:
            error = await self._call(plugin, "startup", self._give_up_after)
        finally:
            warning.cancel()
        if error is None:
            return ""
        if isinstance(error, HookTimeout):
            return f"Its startup was given up after {self._give_up_after:g} s."
        if isinstance(error, AethexError):
            return str(error)  # a sentence for a person says more than where it was raised
        log.error("plugin %s failed in startup", plugin, exc_info=error, extra={"plugin": plugin})
        return f"Its startup failed: {one_line(error)}"

    async def stop(self, plugins: Sequence[str]) -> None:
        """Run shutdown of all, the last started first; what goes wrong is logged."""
        for plugin in reversed(plugins):
            error = await self._call(plugin, "shutdown", facts_of(lifecycle.shutdown).limit)
            if error is not None:
                log.error("plugin %s failed in shutdown: %s", plugin, one_line(error), exc_info=error)
        self._stage.close()

    async def _call(self, plugin: str, hook: str, limit: float | None) -> BaseException | None:
        calls = [call for call in self._implementations(hook) if call.plugin == plugin]
        one = Round(calls, {})
        await one.in_turn(self._stage, limit)
        return next(iter(one.failures.values()), None)

    def _warn(self, plugin: str) -> None:
        log.warning(
            "plugin %s has been starting for %g s; it is given up after %g s",
            plugin,
            self._warn_after,
            self._give_up_after,
        )
