"""Vendors that do not answer: noted for everybody, said once in the log, and forgotten when they answer again."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from types import SimpleNamespace
from typing import Any

import pytest

from aethex_live._site.conditions import Conditions
from aethex_live.clock import ManualClock
from aethex_live.db import Database
from aethex_live.domain.provider_facts import condition_of, noted_troubles, sentence, trouble
from aethex_live.providers import Kind, Unavailable
from aethex_live.providers.calls import FAILURES, Condition
from vendors import House


def test_a_condition_is_a_sentence() -> None:
    clock = ManualClock()
    spared = Condition(healthy=False, failure="x", retry_after=7.2, since=clock.now())
    assert sentence("r2", spared) == "r2 has not answered since 00:00 UTC; it is asked again in 8 s."
    due = Condition(healthy=False, failure="x", since=clock.now())
    assert sentence("r2", due).endswith("; the next call asks it again.")
    assert sentence("r2", None) == "r2 works on this machine."
    assert condition_of(object()) is None


async def fail(house: House) -> None:
    async def call() -> None:
        raise Unavailable("no answer", provider="vendor", operation="any")

    with pytest.raises(Unavailable):
        await house.vendor.calls.run("any", call, repeatable=False)


async def succeed(house: House) -> None:
    async def call() -> None:
        return

    await house.vendor.calls.run("any", call)


async def test_a_vendor_that_is_down_is_noted_until_it_answers(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    # Given a vendor that answers
    caplog.set_level(logging.INFO)
    house = House(database)
    parts: Any = SimpleNamespace(providers=house.live, clock=house.clock, db=database)
    conditions = Conditions(parts)
    await conditions.tick()
    now: Callable[[], Awaitable[list[str]]] = lambda: noted_troubles(database, house.clock.now())  # noqa: E731
    assert await now() == []
    # When it fails so often that it is spared
    for _ in range(FAILURES):
        await fail(house)
    for _ in range(2):
        await conditions.tick()
    # Then other processes read it, pages say it, and the log has said it once
    assert await now() == ["vendor has not answered since 00:00 UTC."]
    providers: Any = house.live
    assert "it is asked again in 10 s" in trouble(providers, Kind.STREAMING, "vendor")
    assert caplog.text.count("has not answered") == 1
    # And a note of a process that is gone is not believed for long
    house.clock.advance(61)
    assert await now() == []
    # When it answers again
    await succeed(house)
    await conditions.tick()
    assert trouble(providers, Kind.STREAMING, "vendor") == ""
    assert "answers again" in caplog.text
