"""The modes of a chat: whom they hold back, what the refusal says, and who may change them."""

from __future__ import annotations

from dataclasses import fields
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aethex_live.actor import Actor
from aethex_live.errors import Forbidden, Invalid, NotFound, TooMany, Unauthenticated
from aethex_live.ids import uuid7
from aethex_live.models import AuditEntry, ChannelModerator, Event, User
from aethex_plugins.chat.entrance import alike
from aethex_plugins.chat.modes import COLUMNS, OPEN, WORDS, Modes, said
from aethex_plugins.chat.text import has_link


async def turn(world: Any, **modes: Any) -> None:
    await world.chat.mode_acts.change(world.channel.id, world.owner, Modes(**modes))


# --- slow mode


async def test_in_slow_mode_the_next_message_has_to_wait_and_the_refusal_says_how_long(world: Any) -> None:
    await turn(world, slow_s=30)
    await world.say(world.viewer, "one")
    world.clock.advance(10)
    with pytest.raises(TooMany) as refusal:
        await world.say(world.viewer, "two")
    assert (refusal.value.code, refusal.value.retry_after) == ("chat-slow", pytest.approx(20, abs=0.5))
    world.clock.advance(20.5)
    await world.say(world.viewer, "two")


async def test_slow_mode_counts_for_each_person_alone_and_not_for_moderators(world: Any) -> None:
    await turn(world, slow_s=30)
    await world.say(world.viewer)
    await world.say(world.other)
    for _ in range(3):
        await world.say(world.moderator)
        await world.say(world.owner)


async def test_slow_mode_counts_across_processes(world: Any) -> None:
    await turn(world, slow_s=30)
    await world.say(world.viewer)
    elsewhere = await world.another()
    with pytest.raises(TooMany):
        await elsewhere.send(world.channel.id, world.viewer, "two", client_id="elsewhere")


async def test_a_message_that_is_refused_for_another_reason_does_not_start_the_wait(world: Any) -> None:
    await turn(world, slow_s=30, links="refuse")
    with pytest.raises(Forbidden):
        await world.say(world.viewer, "see https://spam.example/x")
    await world.say(world.viewer, "sorry")


async def test_a_retry_of_a_stored_message_is_answered_in_slow_mode(world: Any) -> None:
    await turn(world, slow_s=30)
    first = await world.say(world.viewer, "once", client_id="same")
    assert await world.say(world.viewer, "once", client_id="same") == first


async def test_a_shorter_wait_holds_at_once(world: Any) -> None:
    await turn(world, slow_s=600)
    await world.say(world.viewer)
    await turn(world, slow_s=3)
    await world.say(world.viewer, "now")


# --- what is said


@pytest.mark.parametrize("text", ["HELLO   there", "hello there!!!", "\uff48\uff45llo there"])
async def test_repeats_are_refused_also_with_other_dots_and_letters(world: Any, text: str) -> None:
    await turn(world, unique_only=True)
    await world.say(world.viewer, "Hello there")
    with pytest.raises(Forbidden) as refusal:
        await world.say(world.viewer, text)
    assert refusal.value.code == "chat-repeat"
    await world.say(world.other, text)


async def test_after_ten_minutes_one_may_say_it_again(world: Any) -> None:
    await turn(world, unique_only=True)
    await world.say(world.viewer, "gg")
    world.clock.advance(601)
    await world.say(world.viewer, "gg")


async def test_messages_of_symbols_alone_are_told_apart(world: Any) -> None:
    await turn(world, unique_only=True)
    await world.say(world.viewer, "😀")
    await world.say(world.viewer, "🎉")


@given(st.text(max_size=60))
def test_what_is_alike_stays_alike_in_capitals_and_with_more_space(text: str) -> None:
    assert alike(f"  {text} ") == alike(text)
    assert alike(alike(text)) == alike(text)


@pytest.mark.parametrize(
    "text", ["http://a.example", "go to spam.com now", "SPAM.COM/x", "www.spam.gg", "\uff53pam\uff0ecom", "t.co/abc"]
)
async def test_links_are_refused_also_without_their_beginning(world: Any, text: str) -> None:
    await turn(world, links="refuse")
    with pytest.raises(Forbidden) as refusal:
        await world.say(world.viewer, text)
    assert (refusal.value.code, refusal.value.field) == ("chat-links", "text")


@pytest.mark.parametrize("text", ["that was 3.5 to 1", "wait...what", "e.g. this", "v1.2.3 is out", "hm.no"])
def test_dots_alone_are_no_links(text: str) -> None:
    assert not has_link(text)


# --- who writes


async def test_a_young_account_is_told_when_it_may_write(world: Any) -> None:
    await User.filter(id=world.viewer.user_id).update(created_at=world.clock.now() - timedelta(minutes=4))
    await turn(world, min_age_minutes=10)
    with pytest.raises(Forbidden) as refusal:
        await world.say(world.viewer)
    assert (refusal.value.code, refusal.value.retry_after) == ("chat-account-young", pytest.approx(360, abs=1))
    assert "6 minutes" in str(refusal.value)
    world.clock.advance(361)
    await world.say(world.viewer)


async def test_an_unconfirmed_account_is_told_what_would_let_it_write(world: Any) -> None:
    await turn(world, verified_only=True)
    with pytest.raises(Forbidden) as refusal:
        await world.say(world.viewer)
    assert refusal.value.code == "chat-unverified"
    await User.filter(id=world.viewer.user_id).update(email_verified_at=world.clock.now())
    await world.say(world.viewer)


# --- changing them


async def test_a_change_is_a_row_an_act_an_event_and_an_audit_entry(world: Any) -> None:
    await turn(world, slow_s=30)
    await turn(world, slow_s=10, links="refuse")
    act = world.topics.heard[-1]
    assert (act.name, act.seq, act.data["by"]) == ("modes", 2, "Nova_Wire")
    assert act.data["modes"]["sentences"] == ["Slow mode: one message every 10 seconds.", "No links."]
    assert (await world.chat.modes(world.channel.id)) == Modes(slow_s=10, links="refuse")
    assert (await Event.filter(type="chat.modes_changed").order_by("-id").first()).payload["slow_s"] == 10
    entry = await AuditEntry.filter(action="chat.modes").order_by("-id").first()
    assert entry.detail == {"slow_s": [30, 10], "links": ["allow", "refuse"]}
    newest, oldest = await world.chat.log(world.channel.id, world.moderator)
    # what moderators read is in words
    assert newest.changes == [("Slow mode", "30 seconds", "10 seconds"), ("Links", "allowed", "not allowed")]
    assert oldest.changes == [("Slow mode", "off", "30 seconds")]


def test_every_mode_has_a_name_for_the_log() -> None:
    assert set(WORDS) == set(COLUMNS)
    for field in fields(Modes):
        assert said(field.name, field.default) in ("off", "allowed")
    assert said("min_age_minutes", 1440) == "1 day"
    assert said("unique_only", True) == "on"


async def test_the_same_modes_again_are_no_act(world: Any) -> None:
    for _ in range(2):
        await turn(world, slow_s=30)
    assert len(world.topics.named("modes")) == 1
    assert await AuditEntry.filter(action="chat.modes").count() == 1


async def test_who_enters_gets_the_modes(world: Any, guest: Actor) -> None:
    assert (await world.chat.room(world.channel.id, guest)).modes == OPEN
    await turn(world, unique_only=True)
    assert (await world.chat.room(world.channel.id, guest)).modes.unique_only


@pytest.mark.parametrize(
    ("modes", "field"),
    [
        ({"slow_s": -1}, "slow_s"),
        ({"slow_s": 601}, "slow_s"),
        ({"min_age_minutes": 129_601}, "min_age_minutes"),
        ({"links": "maybe"}, "links"),
    ],
)
async def test_modes_out_of_bounds_are_refused_and_nothing_changes(
    world: Any, modes: dict[str, Any], field: str
) -> None:
    with pytest.raises(Invalid) as refusal:
        await turn(world, **modes)
    assert refusal.value.field == field
    assert await world.chat.modes(world.channel.id) == OPEN


async def test_only_who_has_the_right_changes_modes(world: Any, guest: Actor) -> None:
    helper = await world.account("helper")
    await ChannelModerator.create(id=uuid7(), channel=world.channel, user_id=helper.user_id, rights=["chat.delete"])
    for actor, error in ((guest, Unauthenticated), (world.viewer, Forbidden), (helper, Forbidden)):
        with pytest.raises(error):
            await world.chat.mode_acts.change(world.channel.id, actor, Modes(slow_s=5))
    with pytest.raises(NotFound):
        await world.chat.mode_acts.change(uuid7(), world.owner, Modes(slow_s=5))
    await ChannelModerator.filter(user_id=helper.user_id).update(rights=["chat.modes"])
    await world.chat.mode_acts.change(world.channel.id, helper, Modes(slow_s=5))
