"""One round of calls: plugins one after the other, each one's end kept apart from the others'."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aethex_live._runtime.steps import Carrier, Stage
from aethex_live.errors import PluginError

# what plain code of a plugin may raise without ending the site; KeyboardInterrupt is the operator's Ctrl-C
CONTAINED = (Exception, SystemExit, GeneratorExit, asyncio.CancelledError)


@dataclass(frozen=True, slots=True)
class Implementation:
    """A plugin's function for a hook, with the names of the arguments that it takes."""

    plugin: str
    function: Callable[..., Any]
    arguments: tuple[str, ...]


class HookTimeout(PluginError):
    """A plugin took longer for a call than its limit."""


Accept = Callable[[int, Any], None]
"""Told the position and the value of a call that ended well, before the next one begins."""


class Round:
    """Calls plugins in turn; what one does can't keep the next one from being called.

    `values` and `failures` are by position in `calls`; what failed counts as having no value.
    """

    __slots__ = ("_accept", "_next", "calls", "failures", "named", "values")

    def __init__(self, calls: Sequence[Implementation], named: Mapping[str, Any], accept: Accept | None = None) -> None:
        self.calls = calls
        self.named = named
        self.values: list[Any] = [None] * len(calls)
        self.failures: dict[int, BaseException] = {}
        self._accept = accept
        self._next = 0

    async def together(self, stage: Stage, limit: float | None) -> None:
        """A call that waits is set aside and the next one begins; `limit` in seconds is for all that wait."""
        waiting: dict[int, asyncio.Task[None]] | None = None
        caller = asyncio.current_task()
        carrier = stage.enter(caller)
        try:
            while (set_aside := self._begun(carrier)) is not None:
                waiting = waiting or {}
                waiting[set_aside] = carrier.task
                carrier = stage.renew(carrier)
        finally:
            stage.leave(carrier, caller)
        if waiting:
            await self._settle(stage, waiting, limit)

    async def in_turn(self, stage: Stage, limit: float | None) -> None:
        """A call that waits is waited for, at most `limit` seconds each, before the next one begins."""
        caller = asyncio.current_task()
        while self._next < len(self.calls):
            carrier = stage.enter(caller)
            try:
                set_aside = self._begun(carrier)
            finally:
                stage.leave(carrier, caller)
            if set_aside is not None:
                await self._settle(stage, {set_aside: carrier.task}, limit)

    def _begun(self, carrier: Carrier) -> int | None:
        """Call until one waits, and give its position; None when all calls are over."""
        while self._next < len(self.calls):
            if not carrier.begin(self._sequence(self._next)):
                self._next += 1
                return self._next - 1
        return None

    async def _sequence(self, start: int) -> None:
        """Call from `start` on. Once a call has waited, those after it are another sequence's."""
        for index in range(start, len(self.calls)):
            self._next = index
            call, named = self.calls[index], self.named
            try:
                if len(call.arguments) == len(named):
                    value = await call.function(**named)
                else:
                    value = await call.function(**{name: named[name] for name in call.arguments})
            except BaseException as error:  # noqa: BLE001  (a plugin's SystemExit must not end the site)
                self.failures.setdefault(index, error)
                if isinstance(error, GeneratorExit):  # maybe ours: a closed coroutine must not await again
                    self._next = max(self._next, index + 1)
                    return
            else:
                if value is not None and index not in self.failures:
                    self.values[index] = value
                    if self._accept is not None:
                        self._accept(index, value)
            if self._next != index:
                return
        self._next = len(self.calls)

    async def _settle(self, stage: Stage, waiting: Mapping[int, asyncio.Task[None]], limit: float | None) -> None:
        def late(index: int) -> None:
            self.failures[index] = HookTimeout(f"no answer within {limit} s")

        await stage.settle(waiting, limit, late)
        for index, task in waiting.items():
            if task.cancelled():  # before it could carry anything
                self.failures.setdefault(index, asyncio.CancelledError("it cancelled itself"))
            elif task.done() and (error := task.exception()) is not None:
                self.failures.setdefault(index, error)
