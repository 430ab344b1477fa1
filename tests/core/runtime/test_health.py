"""Failures in a row: five suspend; time-outs on a starved machine count a quarter."""

from __future__ import annotations

from pathlib import Path

import pytest

from aethex_live._runtime.health import Health
from aethex_live._runtime.pressure import Pressure, processor_is_short
from aethex_live._runtime.rounds import HookTimeout
from aethex_live.clock import ManualClock

LATE = HookTimeout("no answer within 2 s")


class Machine:
    """A machine whose processors are short or not, and who was suspended on it."""

    def __init__(self) -> None:
        self.short = False
        self.suspended: list[str] = []
        self.health = Health(
            ManualClock(), lambda plugin, _: self.suspended.append(plugin), is_short=lambda: self.short
        )

    def fail(self, times: int, error: BaseException | str = LATE) -> None:
        for _ in range(times):
            self.health.failed("slow", "chat_badges", error)


def test_the_fifth_time_out_suspends() -> None:
    machine = Machine()
    machine.fail(4)
    assert machine.suspended == []
    machine.fail(1)
    assert machine.suspended == ["slow"]


def test_on_a_starved_machine_it_takes_the_twentieth_time_out() -> None:
    machine = Machine()
    machine.short = True
    machine.fail(19)
    assert machine.suspended == []
    machine.fail(1)
    assert machine.suspended == ["slow"]


@pytest.mark.parametrize("error", [RuntimeError("boom"), "it blocked the event loop"])
def test_other_failures_count_in_full_however_busy_the_machine_is(error: BaseException | str) -> None:
    machine = Machine()
    machine.short = True
    machine.fail(5, error)
    assert machine.suspended == ["slow"]


def test_a_success_ends_the_row_of_starved_time_outs() -> None:
    machine = Machine()
    machine.short = True
    machine.fail(19)
    machine.health.succeeded("slow", "chat_badges")
    machine.fail(19)
    assert machine.suspended == []


@pytest.mark.parametrize(
    ("text", "short"),
    [
        ("some avg10=61.20 avg60=6.94 avg300=4.31 total=8554580886\nfull avg10=0.00", True),
        ("some avg10=59.00 avg60=99.00 avg300=99.00 total=8554580886\n", False),
    ],
)
def test_the_kernel_says_how_short_processors_are(tmp_path: Path, text: str, short: bool) -> None:
    (tmp_path / "cpu").write_text(text)
    assert processor_is_short(tmp_path / "cpu") is short


@pytest.mark.parametrize(("load", "short"), [(6.5, True), (5.5, False)])
def test_without_the_kernels_word_the_load_decides(monkeypatch: pytest.MonkeyPatch, load: float, short: bool) -> None:
    monkeypatch.setattr("os.getloadavg", lambda: (load, 0.0, 0.0))
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    assert processor_is_short(Path("/nowhere")) is short


def test_the_kernel_is_asked_once_a_second() -> None:
    clock, asked = ManualClock(), 0

    def ask() -> bool:
        nonlocal asked
        asked += 1
        return asked > 1

    pressure = Pressure(clock.monotonic, ask)
    assert [pressure(), pressure()] == [False, False]
    clock.advance(1.1)
    assert [pressure(), pressure()] == [True, True]
    assert asked == 2
