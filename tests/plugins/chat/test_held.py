"""Messages that wait for a moderator: who sees them, who decides, and that each is said once or never."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from aethex_live.errors import AethexError, Conflict, Forbidden, NotFound, TooMany, Unauthenticated
from aethex_live.hookspecs.moderation import Review, Verdict
from aethex_live.ids import uuid7
from aethex_live.models import AuditEntry, ChannelModerator, Event
from aethex_plugins.chat.batches import Stored
from aethex_plugins.chat.held import KEPT, Held
from aethex_plugins.chat.modes import Modes


@pytest.fixture
async def strict(world: Any) -> Any:
    """A chat whose reviewer holds everything."""
    world.hooks.reviews = [Review(Verdict.HOLD, "It sounds angry.")]
    return world


async def waiting(world: Any) -> list[str]:
    return [row.text for row in await world.chat.held.waiting(world.channel.id, world.moderator)]


async def decide(world: Any, held: Held, *, approve: bool, by: Any = None) -> None:
    await world.chat.held.decide(world.channel.id, held.id, by or world.moderator, approve=approve)


async def test_a_held_message_is_seen_by_moderators_and_by_nobody_else(strict: Any, guest: Any) -> None:
    held = await strict.say(strict.viewer, "grr")
    assert isinstance(held, Held)
    assert await waiting(strict) == ["grr"]
    for who in (guest, strict.viewer, strict.other):
        assert (await strict.chat.room(strict.channel.id, who)).entries == []
        with pytest.raises((Forbidden, Unauthenticated)):
            await strict.chat.held.waiting(strict.channel.id, who)
    # what is told to pages is a number alone
    (told,) = strict.topics.heard
    assert (told.topic, told.name, told.data) == (f"chatheld:{strict.channel.id}", "held", {"waiting": 1})


async def test_moderators_without_the_right_do_not_see_it(strict: Any) -> None:
    held = await strict.say(strict.viewer, "grr")
    await ChannelModerator.filter(user_id=strict.moderator.user_id).update(rights=["chat.timeout", "chat.ban"])
    with pytest.raises(Forbidden):
        await waiting(strict)
    with pytest.raises(Forbidden):
        await decide(strict, held, approve=True)


async def test_let_through_it_is_a_line_of_its_author(strict: Any) -> None:
    held = await strict.say(strict.viewer, "grr @joule", client_id="mine")
    await decide(strict, held, approve=True)
    (line,) = strict.topics.named("line")
    assert (line.data["text"], line.data["author"]["username"], line.data["client_id"]) == (
        "grr @joule",
        "pixelwren",
        "mine",
    )
    assert line.data["mentions"] == ["joule"]
    assert strict.topics.heard[-1].data == {"waiting": 0}
    assert await waiting(strict) == []
    assert (await Event.get(type="chat.held_decided")).payload["approved"] is True
    entry = await AuditEntry.get(action="chat.approve")
    assert entry.detail == {"username": "pixelwren", "text": "grr @joule"}


async def test_denied_it_is_never_said_and_its_author_is_told(strict: Any) -> None:
    held = await strict.say(strict.viewer, "grr", client_id="mine")
    await decide(strict, held, approve=False)
    assert strict.topics.named("line") == []
    (told,) = strict.topics.named("denied")
    assert told.topic == f"chatown:{strict.channel.id}:{strict.viewer.user_id}"
    assert told.data == {"client_id": "mine"}
    # and the same message again is refused with the reason
    with pytest.raises(Forbidden) as refusal:
        await strict.say(strict.viewer, "grr", client_id="mine")
    assert refusal.value.code == "chat-denied"


async def test_a_repeat_waits_once_and_after_the_decision_it_is_the_line(strict: Any) -> None:
    held = await strict.say(strict.viewer, "grr", client_id="mine")
    assert await strict.say(strict.viewer, "grr", client_id="mine") == held
    assert await waiting(strict) == ["grr"]
    await decide(strict, held, approve=True)
    again = await strict.say(strict.viewer, "grr", client_id="mine")
    assert isinstance(again, Stored)
    assert again.seq == 1


async def test_two_moderators_decide_once(strict: Any) -> None:
    held = await strict.say(strict.viewer, "grr")
    done = await asyncio.gather(
        *(decide(strict, held, approve=approve) for approve in (True, False)), return_exceptions=True
    )
    assert sorted(type(one).__name__ for one in done) == ["NoneType", "NotFound"]
    assert len(strict.topics.named("line")) + len(strict.topics.named("denied")) == 1


async def test_what_a_crash_left_undecided_is_said_once(strict: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    # Given a process that dies between the line and the decision
    held = await strict.say(strict.viewer, "grr")

    async def dies(*_: Any, **__: Any) -> None:
        raise RuntimeError("killed")

    with monkeypatch.context() as patch:
        patch.setattr("aethex_plugins.chat.held.record", dies)
        with pytest.raises(RuntimeError):
            await decide(strict, held, approve=True)
    assert await waiting(strict) == ["grr"]
    # When it is let through again
    await decide(strict, held, approve=True)
    # Then there is one line
    assert [row["text"] for row in await strict.rows()] == ["grr"]


async def test_a_message_of_somebody_who_was_shut_out_since_can_only_be_denied(strict: Any) -> None:
    held = await strict.say(strict.viewer, "grr")
    await strict.chat.moderation.ban(strict.channel.id, strict.viewer.user_id, strict.moderator)
    with pytest.raises(Conflict):
        await decide(strict, held, approve=True)
    assert await waiting(strict) == ["grr"]
    await decide(strict, held, approve=False)
    assert await waiting(strict) == []


async def test_it_may_answer_a_message_that_is_gone_by_then(strict: Any) -> None:
    strict.hooks.reviews = []
    first = await strict.say(strict.other, "hello")
    strict.hooks.reviews = [Review(Verdict.HOLD, "x")]
    held = await strict.say(strict.viewer, "grr", reply_to=first.id)
    await strict.chat.moderation.delete(strict.channel.id, first.id, strict.moderator)
    await decide(strict, held, approve=True)
    assert "reply" not in strict.topics.named("line")[-1].data


async def test_one_person_fills_no_queue(strict: Any) -> None:
    for number in range(5):
        await strict.say(strict.viewer, f"grr {number}")
    with pytest.raises(TooMany) as refusal:
        await strict.say(strict.viewer, "one more")
    assert refusal.value.code == "chat-held-many"
    await strict.say(strict.other, "somebody else may")


async def test_owner_and_moderators_are_held_by_nobody(strict: Any) -> None:
    for who in (strict.owner, strict.moderator):
        assert isinstance(await strict.say(who), Stored)


async def test_a_rejection_is_stricter_than_a_hold(strict: Any) -> None:
    strict.hooks.reviews.append(Review(Verdict.REJECT, "No."))
    with pytest.raises(Forbidden, match=r"No\."):
        await strict.say(strict.viewer)
    assert await waiting(strict) == []


async def test_links_can_be_held_and_the_rest_goes_through(world: Any) -> None:
    await world.chat.mode_acts.change(world.channel.id, world.owner, Modes(links="hold"))
    assert isinstance(await world.say(world.viewer, "hello"), Stored)
    assert isinstance(await world.say(world.viewer, "see spam.com"), Held)
    assert isinstance(await world.say(world.moderator, "see spam.com"), Stored)
    (row,) = await world.chat.held.waiting(world.channel.id, world.moderator)
    assert row.reason == "It has a link."


async def test_topics_of_the_queue_are_for_who_they_are_about(strict: Any, guest: Any) -> None:
    may, channel, viewer = strict.chat.held.may_hear, strict.channel.id, strict.viewer
    assert await may(f"chatheld:{channel}", strict.moderator)
    assert not await may(f"chatheld:{channel}", viewer)
    assert not await may("chatheld:nonsense", strict.moderator)
    assert not await may(f"chatheld:{channel}:x", strict.moderator)
    assert await may(f"chatown:{channel}:{viewer.user_id}", viewer)
    assert not await may(f"chatown:{channel}:{viewer.user_id}", strict.other)
    assert not await may(f"chatown:{channel}:None", guest)


async def test_decisions_about_other_channels_or_nothing_are_refused(strict: Any, build: Any) -> None:
    held = await strict.say(strict.viewer, "grr")
    other = await build()
    with pytest.raises(NotFound):
        await other.chat.held.decide(other.channel.id, held.id, other.owner, approve=True)
    with pytest.raises(NotFound):
        await strict.chat.held.decide(strict.channel.id, uuid7(), strict.owner, approve=True)
    with pytest.raises(AethexError):
        await decide(strict, held, approve=True, by=strict.viewer)
    assert await waiting(strict) == ["grr"]


async def test_after_a_week_it_is_forgotten(strict: Any) -> None:
    await strict.say(strict.viewer, "grr")
    strict.clock.advance(KEPT.total_seconds() + 1)
    await strict.chat.held.schedules()[0].run()
    assert await waiting(strict) == []


async def test_a_first_message_waits_while_the_mode_asks_for_it_and_the_next_ones_do_not(world: Any) -> None:
    here = world.channel.id
    await world.say(world.other, "I was here before")
    await world.chat.mode_acts.change(here, world.owner, Modes(hold_newcomers=True))
    first = await world.say(world.viewer, "hello")
    assert isinstance(first, Held)
    assert [row.reason for row in await world.chat.held.waiting(here, world.moderator)] == [
        "It is the first message of this person here."
    ]
    # until one of theirs stands, every message is a first one
    assert isinstance(await world.say(world.viewer, "anybody here?"), Held)
    await decide(world, first, approve=True)
    for who in (world.viewer, world.other, world.moderator):
        assert isinstance(await world.say(who, "and on"), Stored)
