"""What somebody has in a channel: any plugin's yes counts, nobody's offer is nobody's, answers are kept shortly."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest

from aethex_live.clock import ManualClock
from aethex_live.hookspecs.entitlements import EntitlementOffer
from aethex_live.ids import uuid7
from aethex_live.services.entitlements import FOLLOWER, SUBSCRIBER, Entitlements

DAY = datetime(2026, 1, 1, tzinfo=UTC)


class Said:
    """Plays the plugins: what they offer, and what each says."""

    def __init__(self, offers: Sequence[str], answers: Sequence[Any]) -> None:
        self.offers, self.answers, self.asked = offers, list(answers), 0

    def collect(self, spec: object) -> list[Any]:
        return [("subs", [EntitlementOffer(name=name, path="/p/subs/{slug}") for name in self.offers])]

    async def ask(self, spec: object, **given: Any) -> list[Any]:
        self.asked += 1
        return [
            SimpleNamespace(value=None, failure=one)
            if isinstance(one, Exception)
            else SimpleNamespace(value=one, failure=None)
            for one in self.answers
            if one is not None
        ]


def entitlements(offers: Sequence[str], *answers: Any) -> tuple[Entitlements, Said, ManualClock]:
    said, clock = Said(offers, answers), ManualClock()
    return Entitlements(cast("Any", said), clock), said, clock


@pytest.mark.parametrize(
    ("answers", "has"),
    [((True,), True), ((False, True), True), ((False,), False), ((), False), ((RuntimeError("x"), True), True)],
)
async def test_any_yes_counts(answers: tuple[Any, ...], has: bool) -> None:
    found, _, _ = entitlements([SUBSCRIBER], *answers)
    assert await found.has(uuid7(), uuid7(), SUBSCRIBER) is has


async def test_what_nobody_offers_nobody_has_and_nobody_is_asked() -> None:
    found, said, _ = entitlements([], True)
    assert not await found.has(uuid7(), uuid7(), SUBSCRIBER)
    assert found.offer(SUBSCRIBER) is None
    assert said.asked == 0


async def test_a_yes_closes_as_soon_as_its_owner_is_off() -> None:
    found, said, _ = entitlements([SUBSCRIBER], True)
    person, channel = uuid7(), uuid7()
    assert await found.has(person, channel, SUBSCRIBER)
    said.offers = []
    assert not await found.has(person, channel, SUBSCRIBER)


async def test_a_yes_is_kept_for_half_a_minute_and_a_no_for_two_seconds() -> None:
    found, said, clock = entitlements([SUBSCRIBER], False)
    person, channel = uuid7(), uuid7()
    for _ in range(3):
        assert not await found.has(person, channel, SUBSCRIBER)
    assert said.asked == 1
    said.answers = [True]
    clock.advance(2.1)
    for _ in range(3):
        assert await found.has(person, channel, SUBSCRIBER)
    assert said.asked == 2
    said.answers = [False]
    clock.advance(30.1)
    assert not await found.has(person, channel, SUBSCRIBER)


async def test_a_failure_is_no_answer_and_is_not_kept() -> None:
    found, said, _ = entitlements([SUBSCRIBER], RuntimeError("down"))
    person, channel = uuid7(), uuid7()
    assert not await found.has(person, channel, SUBSCRIBER)
    said.answers = [True]
    assert await found.has(person, channel, SUBSCRIBER)


async def test_the_earliest_follow_counts() -> None:
    found, _, _ = entitlements([FOLLOWER], DAY, DAY - timedelta(days=3))
    assert await found.followed_since(uuid7(), uuid7()) == DAY - timedelta(days=3)
    assert await found.has(uuid7(), uuid7(), FOLLOWER)


async def test_people_and_channels_are_not_mixed_up() -> None:
    found, said, _ = entitlements([SUBSCRIBER], True)
    one, other, channel = uuid7(), uuid7(), uuid7()
    assert await found.has(one, channel, SUBSCRIBER)
    said.answers = [False]
    assert not await found.has(other, channel, SUBSCRIBER)
    assert not await found.has(one, uuid7(), SUBSCRIBER)
    assert await found.has(one, channel, SUBSCRIBER)
