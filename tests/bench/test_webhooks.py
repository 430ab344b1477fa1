"""The campaign of `./run bench webhooks` in small: exactly as many effects as events, whatever is sent and killed."""

from __future__ import annotations

import random

import pytest

from bench.webhooks import FULL, Outcome, Size, campaign, figures, shuffled


def test_everything_is_sent_in_copies_and_some_of_it_again() -> None:
    bodies = [b"%d" % number for number in range(FULL.events)]
    heap = shuffled(bodies, FULL, random.Random(1))
    assert len(heap) == 200 * 50 * 1.3
    assert set(heap) == set(bodies)
    assert all(heap.count(body) >= FULL.copies for body in bodies)


def test_one_effect_too_many_or_too_few_misses_the_goal() -> None:
    for wrong in (199, 201):
        outcome = Outcome(sent=1, took_s=1.0, times=[0.1], effects={"stored": 200, "recordings": wrong})
        first = next(figures(FULL, outcome, quick=False))
        assert (first.value, first.met) == (wrong, False)


@pytest.mark.slow
async def test_events_that_come_in_copies_while_the_site_is_killed_have_one_effect_each() -> None:
    size = Size(events=30, copies=8, repeated=0.3, kills=2)
    outcome = await campaign(size)
    assert set(outcome.effects.values()) == {size.events}, outcome.effects
    assert outcome.sent == int(30 * 8 * 1.3)
    assert outcome.forged_taken == 0
    assert outcome.tries > outcome.sent, "no kill hit a request: the test proved nothing"
