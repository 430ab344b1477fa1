"""Identifiers: version 7, in the order in which they were made, unique also between threads."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

from aethex_live.ids import derived_id, time_of, uuid7

MANY = 20_000


def test_what_one_process_makes_sorts_in_the_order_it_was_made():
    made = [uuid7() for _ in range(MANY)]
    assert made == sorted(made)
    assert len({one.int >> 80 for one in made}) < MANY  # several of a millisecond were among them


def test_they_are_of_version_7_and_say_when():
    made = uuid7()
    assert (made.version, made.variant) == (7, "specified in RFC 4122")
    assert abs(datetime.now(UTC) - time_of(made)) < timedelta(seconds=5)


def test_threads_share_none():
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: uuid7(), range(MANY)))
    assert len(set(made)) == MANY


def test_the_same_parts_are_the_same_id():
    assert derived_id("a", 1) == derived_id("a", 1) != derived_id("a", 2)
