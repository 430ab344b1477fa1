"""Followers only and subscribers only: offered where a plugin answers, refused with what would let one write."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

import pytest

from aethex_live.errors import Forbidden, Invalid
from aethex_live.hookspecs.entitlements import FOLLOWER, SUBSCRIBER, EntitlementOffer
from aethex_plugins.chat.entitled import NO_FOLLOWS, NO_SUBSCRIPTIONS
from aethex_plugins.chat.modes import Modes

FOLLOW = EntitlementOffer(name=FOLLOWER, label="Follow", path="/{slug}")
SUBSCRIBE = EntitlementOffer(name=SUBSCRIBER, label="Subscribe", path="/p/subs/{slug}")


async def turn(world: Any, **modes: Any) -> None:
    await world.chat.mode_acts.change(world.channel.id, world.owner, Modes(**modes))


async def refusal(world: Any, actor: Any) -> Forbidden:
    with pytest.raises(Forbidden) as caught:
        await world.say(actor)
    return caught.value


@pytest.fixture
def offered(world: Any) -> Any:
    world.hooks.offers = [FOLLOW, SUBSCRIBE]
    return world


@pytest.mark.parametrize("name", ["followers_only", "subscribers_only"])
async def test_a_mode_that_nobody_answers_for_can_not_be_turned_on(world: Any, name: str) -> None:
    with pytest.raises(Invalid) as refused:
        await turn(world, **{name: True})
    assert refused.value.field == name


async def test_only_followers_write_and_the_refusal_says_what_to_do(offered: Any) -> None:
    await turn(offered, followers_only=True)
    refused = await refusal(offered, offered.viewer)
    assert (refused.code, str(refused)) == (
        "chat-followers-only",
        "Only followers may write here: follow this channel.",
    )
    # When they follow, Then they write a moment later; moderators always did
    offered.hooks.followed[offered.viewer.user_id] = offered.clock.now()
    offered.clock.advance(2.1)
    await offered.say(offered.viewer)
    await offered.say(offered.moderator)


async def test_a_young_follow_waits_and_is_told_since_when_and_how_long(offered: Any) -> None:
    await turn(offered, followers_only=True, follow_minutes=10)
    offered.hooks.followed[offered.viewer.user_id] = offered.clock.now() - timedelta(minutes=4)
    refused = await refusal(offered, offered.viewer)
    assert refused.code == "chat-followers-only"
    assert refused.retry_after == pytest.approx(360)
    assert "you have for 4 minutes, so you can in 6 minutes" in str(refused)
    offered.clock.advance(361)
    await offered.say(offered.viewer)


async def test_only_subscribers_write(offered: Any) -> None:
    await turn(offered, subscribers_only=True)
    assert (await refusal(offered, offered.viewer)).code == "chat-subscribers-only"
    offered.hooks.owned[offered.other.user_id] = {SUBSCRIBER}
    await offered.say(offered.other)
    await offered.say(offered.owner)


async def test_the_barrier_leads_to_where_one_follows_or_subscribes(offered: Any) -> None:
    standing = await offered.chat.standing(offered.channel.id, offered.viewer)
    await turn(offered, followers_only=True)
    found = await offered.chat.barrier(offered.channel.id, standing)
    assert (found.label, found.path) == ("Follow", "/nova")
    await turn(offered, subscribers_only=True)
    found = await offered.chat.barrier(offered.channel.id, standing)
    assert (found.label, found.path) == ("Subscribe", "/p/subs/nova")


async def test_while_their_owner_is_off_a_follow_is_not_asked_for_and_paid_things_stay_closed(offered: Any) -> None:
    # Given both modes, and a subscriber
    offered.hooks.owned[offered.viewer.user_id] = {SUBSCRIBER}
    await turn(offered, followers_only=True, subscribers_only=True)
    # When the plugins go
    offered.hooks.offers = []
    # Then nobody is held back for a follow, but for the subscription, whoever had one
    assert (await refusal(offered, offered.viewer)).code == "chat-subscribers-only"
    await turn(offered, followers_only=True)
    await offered.say(offered.viewer)
    # And moderators are told why, viewers are not told of a mode that does not hold
    await turn(offered, followers_only=True, subscribers_only=False)
    room = await offered.chat.room(offered.channel.id, offered.moderator)
    assert room.notes == [NO_FOLLOWS]
    assert room.modes.sentences == []
    assert (await offered.chat.room(offered.channel.id, offered.viewer)).notes == []
    assert offered.chat.entitled.notes(Modes(subscribers_only=True)) == [NO_SUBSCRIPTIONS]


async def test_a_mode_whose_owner_is_off_can_be_kept_and_turned_off(offered: Any) -> None:
    await turn(offered, followers_only=True)
    offered.hooks.offers = []
    await turn(offered, followers_only=True, slow_s=3)
    await turn(offered)


@pytest.mark.parametrize("bad", [{"follow_minutes": -1}, {"follow_minutes": 10**6}, {"delay_s": 11}, {"delay_s": -1}])
async def test_what_is_out_of_bounds_is_refused(offered: Any, bad: dict[str, int]) -> None:
    with pytest.raises(Invalid) as refused:
        await turn(offered, **bad)
    assert refused.value.field == next(iter(bad))


async def test_a_mode_that_is_off_costs_a_message_nothing(offered: Any) -> None:
    entitled, modes = offered.chat.entitled, Modes()
    began = time.perf_counter()
    for _ in range(1000):
        entitled.holding(modes)
    assert (time.perf_counter() - began) / 1000 < 20e-6
    assert entitled.notes(modes) == []
