"""Messages that viewers see later: one sequence, of which viewers always have a beginning."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aethex_plugins.chat.modes import Modes


async def delay(world: Any, seconds: int) -> None:
    await world.chat.mode_acts.change(world.channel.id, world.owner, Modes(delay_s=seconds))


def texts(heard: list[Any]) -> list[str]:
    return [told.data["text"] for told in heard if told.name == "line"]


def viewers(world: Any) -> list[Any]:
    return [told for told in world.topics.heard if told.topic.startswith("chat:") and told.seq is not None]


async def pass_by(world: Any, seconds: float, chat: Any = None) -> None:
    world.clock.advance(seconds)
    await (chat or world.chat).delays.release_due()


async def test_moderators_hear_a_message_at_once_and_viewers_when_its_time_has_come(world: Any) -> None:
    await delay(world, 4)
    await world.say(world.viewer, "hello")
    assert texts(world.topics.now) == ["hello"]
    assert texts(viewers(world)) == []
    await pass_by(world, 3.9)
    assert texts(viewers(world)) == []
    await pass_by(world, 0.2)
    assert texts(viewers(world)) == ["hello"]
    assert [told.seq for told in viewers(world)] == [1, 2]


async def test_the_author_hears_it_at_once_in_all_windows_and_after_a_reload(world: Any) -> None:
    await delay(world, 4)
    await world.say(world.viewer, "mine")
    own = [told for told in world.topics.heard if told.topic.startswith("chatown:")]
    assert [(told.topic.rpartition(":")[2], told.data["text"]) for told in own] == [(str(world.viewer.user_id), "mine")]
    assert [entry.text for entry in (await world.chat.room(world.channel.id, world.viewer)).entries] == ["mine"]
    assert (await world.chat.room(world.channel.id, world.other)).entries == []


async def test_what_is_removed_in_time_viewers_never_see(world: Any) -> None:
    await delay(world, 4)
    said = await world.say(world.viewer, "an insult")
    await world.chat.moderation.delete(world.channel.id, said.id, world.moderator)
    await pass_by(world, 5)
    told = viewers(world)
    assert [one.name for one in told] == ["modes", "hidden", "removed"]
    assert [one.seq for one in told] == [1, 2, 3]
    assert "an insult" not in repr([one.data for one in world.topics.heard if one.topic.startswith("chat:")])
    # nor those who were away, nor those who come later
    missed = await world.chat.missed(f"chat:{world.channel.id}", 0, 100)
    assert [one.name for one in missed] == ["modes", "hidden", "removed"]
    assert (await world.chat.room(world.channel.id, world.other)).entries == []


async def test_the_history_of_viewers_ends_where_their_topic_stands(world: Any) -> None:
    await world.say(world.viewer, "old")
    await delay(world, 4)
    await world.say(world.viewer, "young")
    topic, now = f"chat:{world.channel.id}", f"chatnow:{world.channel.id}"
    room = await world.chat.room(world.channel.id, world.other)
    assert ([entry.text for entry in room.entries], room.place.seq) == (["old"], 2)
    assert (await world.chat.head(topic)).seq == 2
    assert (await world.chat.head(now)).seq == 3
    assert [one.seq for one in await world.chat.missed(topic, 0, 100)] == [1, 2]
    assert [one.seq for one in await world.chat.missed(now, 0, 100)] == [1, 2, 3]
    seen = await world.chat.messages(world.channel.id, world.other, before=None, limit=10)
    assert [entry.text for entry in seen] == ["old"]
    seen = await world.chat.messages(world.channel.id, world.moderator, before=None, limit=10)
    assert [entry.text for entry in seen] == ["old", "young"]


async def test_an_act_is_told_to_viewers_at_once_and_keeps_its_turn(world: Any) -> None:
    seen = await world.say(world.viewer, "seen")
    await delay(world, 4)
    await world.say(world.other, "waits")
    await world.chat.moderation.delete(world.channel.id, seen.id, world.moderator)
    early = [told for told in world.topics.named("removed") if told.seq is None]
    assert [(told.data["ids"], told.data["of"]) for told in early] == [([str(seen.id)], 4)]
    await pass_by(world, 5)
    assert [(told.seq, told.name) for told in viewers(world)] == [
        (1, "line"),
        (2, "modes"),
        (3, "line"),
        (4, "removed"),
    ]


async def test_turned_off_the_delay_lets_nothing_overtake_what_still_waits(world: Any) -> None:
    await delay(world, 10)
    await world.say(world.viewer, "first")
    world.clock.advance(2)
    await delay(world, 0)
    await world.say(world.viewer, "second")
    assert texts(viewers(world)) == []
    await pass_by(world, 8.1)
    assert texts(viewers(world)) == ["first", "second"]
    await world.say(world.viewer, "third")
    assert texts(viewers(world)) == ["first", "second", "third"]
    assert [told.seq for told in viewers(world)] == [1, 2, 3, 4, 5]


async def test_what_a_killed_process_had_to_tell_the_next_one_tells(world: Any) -> None:
    await delay(world, 4)
    await world.say(world.viewer, "kept")
    # When the process is gone and another starts
    await world.chat.delays.close()
    world.chat.delays._waiting.clear()
    again = await world.another()
    await again.delays.start()
    await pass_by(world, 4.1, again)
    assert texts(viewers(world)) == ["kept"]
    await again.close()


async def test_what_a_killed_process_had_to_tell_the_others_hear_of(world: Any) -> None:
    await delay(world, 4)
    for text in ("one", "two"):
        await world.say(world.viewer, text)
    await world.chat.delays.close()
    world.chat.delays._waiting.clear()
    world.clock.advance(4.1)
    # the newest is told; who misses what is before it reads it from the table
    await world.chat.delays.sweep()
    assert [told.seq for told in viewers(world)] == [1, 3]
    assert [one.seq for one in await world.chat.missed(f"chat:{world.channel.id}", 1, 10)] == [2, 3]


async def test_only_moderators_hear_a_chat_without_its_delay(world: Any, guest: Any) -> None:
    topic = f"chatnow:{world.channel.id}"
    heard = [
        await world.chat.may_hear_now(topic, actor) for actor in (world.owner, world.moderator, world.viewer, guest)
    ]
    assert heard == [True, True, False, False]
    assert not await world.chat.may_hear_now("chatnow:nonsense", world.owner)


STEPS = st.lists(
    st.tuples(st.sampled_from(["say", "mod", "remove", "delay", "wait", "release"]), st.integers(0, 10)),
    min_size=1,
    max_size=25,
)


@given(steps=STEPS)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_whatever_happens_viewers_have_a_beginning_of_what_moderators_have(
    build: Any, steps: list[tuple[str, int]]
) -> None:
    world = await build(rate_messages=1000, moderator_rate_messages=1000)
    said: list[tuple[Any, str]] = []
    hidden: set[str] = set()
    for act, number in steps:
        if act in ("say", "mod"):
            text = f"{act} {len(said)}"
            stored = await world.say(world.viewer if act == "say" else world.moderator, text)
            said.append((stored.id, text))
        elif act == "remove" and said:
            line, text = said[number % len(said)]
            before = texts(viewers(world))
            await world.chat.moderation.delete(world.channel.id, line, world.owner)
            if text not in before:
                due = (await world.db.fetch("select visible_at from chat_line where id = $1", [line]))[0]["visible_at"]
                if due is not None and due > world.clock.now():
                    hidden.add(text)
        elif act == "delay":
            await delay(world, number)
        elif act == "wait":
            world.clock.advance(number / 2)
        elif act == "release":
            await world.chat.delays.release_due()
        # at every moment: a head that is not ahead of the time, and a history that ends there
        head = await world.chat.head(f"chat:{world.channel.id}")
        missed = await world.chat.missed(f"chat:{world.channel.id}", 0, 1000)
        assert [one.seq for one in missed] == list(range(1, head.seq + 1))
    world.clock.advance(60)
    await world.chat.delays.release_due()
    told = sorted({one.seq: one for one in viewers(world)}.values(), key=lambda one: one.seq)
    assert [one.seq for one in told] == [one.seq for one in world.topics.now]
    assert not hidden & set(texts(told))
    shown = [one.data["text"] for one in told if one.name == "line" and not one.data.get("removed")]
    assert shown == [text for _, text in said if text in shown]


@pytest.mark.parametrize("seconds", [2, 10])
async def test_pages_say_that_there_is_a_delay(seconds: int) -> None:
    assert Modes(delay_s=seconds).sentences == [f"Viewers see messages {seconds} seconds later."]
