"""Choices and suspensions in a real database, and how the other processes hear of them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from aethex_live._runtime.ports import StoredState
from aethex_live._runtime.state_store import PluginStateStore, stored_states
from aethex_live._runtime.states import State
from aethex_live._runtime.switching import CONTROL_KIND
from aethex_live.control import Control
from aethex_live.db import Database, EmbeddedPostgres

from .conftest import MemoryStates, Workbench
from .test_states import row


@pytest.fixture
async def control(database: Database) -> AsyncIterator[Control]:
    made = Control(database)
    await made.start()
    yield made
    await made.stop()


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(3):
        while not condition():
            await asyncio.sleep(0.01)


async def test_choices_and_suspensions_are_kept_until_they_are_taken_back(database: Database, control: Control) -> None:
    store = PluginStateStore(database, control)
    await store.set_switch("chat", False)
    await store.suspend("chat", "5 failures in a row")
    await store.set_switch("clips", True)
    kept = await store.load()
    assert (kept["chat"].switched, kept["chat"].reason) == (False, "5 failures in a row")
    assert kept["chat"].suspended_at is not None
    assert kept["clips"] == StoredState(switched=True)
    await store.resume("chat")
    await store.set_switch("chat", None)
    assert (await store.load())["chat"] == StoredState()


async def test_the_first_suspension_gives_the_time_and_the_last_the_reason(
    database: Database, control: Control
) -> None:
    store = PluginStateStore(database, control)
    await store.suspend("chat", "one")
    first = (await store.load())["chat"].suspended_at
    await store.suspend("chat", "two")
    assert (await store.load())["chat"] == StoredState(None, first, "two")


async def test_before_the_first_migration_nothing_is_kept(postgres: EmbeddedPostgres) -> None:
    empty = await Database.connect(postgres.dsn("postgres"), pool=(1, 1))
    try:
        assert await stored_states(empty) == {}
    finally:
        await empty.close()


async def test_every_process_hears_of_a_change(database: Database, control: Control) -> None:
    heard: list[dict[str, Any]] = []
    control.on(CONTROL_KIND, heard.append)
    store = PluginStateStore(database, control)
    await store.set_switch("chat", False)
    await store.suspend("chat", "too slow")
    await store.resume("chat")
    await until(lambda: len(heard) == 3)
    assert heard == [
        {"plugin": "chat", "act": "off"},
        {"plugin": "chat", "act": "suspend", "reason": "too slow"},
        {"plugin": "chat", "act": "resume"},
    ]


async def test_a_fifth_failure_here_suspends_the_plugin_in_another_process(
    bench: Workbench, database: Database, control: Control
) -> None:
    # Given two processes of one site
    bench.plugin("greeter")
    here, there = await bench.started(), await bench.started(MemoryStates())
    here.switching.states = PluginStateStore(database, control)
    control.on(CONTROL_KIND, there.switching.heard)
    # When the plugin fails five times in the first
    for _ in range(5):
        here.health.failed("greeter", "a hook", ValueError("boom"))
    # Then it is suspended there at once, here soon, and in the database
    assert row(here, "greeter").state is State.SUSPENDED
    await until(lambda: row(there, "greeter").state is State.SUSPENDED)
    assert row(there, "greeter").reason == "5 failures in a row, the last in a hook: ValueError: boom"
    assert (await stored_states(database))["greeter"].suspended_at is not None
    # And resumed everywhere by one
    control.on(CONTROL_KIND, here.switching.heard)
    await there.switching.resume("greeter")
    await here.switching.resume("greeter")
    await until(lambda: row(there, "greeter").state is State.RUNNING)
    assert here.gate.hears("greeter")


async def test_a_database_that_does_not_answer_leaves_the_suspension_to_this_process(
    bench: Workbench, caplog: pytest.LogCaptureFixture
) -> None:
    class Broken(MemoryStates):
        async def suspend(self, plugin: str, reason: str) -> None:
            raise OSError("gone")

    bench.plugin("greeter")
    plugins = await bench.started(Broken())
    for _ in range(5):
        plugins.health.failed("greeter", "a hook", "boom")
    await plugins.switching.settle()
    assert not plugins.gate.hears("greeter")
    assert "the suspension of greeter is known to this process only" in caplog.text
