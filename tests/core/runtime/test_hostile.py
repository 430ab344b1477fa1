"""A site with plugins that misbehave in every hook goes on, names them, and suspends them."""

from __future__ import annotations

import asyncio
import inspect
from typing import Any
from unittest.mock import MagicMock

import pytest

from aethex_live._runtime.answers import check_of
from aethex_live._runtime.gate import Gate
from aethex_live._runtime.health import Health
from aethex_live._runtime.registration import HookRegistry
from aethex_live._runtime.verbs import HookCaller
from aethex_live.clock import ManualClock
from aethex_live.hookspecs import facts_of
from aethex_live.testing.hostile import Junk, Misdeed, all_hooks, hostile_plugin

SPECS = list(all_hooks())
CALLED = [spec for spec in SPECS if spec.__name__ not in {"startup", "shutdown"}]  # the manager's own, see test_states
HASTY = {Misdeed.HANG, Misdeed.HANG_ON}


class Site:
    """A site with one hostile plugin and one good one that counts its calls."""

    def __init__(self, misdeed: Misdeed, monkeypatch: pytest.MonkeyPatch) -> None:
        self.gate = Gate()
        self.suspended: list[str] = []
        self.health = Health(ManualClock(), lambda plugin, _: self.suspended.append(plugin), is_short=lambda: False)
        registry = HookRegistry()
        registry.register("hostile", hostile_plugin(misdeed)(MagicMock()))
        self.gate.open("hostile")
        self.hooks = HookCaller(registry.implementations, self.gate, self.health)
        if misdeed in HASTY:  # the real limits are for people; these tests are about what happens then
            planned = self.hooks._planned
            short = lambda spec, verb: _hasty(planned(spec, verb))  # noqa: E731
            monkeypatch.setattr(self.hooks, "_planned", short)

    async def call(self, spec: Any) -> object:
        arguments = {name: _argument(name) for name in inspect.signature(spec).parameters}
        match facts_of(spec).verb:
            case "collect":
                return self.hooks.collect(spec)
            case "notify":
                return await self.hooks.notify(spec, **arguments)
            case "ask":
                return [answer.value for answer in await self.hooks.ask(spec, **arguments) if answer.value is not None]
            case "fold":
                first, *rest = arguments
                folded = await self.hooks.fold(spec, arguments[first], **{name: arguments[name] for name in rest})
                return folded == arguments[first]


def _hasty(plan: Any) -> Any:
    import dataclasses

    return dataclasses.replace(plan, limit=0.01)


def _argument(name: str) -> object:
    return {"people": {}}.get(name, name)


@pytest.mark.parametrize("misdeed", [misdeed for misdeed in Misdeed if misdeed is not Misdeed.BLOCK])
async def test_every_hook_survives(misdeed: Misdeed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aethex_live._runtime.steps.GRACE_S", 0.01)
    site = Site(misdeed, monkeypatch)
    for spec in CALLED:
        before = site.health.last_failure("hostile")
        assert await asyncio.wait_for(site.call(spec), 2) in ([], None, True), spec.__name__
        if facts_of(spec).verb == "notify" and misdeed is Misdeed.JUNK:
            continue  # what a notified plugin returns is of no interest
        after = site.health.last_failure("hostile")
        assert after is not None
        assert after is not before, spec.__name__
        assert after.place == spec.__name__
    assert site.suspended[0] == "hostile"


async def test_a_suspended_hostile_plugin_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    site = Site(Misdeed.RAISE, monkeypatch)
    site.gate.suspend("hostile")
    for spec in CALLED:
        await site.call(spec)
    assert site.health.last_failure("hostile") is None


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.__name__)
def test_every_declaration_says_what_may_come_back(spec: Any) -> None:
    check = check_of(spec)
    if facts_of(spec).verb != "notify":
        assert check(Junk()), "junk would pass as an answer"
        assert "Junk instead of" in check(Junk())


def test_the_hostile_plugin_is_in_every_hook() -> None:
    names = {spec.__name__ for spec in SPECS}
    assert len(names) == len(SPECS) >= 25
    assert names <= set(vars(hostile_plugin(Misdeed.RAISE)))
    assert set(vars(hostile_plugin(Misdeed.RAISE, hooks=frozenset({"startup"})))) & names == {"startup"}
