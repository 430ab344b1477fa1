"""Calls at a vendor: what is repeated and what is not, when a vendor is spared, and how it comes back."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

import pytest

from aethex_live.clock import ManualClock
from aethex_live.providers import Conflict, RateLimited, Unavailable
from aethex_live.providers.calls import FAILURES, PROBE_S, Calls


class Vendor:
    """Answers "fine", or fails as it is told; counts how often it was asked."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.asked = 0
        self.waits: list[float] = []
        self.error: Callable[[], Exception] | None = None
        self.calls = Calls("vendor", self.clock, wait=self._wait)

    async def _wait(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.clock.advance(seconds)
        await asyncio.sleep(0)

    async def answer(self) -> str:
        self.asked += 1
        await asyncio.sleep(0)  # it takes a moment, in which others ask
        if self.error is not None:
            raise self.error()
        return "fine"

    def ask(self, *, repeatable: bool = True) -> Awaitable[str]:
        return self.calls.run("ask", self.answer, repeatable=repeatable)


def down() -> Exception:
    return Unavailable("connection refused", provider="vendor", operation="ask")


@pytest.fixture
async def vendor() -> Vendor:
    """One that has been asked often, so that some repeats are saved up."""
    made = Vendor()
    for _ in range(100):
        assert await made.ask() == "fine"
    made.asked = 0
    return made


async def test_a_failure_that_passes_is_not_noticed(vendor: Vendor) -> None:
    errors = [down(), down()]

    async def hiccup() -> str:
        if errors:
            raise errors.pop()
        return "fine"

    assert await vendor.calls.run("ask", hiccup) == "fine"
    assert len(vendor.waits) == 2
    assert vendor.waits[0] < vendor.waits[1]
    assert vendor.calls.condition.healthy


async def test_what_must_not_happen_twice_is_not_repeated(vendor: Vendor) -> None:
    vendor.error = down
    with pytest.raises(Unavailable):
        await vendor.ask(repeatable=False)
    assert vendor.asked == 1


async def test_a_refusal_is_an_answer_and_is_not_repeated(vendor: Vendor) -> None:
    vendor.error = lambda: Conflict("it is live", provider="vendor", operation="ask")
    for _ in range(20):
        with pytest.raises(Conflict):
            await vendor.ask()
    assert vendor.asked == 20
    assert vendor.calls.condition.healthy


async def test_a_short_retry_after_is_waited_for_and_a_long_one_is_passed_on(vendor: Vendor) -> None:
    vendor.error = lambda: RateLimited("slower", provider="vendor", operation="ask", retry_after=1.5)
    with pytest.raises(RateLimited):
        await vendor.ask()
    assert vendor.waits == [1.5, 1.5]
    vendor.error = lambda: RateLimited("slower", provider="vendor", operation="ask", retry_after=60)
    with pytest.raises(RateLimited) as caught:
        await vendor.ask()
    assert (caught.value.retry_after, len(vendor.waits)) == (60, 2)
    # one who says when to come back is there
    assert vendor.calls.condition.healthy


async def test_a_call_that_hangs_ends_in_time() -> None:
    calls = Calls("vendor", ManualClock(), timeout_s=0.05)
    begun = time.monotonic()
    with pytest.raises(Unavailable, match="did not answer within") as caught:
        await calls.run("ask", asyncio.Event().wait, repeatable=False)
    assert caught.value.code == "timeout"
    assert time.monotonic() - begun < 1


async def test_a_call_that_took_its_time_is_not_repeated(vendor: Vendor) -> None:
    vendor.calls.timeout_s = 0.05

    async def hang() -> None:
        vendor.asked += 1
        await asyncio.Event().wait()

    with pytest.raises(Unavailable):
        await vendor.calls.run("ask", hang)
    assert (vendor.asked, vendor.waits) == (1, [])


async def test_a_vendor_that_is_down_is_spared_and_probed_now_and_then(vendor: Vendor) -> None:
    vendor.error = down
    while vendor.calls.condition.healthy:
        with pytest.raises(Unavailable):
            await vendor.ask(repeatable=False)
    assert vendor.asked == FAILURES
    # in ten minutes of pages that need it, it is asked once in ten seconds
    for _ in range(6000):
        with pytest.raises(Unavailable) as caught:
            await vendor.ask()
        vendor.clock.advance(0.1)
    assert vendor.asked - FAILURES <= 600 / PROBE_S
    assert caught.value.retry_after is not None
    assert caught.value.retry_after <= PROBE_S
    assert "connection refused" in vendor.calls.condition.failure


async def test_it_heals_by_itself_within_ten_seconds(vendor: Vendor) -> None:
    vendor.error = down
    for _ in range(FAILURES):
        with pytest.raises(Unavailable):
            await vendor.ask(repeatable=False)
    vendor.error = None
    vendor.clock.advance(PROBE_S)
    assert await vendor.ask() == "fine"
    assert vendor.calls.condition.healthy


async def test_calls_that_hung_from_before_spare_no_vendor_that_answers_again(vendor: Vendor) -> None:
    # Given a vendor that was silent, and calls that still wait for it
    silent = asyncio.Event()

    async def hang() -> None:
        await silent.wait()
        raise down()

    waiting = [asyncio.create_task(vendor.calls.run("ask", hang, repeatable=False)) for _ in range(2 * FAILURES)]
    await asyncio.sleep(0)
    # When it answers another, and those fail at last
    assert await vendor.ask() == "fine"
    silent.set()
    found = await asyncio.gather(*waiting, return_exceptions=True)
    assert all(isinstance(each, Unavailable) for each in found)
    # Then it is not spared for it
    assert vendor.calls.condition.healthy
    assert await vendor.ask() == "fine"


async def test_only_one_of_many_waiting_callers_probes(vendor: Vendor) -> None:
    vendor.error = down
    for _ in range(FAILURES):
        with pytest.raises(Unavailable):
            await vendor.ask(repeatable=False)
    vendor.clock.advance(PROBE_S)
    vendor.asked = 0
    found = await asyncio.gather(*(vendor.ask() for _ in range(50)), return_exceptions=True)
    assert all(isinstance(each, Unavailable) for each in found)
    assert vendor.asked == 1


async def test_a_process_that_was_just_started_repeats_what_it_is_lent_and_pays_it_back() -> None:
    # Given a process whose first call fails twice
    vendor = Vendor()
    errors = [down(), down()]

    async def hiccup() -> str:
        if errors:
            raise errors.pop()
        return "fine"

    # When it is made, Then nobody notices
    assert await vendor.calls.run("ask", hiccup) == "fine"
    # and for the next repeat, calls have to save up first: a tenth of them all, the lent ones among them
    for _ in range(28):
        await vendor.ask()
    errors.append(down())
    with pytest.raises(Unavailable):
        await vendor.calls.run("ask", hiccup)
    errors.append(down())
    assert await vendor.calls.run("ask", hiccup) == "fine"


@pytest.mark.parametrize("before", [0, 100], ids=["a fresh process", "after a quiet time"])
async def test_in_a_total_outage_a_crowd_asks_hardly_more_often_than_otherwise(before: int) -> None:
    """All of them are under way already when the first one fails."""
    vendor = Vendor()
    for _ in range(before):
        await vendor.ask()
    vendor.asked, vendor.error = 0, down
    found = await asyncio.gather(*(vendor.ask() for _ in range(100)), return_exceptions=True)
    assert all(isinstance(each, Unavailable) for each in found)
    assert vendor.asked == 100


@pytest.mark.parametrize("before", [0, 100], ids=["a fresh process", "after a quiet time"])
async def test_in_a_total_outage_one_after_another_opens_the_breaker_at_its_number(before: int) -> None:
    vendor = Vendor()
    for _ in range(before):
        await vendor.ask()
    vendor.asked, vendor.error = 0, down
    for _ in range(100):
        with pytest.raises(Unavailable):
            await vendor.ask()
    assert vendor.asked == FAILURES


async def test_in_an_outage_of_the_half_a_vendor_is_asked_hardly_more_often() -> None:
    """Failures that never come in a row open no breaker: then the budget keeps repeats to a tenth."""
    vendor = Vendor()
    for number in range(1000):
        vendor.error = down if number % 2 else None
        try:
            await vendor.ask()
        except Unavailable:
            continue
    assert vendor.asked <= 1100
