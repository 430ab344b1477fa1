"""Plugins that misbehave in every hook there is, made from the declarations themselves.

A site with one of them must go on as if it were not there. `hostile_plugin` makes one for each `Misdeed`.
"""

from __future__ import annotations

import asyncio
import enum
import inspect
import time
from collections.abc import Callable, Iterator, Mapping
from types import ModuleType
from typing import Any

from aethex_live import Plugin, hookimpl
from aethex_live.hookspecs import MODULES, SpecFacts, facts_of
from aethex_live.hookspecs.web import Slot, SlotContribution

BLOCK_S = 0.15  # longer than the 100 ms after which the watchdog speaks up

Block = Callable[[float], None]


class Misdeed(enum.StrEnum):
    """What a hostile plugin does whenever it is called."""

    RAISE = "raises"
    EXIT = "exits"
    CANCEL = "cancels"
    HANG = "hangs"
    HANG_ON = "hangs on"  # also when it is cancelled
    JUNK = "returns junk"
    BLOCK = "blocks"


class HostileError(Exception):
    """What a hostile plugin raises; nothing else in a test raises it."""


class Junk:
    """An answer that no hook declares."""


def all_hooks(modules: tuple[ModuleType, ...] = MODULES) -> Iterator[Callable[..., object]]:
    """Every hook that the platform declares."""
    for module in modules:
        for value in vars(module).values():
            if isinstance(getattr(value, "__aethex_spec__", None), SpecFacts) and value.__module__ == module.__name__:
                yield value


def hostile_plugin(misdeed: Misdeed, *, hooks: frozenset[str] | None = None, block: Block = time.sleep) -> type[Plugin]:
    """A plugin class that misbehaves in all hooks, or in those named alone.

    `block` is how it blocks: the watchdog accuses whose code it is, so give it a function of the plugin's file.
    """
    specs = [spec for spec in all_hooks() if hooks is None or spec.__name__ in hooks]
    methods = {spec.__name__: hookimpl(_method(spec, misdeed, block)) for spec in specs}
    return type(f"Hostile{misdeed.name.title().replace('_', '')}", (Plugin,), methods)


def hostile_parts(misdeed: Misdeed, block: Block = time.sleep) -> list[SlotContribution]:
    """A part for every slot there is that misbehaves while its page is made."""
    act = _awaited(misdeed, block)

    async def context(_: Mapping[str, Any]) -> Any:
        return await act(None)

    return [SlotContribution(slot=slot, template="hostile.html", context=context) for slot in Slot]


def _method(spec: Callable[..., object], misdeed: Misdeed, block: Block) -> Callable[..., Any]:
    act = _collected(misdeed, block) if facts_of(spec).verb == "collect" else _awaited(misdeed, block)
    own = inspect.Parameter("self", inspect.Parameter.POSITIONAL_OR_KEYWORD)
    act.__name__ = spec.__name__
    # pluggy passes what the signature asks for, and it should ask for all
    act.__signature__ = inspect.Signature([own, *inspect.signature(spec).parameters.values()])  # type: ignore[attr-defined]  # functions take attributes
    return act


def _collected(misdeed: Misdeed, block: Block) -> Callable[..., Any]:
    def act(self: Plugin, **_: object) -> object:
        if misdeed is Misdeed.BLOCK:
            block(BLOCK_S)
            return None
        if misdeed is Misdeed.JUNK:
            return Junk()
        raise _error(misdeed)

    return act


def _awaited(misdeed: Misdeed, block: Block) -> Callable[..., Any]:
    async def act(self: Plugin | None, **_: object) -> object:
        match misdeed:
            case Misdeed.HANG:
                await asyncio.Event().wait()
            case Misdeed.HANG_ON:
                await _hang_on()
            case Misdeed.BLOCK:
                block(BLOCK_S)
            case Misdeed.JUNK:
                return Junk()
            case _:
                raise _error(misdeed)
        return None

    return act


async def _hang_on() -> None:
    """Five seconds, come what may: for ever would outlive the test's own loop."""
    deadline = time.monotonic() + 5
    while (left := deadline - time.monotonic()) > 0:
        try:
            await asyncio.sleep(left)
        except asyncio.CancelledError:
            continue


def _error(misdeed: Misdeed) -> BaseException:
    if misdeed is Misdeed.EXIT:
        return SystemExit(3)
    if misdeed is Misdeed.CANCEL:
        return asyncio.CancelledError()
    return HostileError(misdeed)
