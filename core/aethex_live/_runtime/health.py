"""Counts the failures of plugins in this process; the fifth in a row asks for suspension.

A time-out while the whole machine is short of processors is hardly the plugin's fault: four of them count as one.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from aethex_live._runtime.pressure import processor_is_short
from aethex_live._runtime.rounds import HookTimeout
from aethex_live._runtime.words import one_line
from aethex_live.clock import Clock

IN_A_ROW = 5  # failures until suspension (architecture 2)
WHOLE, STARVED = 4, 1  # how much a failure counts, and a time-out on a machine that is short of processors

log = logging.getLogger(__name__)

OnSuspend = Callable[[str, str], None]
"""Told the plugin and the reason in a sentence; suspends it for all processes."""


@dataclass(frozen=True, slots=True)
class Failure:
    """The last failure of a plugin, and how many there were since the start."""

    at: datetime
    place: str
    text: str
    total: int


class Health:
    """Failures by plugin. In a row means: without a success in between, of the plugin or at the same place.

    The place counts by itself, because a plugin whose slot fails on every page would otherwise be saved by
    each hook that goes well.
    """

    def __init__(
        self,
        clock: Clock,
        on_suspend: OnSuspend,
        *,
        in_a_row: int = IN_A_ROW,
        is_short: Callable[[], bool] = processor_is_short,
    ) -> None:
        self._clock = clock
        self._on_suspend = on_suspend
        self._in_a_row = in_a_row
        self._is_short = is_short
        # plugin -> place -> quarters of failures; "" is the plugin as a whole
        self._streaks: dict[str, dict[str, int]] = {}
        self._last: dict[str, Failure] = {}

    def failed(self, plugin: str, place: str, error: BaseException | str) -> None:
        """Count a failure of `plugin` at `place`, a hook's or slot's name; the stack goes to the log."""
        text = error if isinstance(error, str) else one_line(error)
        stack = None if isinstance(error, str) else error
        log.warning("plugin %s failed in %s: %s", plugin, place, text, exc_info=stack, extra={"plugin": plugin})
        before = self._last.get(plugin)
        self._last[plugin] = Failure(self._clock.now(), place, text, before.total + 1 if before else 1)
        streaks = self._streaks.setdefault(plugin, {})
        weight = STARVED if isinstance(error, HookTimeout) and self._is_short() else WHOLE
        for key in ("", place):
            streaks[key] = streaks.get(key, 0) + weight
        if max(streaks.values()) >= self._in_a_row * WHOLE:
            del self._streaks[plugin]
            self._on_suspend(plugin, f"{self._in_a_row} failures in a row, the last in {place}: {text}")

    def succeeded(self, plugin: str, place: str) -> None:
        """A call went well: the plugin's row of failures and that of the place are over."""
        if self._streaks and (streaks := self._streaks.get(plugin)):
            streaks.pop("", None)
            streaks.pop(place, None)
            if not streaks:
                del self._streaks[plugin]

    @property
    def ailing(self) -> bool:
        """Whether any plugin has a row of failures that a success would end."""
        return bool(self._streaks)

    def forget(self, plugin: str, place: str | None = None) -> None:
        """Start counting anew, at one place or (after a resume) at all."""
        if place is None:
            self._streaks.pop(plugin, None)
        elif streaks := self._streaks.get(plugin):
            streaks.pop(place, None)

    def last_failure(self, plugin: str) -> Failure | None:
        """The newest failure in this process since it started."""
        return self._last.get(plugin)

    def streak(self, plugin: str) -> int:
        """Failures in a row so far, without those that count a quarter."""
        return max(self._streaks.get(plugin, {}).values(), default=0) // WHOLE
