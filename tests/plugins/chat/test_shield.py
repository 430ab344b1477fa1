"""Shield mode: what it turns on, that it brings back what held before, and that it never loosens anything."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aethex_live.errors import Forbidden, Invalid, Unauthenticated
from aethex_live.models import AuditEntry, ChannelModerator, Event
from aethex_plugins.chat.modes import OLDEST, SLOWEST, Modes, check_modes
from aethex_plugins.chat.shield import DEFAULT, stricter

MODES = st.builds(
    Modes,
    slow_s=st.integers(0, SLOWEST),
    unique_only=st.booleans(),
    links=st.sampled_from(["allow", "hold", "refuse"]),
    min_age_minutes=st.integers(0, OLDEST),
    verified_only=st.booleans(),
    hold_newcomers=st.booleans(),
)


async def turn(world: Any, *, on: bool, by: Any = None) -> Any:
    return await world.chat.shield_acts.turn(world.channel.id, by or world.moderator, on=on)


async def test_it_turns_its_modes_on_and_brings_back_what_held(world: Any) -> None:
    here, before = world.channel.id, Modes(slow_s=120, unique_only=True)
    await world.chat.mode_acts.change(here, world.owner, before)
    shield = await turn(world, on=True)
    assert (shield.on, shield.by, shield.since) == (True, "Nova_Mods", world.clock.now())
    held = await world.chat.modes(here)
    strict = Modes(links="refuse", min_age_minutes=1440, verified_only=True, hold_newcomers=True)
    assert held == replace(strict, slow_s=120, unique_only=True)
    with pytest.raises(Forbidden):
        await world.say(world.viewer)
    await turn(world, on=False)
    assert await world.chat.modes(here) == before
    assert [heard.name for heard in world.topics.heard][-4:] == ["modes", "shield", "modes", "shield"]
    assert [heard.data for heard in world.topics.named("shield")] == [
        {"on": True, "by": "Nova_Mods"},
        {"on": False, "by": "Nova_Mods"},
    ]
    actions = await AuditEntry.all().order_by("id").values_list("action", flat=True)
    assert list(actions)[1:] == ["chat.modes", "chat.shield_on", "chat.modes", "chat.shield_off"]
    assert await Event.filter(type="chat.shield_turned").count() == 2


async def test_a_second_press_changes_nothing(world: Any) -> None:
    for on in (False, True, True):
        await turn(world, on=on)
    assert len(world.topics.named("shield")) == 1
    await turn(world, on=False)
    assert await world.chat.modes(world.channel.id) == Modes()


async def test_its_modes_are_chosen(world: Any) -> None:
    here, preset = world.channel.id, Modes(slow_s=300)
    await world.chat.shield_acts.choose(here, world.moderator, preset)
    assert await world.chat.modes(here) == Modes()
    assert world.topics.heard == []
    entry = await AuditEntry.get(action="chat.shield_modes")
    assert entry.detail["slow_s"] == [DEFAULT.slow_s, 300]
    await turn(world, on=True)
    assert await world.chat.modes(here) == preset
    with pytest.raises(Invalid):
        await world.chat.shield_acts.choose(here, world.moderator, Modes(slow_s=10**6))


async def test_it_takes_the_right_to_change_modes(world: Any, guest: Any) -> None:
    rights = ["chat.delete", "chat.timeout", "chat.ban"]
    await ChannelModerator.filter(user_id=world.moderator.user_id).update(rights=rights)
    for who, refusal in ((world.moderator, Forbidden), (world.viewer, Forbidden), (guest, Unauthenticated)):
        with pytest.raises(refusal):
            await turn(world, on=True, by=who)
        with pytest.raises(refusal):
            await world.chat.shield_acts.choose(world.channel.id, who, Modes())
    assert not (await world.chat.shield(world.channel.id)).on


@given(MODES, MODES)
def test_a_shield_never_loosens_what_holds(one: Modes, other: Modes) -> None:
    both = stricter(one, other)
    check_modes(both)
    assert both == stricter(other, one)
    assert stricter(both, one) == both
    assert stricter(one, Modes()) == one
