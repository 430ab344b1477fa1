"""The rules of a chat: accepted once for each version, before the first message."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aethex_live.errors import Conflict, Forbidden, Invalid, NotFound, Unauthenticated
from aethex_live.models import AuditEntry, ChannelModerator, Event
from aethex_plugins.chat.rules import LONGEST, check_rules


async def lay_down(world: Any, text: str = "Be kind.\nNo spoilers.", *, ask_again: bool = False) -> int:
    made = await world.chat.rules.change(world.channel.id, world.owner, text, ask_again=ask_again)
    return int(made.version)


async def code(world: Any, actor: Any) -> str:
    try:
        await world.say(actor)
    except Forbidden as refusal:
        return refusal.code
    return ""


async def test_one_accepts_the_rules_once_before_the_first_message(world: Any) -> None:
    version = await lay_down(world)
    assert await code(world, world.viewer) == "chat-rules"
    await world.chat.rules.accept(world.channel.id, world.viewer, version)
    assert await code(world, world.viewer) == ""
    # and others are asked all the same, moderators never
    assert await code(world, world.other) == "chat-rules"
    assert await code(world, world.moderator) == await code(world, world.owner) == ""


async def test_changed_rules_ask_again_only_where_the_moderator_wants_it(world: Any) -> None:
    await world.chat.rules.accept(world.channel.id, world.viewer, await lay_down(world))
    assert await lay_down(world, "Be very kind.") == 1
    assert await code(world, world.viewer) == ""
    version = await lay_down(world, "Be kind, or else.", ask_again=True)
    assert (version, await code(world, world.viewer)) == (2, "chat-rules")
    room = await world.chat.room(world.channel.id, world.viewer)
    assert "have changed" in room.barrier.sentence
    assert room.barrier.path == "/p/chat/nova/rules"


async def test_accepting_rules_that_have_changed_is_refused(world: Any) -> None:
    old = await lay_down(world)
    await lay_down(world, "Other rules.", ask_again=True)
    with pytest.raises(Conflict):
        await world.chat.rules.accept(world.channel.id, world.viewer, old)
    assert await code(world, world.viewer) == "chat-rules"


async def test_without_rules_nobody_is_asked_and_what_was_accepted_before_does_not_count_for_new_ones(
    world: Any,
) -> None:
    with pytest.raises(Conflict):
        await world.chat.rules.accept(world.channel.id, world.viewer, 0)
    await world.chat.rules.accept(world.channel.id, world.viewer, await lay_down(world))
    await lay_down(world, "")
    assert await code(world, world.other) == ""
    await lay_down(world, "New ones.", ask_again=True)
    assert await code(world, world.viewer) == "chat-rules"


async def test_a_change_is_an_act_an_event_and_an_audit_entry(world: Any) -> None:
    await lay_down(world)
    told = world.topics.heard[-1]
    assert (told.name, told.data["there"], told.data["by"]) == ("rules", True, "Nova_Wire")
    assert await Event.filter(type="chat.rules_changed").count() == 1
    entry = await AuditEntry.get(action="chat.rules")
    assert entry.detail["after"] == "Be kind.\nNo spoilers."
    # and the same rules again are no act
    await lay_down(world)
    assert await AuditEntry.filter(action="chat.rules").count() == 1


async def test_only_moderators_with_the_right_change_rules(world: Any, guest: Any) -> None:
    with pytest.raises(Forbidden):
        await world.chat.rules.change(world.channel.id, world.viewer, "x", ask_again=False)
    with pytest.raises(Unauthenticated):
        await world.chat.rules.change(world.channel.id, guest, "x", ask_again=False)
    with pytest.raises(Unauthenticated):
        await world.chat.rules.accept(world.channel.id, guest, 1)
    await ChannelModerator.filter(user_id=world.moderator.user_id).update(rights=["chat.delete"])
    with pytest.raises(Forbidden):
        await world.chat.rules.change(world.channel.id, world.moderator, "x", ask_again=False)
    with pytest.raises(NotFound):
        await world.chat.rules.change(world.viewer.user_id, world.owner, "x", ask_again=False)


@pytest.mark.parametrize("text", ["x" * (LONGEST + 1), "bell \x07"])
def test_rules_that_are_too_long_or_hold_control_characters_are_refused(text: str) -> None:
    with pytest.raises(Invalid):
        check_rules(text)


@given(st.text(st.characters(exclude_categories=("Cs", "Cc")) | st.sampled_from("\r\n"), max_size=200))
def test_what_is_checked_stays_as_it_is(text: str) -> None:
    assert check_rules(check_rules(text)) == check_rules(text)
