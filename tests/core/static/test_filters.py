"""Numbers and times as pages write them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from aethex_live.clock import ManualClock
from aethex_live.web.filters import Times, compact, duration, number, size


@pytest.mark.parametrize(
    ("value", "text"), [(0, "0"), (812, "812"), (4812, "4.8K"), (12431, "12.4K"), (1_000_000, "1M"), (999, "999")]
)
def test_narrow_places_get_short_numbers(value: float, text: str) -> None:
    assert compact(value) == text


def test_other_places_get_whole_numbers() -> None:
    assert number(4812) == "4,812"


@pytest.mark.parametrize(("seconds", "text"), [(0, "0:00"), (41, "0:41"), (6129, "1:42:09"), (-3, "0:00")])
def test_durations_read_like_a_clock(seconds: float, text: str) -> None:
    assert duration(seconds) == text


@pytest.mark.parametrize(
    ("count", "text"), [(12, "12 bytes"), (1500, "1.5 KB"), (734_003_200, "734 MB"), (2.7e9, "2.7 GB")]
)
def test_sizes_have_the_unit_that_a_person_would_use(count: float, text: str) -> None:
    assert size(count) == text


def test_the_past_is_relative_for_seven_days_and_a_date_after() -> None:
    clock = ManualClock()
    times, then = Times(clock), clock.now()
    assert times.ago(then) == "just now"
    clock.advance(180)
    assert times.ago(then) == "3 minutes ago"
    clock.advance(timedelta(days=7).total_seconds())
    assert times.ago(then) == "Jan 1, 2026"
    assert 'title="January 1, 2026, 00:00 UTC"' in times.when(then)


def test_uptime_is_an_element_that_runs_on_in_the_page() -> None:
    clock = ManualClock()
    start = clock.now()
    clock.advance(6129)
    assert str(Times(clock).uptime(start)) == '<time datetime="2026-01-01T00:00:00+00:00" data-uptime>1:42:09</time>'
