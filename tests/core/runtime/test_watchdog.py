"""The watchdog: who blocks the event loop is named with file and line, and nobody else is."""

from __future__ import annotations

import asyncio
import threading
import time
from pathlib import Path
from types import ModuleType

import pytest

from aethex_live._runtime.health import Health
from aethex_live._runtime.run_queue import RunQueue
from aethex_live._runtime.watchdog import PLACE, Watchdog
from aethex_live.clock import ManualClock

from .conftest import MemoryStates, Workbench
from .test_states import row

TRIES = 12  # where the machine has no processor for the watchdog's thread either, it misses one

CODE = """\
import time
from collections.abc import Callable

def block(seconds):
    time.sleep(seconds)

async def block_later(seconds):
    block(seconds)

def call(function):
    function()
"""


class Dog:
    """A watchdog over one plugin that stands in a folder."""

    def __init__(self, folder: Path, run_queue: type[RunQueue] = RunQueue) -> None:
        self.suspended: list[str] = []
        self.health = Health(ManualClock(), lambda plugin, _: self.suspended.append(plugin), is_short=lambda: False)
        self.folder = folder / "sleepy"
        self.folder.mkdir()
        self.plugin = ModuleType("sleepy")
        exec(compile(CODE, f"{self.folder}/code.py", "exec"), vars(self.plugin))
        self.watchdog = Watchdog(self.health, {self.folder: "sleepy", folder / "other": "other"}, run_queue)


@pytest.fixture
def dog(tmp_path: Path) -> Dog:
    return Dog(tmp_path)


def failures(dog: Dog) -> int:
    last = dog.health.last_failure("sleepy")
    return last.total if last else 0


async def settled() -> None:
    """The loop's next beats, in which a block is counted."""
    await asyncio.sleep(0.12)


async def test_a_plugin_that_blocks_is_named_with_file_and_line(dog: Dog, caplog: pytest.LogCaptureFixture) -> None:
    dog.watchdog.start()
    await settled()
    for _ in range(TRIES):
        await dog.plugin.block_later(0.4)
        await settled()
        if failures(dog):
            break
    dog.watchdog.stop()
    failure = dog.health.last_failure("sleepy")
    assert failure is not None
    assert failure.place == PLACE
    assert failure.text == f"it blocked the event loop at {dog.folder}/code.py:5; use asyncio.to_thread there"
    assert dog.health.streak("sleepy") == 1
    assert f"plugin sleepy blocks the event loop at {dog.folder}/code.py:5" in caplog.text


@pytest.mark.parametrize(("seconds", "named"), [(0.13, True), (0.06, False)])
async def test_a_tenth_of_a_second_is_the_limit(dog: Dog, seconds: float, named: bool) -> None:
    dog.watchdog.start()
    await settled()
    for _ in range(TRIES):
        dog.plugin.block(seconds)
        await settled()
        if failures(dog):
            break
    dog.watchdog.stop()
    assert bool(failures(dog)) is named


async def test_a_loop_that_is_merely_busy_is_nobodys_fault(dog: Dog) -> None:
    dog.watchdog.start()
    await settled()
    until = time.monotonic() + 0.4
    while time.monotonic() < until:
        await asyncio.sleep(0)
        dog.plugin.block(0.01)  # shorter than the limit each time
    await settled()
    dog.watchdog.stop()
    assert dog.health.last_failure("sleepy") is None


async def test_many_short_calls_in_one_turn_of_the_loop_are_nobodys_fault(dog: Dog) -> None:
    dog.watchdog.start()
    await settled()
    for _ in range(40):
        asyncio.get_running_loop().call_soon(dog.plugin.block, 0.01)
    await settled()
    dog.watchdog.stop()
    assert dog.health.last_failure("sleepy") is None


async def test_what_the_machine_takes_is_nobodys_fault(tmp_path: Path) -> None:
    class NeverRun(RunQueue):
        def waited(self) -> float:
            return time.monotonic()

    dog = Dog(tmp_path, NeverRun)
    dog.watchdog.start()
    await settled()
    dog.plugin.block(0.4)
    await settled()
    dog.watchdog.stop()
    assert dog.health.last_failure("sleepy") is None


def test_the_kernel_counts_what_a_thread_waits_for_a_processor() -> None:
    queue = RunQueue(threading.get_native_id())
    first = queue.waited()
    assert first >= 0
    assert queue.waited() >= first
    queue.close()
    assert queue.waited() == 0
    assert RunQueue(-1).waited() == 0


async def test_the_core_blocking_is_no_plugins_failure(dog: Dog) -> None:
    dog.watchdog.start()
    await settled()
    time.sleep(0.3)
    await settled()
    dog.watchdog.stop()
    assert not dog.health.ailing


async def test_five_blocks_suspend_although_each_call_went_well(dog: Dog) -> None:
    dog.watchdog.start()
    for _ in range(TRIES):
        if dog.suspended:
            break
        await settled()
        dog.plugin.block(0.3)
        dog.health.succeeded("sleepy", "some hook")
        await settled()
    dog.watchdog.stop()
    assert dog.suspended == ["sleepy"]
    assert failures(dog) == 5


async def test_a_running_site_watches_its_plugins(bench: Workbench) -> None:
    folder = bench.plugin(
        "sleepy",
        """
        import time
        from aethex_live import Plugin, hookimpl
        class Sleepy(Plugin):
            @hookimpl
            async def startup(self):
                self.block()
            def block(self):
                time.sleep(0.4)
        """,
    )
    plugins = await bench.started(MemoryStates(), watch_after=0.01)
    await settled()
    assert row(plugins, "sleepy").failures == 0  # nobody waits for a site that starts
    for _ in range(TRIES):
        plugins.roster.entries["sleepy"].plugin.block()  # type: ignore[union-attr]  # the plugin above
        await settled()
        if row(plugins, "sleepy").failures:
            break
    found = row(plugins, "sleepy")
    assert f"{folder}/__init__.py:9" in found.last_failure
    assert found.failures == 1
