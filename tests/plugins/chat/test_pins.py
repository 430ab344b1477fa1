"""What stands above a chat, and announcements."""

from __future__ import annotations

from typing import Any

import pytest

from aethex_live.errors import Conflict, Forbidden, Invalid, NotFound
from aethex_live.ids import uuid7
from aethex_live.models import AuditEntry, Event


async def pin(world: Any, actor: Any = None, **what: Any) -> Any:
    return await world.chat.pins.pin(world.channel.id, actor or world.moderator, **what)


async def read(world: Any) -> Any:
    return await world.chat.pins.read(world.channel.id)


async def test_a_moderator_pins_a_message_and_all_pages_hear_of_it(world: Any) -> None:
    said = await world.say(world.viewer, "the link is https://a.example")
    made = await pin(world, line=said.id)
    found = await read(world)
    assert (found.id, found.text, found.author_name, found.by_name) == (
        made.id,
        "the link is https://a.example",
        "Pixelwren",
        "Nova_Mods",
    )
    told = world.topics.heard[-1]
    assert (told.name, told.data["pin"]["text"], told.seq) == ("pinned", found.text, 2)
    assert await Event.filter(type="chat.pinned").count() == 1
    assert (await AuditEntry.get(action="chat.pin")).detail["text"] == found.text
    assert (await world.chat.room(world.channel.id, world.viewer)).pin == found


async def test_words_of_a_moderator_can_be_pinned_for_a_time(world: Any) -> None:
    await pin(world, text="  Back at nine  ", seconds=300)
    assert ((await read(world)).text, (await read(world)).line) == ("Back at nine", None)
    world.clock.advance(301)
    assert await read(world) is None
    with pytest.raises(Conflict):
        await world.chat.pins.unpin(world.channel.id, world.moderator)


async def test_a_new_pin_takes_the_place_of_the_old_and_unpinning_ends_it(world: Any) -> None:
    await pin(world, text="one")
    second = await pin(world, text="two")
    assert (await read(world)).text == "two"
    await world.chat.pins.unpin(world.channel.id, world.owner)
    assert await read(world) is None
    assert (world.topics.heard[-1].name, world.topics.heard[-1].data["id"]) == ("unpinned", str(second.id))
    assert await Event.filter(type="chat.unpinned").count() == 1


@pytest.mark.parametrize("how", ["delete", "timeout", "ban"])
async def test_a_pinned_message_that_is_removed_is_pinned_no_more(world: Any, how: str) -> None:
    said = await world.say(world.viewer, "soon gone")
    await pin(world, line=said.id)
    act = world.chat.moderation
    if how == "delete":
        await act.delete(world.channel.id, said.id, world.moderator)
    elif how == "timeout":
        await act.time_out(world.channel.id, world.viewer.user_id, world.moderator, seconds=60)
    else:
        await act.ban(world.channel.id, world.viewer.user_id, world.moderator)
    assert await read(world) is None
    assert len(world.topics.named("unpinned")) == 1


async def test_who_was_away_does_not_get_the_words_of_a_removed_message_by_its_pin(world: Any) -> None:
    said = await world.say(world.viewer, "an insult")
    await pin(world, line=said.id)
    await world.chat.moderation.delete(world.channel.id, said.id, world.moderator)
    missed = await world.chat.missed(f"chat:{world.channel.id}", 0, 10)
    assert [one.name for one in missed] == ["line", "pinned", "removed", "unpinned"]
    assert "an insult" not in str([one.data for one in missed])


async def test_what_is_gone_or_of_another_chat_can_not_be_pinned(world: Any, build: Any) -> None:
    said = await world.say(world.viewer)
    await world.chat.moderation.delete(world.channel.id, said.id, world.moderator)
    elsewhere = await build()
    foreign = await elsewhere.say(elsewhere.viewer)
    for line in (said.id, foreign.id, uuid7()):
        with pytest.raises(NotFound):
            await pin(world, line=line)


async def test_who_may_not_change_the_modes_pins_and_announces_nothing(world: Any) -> None:
    said = await world.say(world.viewer)
    with pytest.raises(Forbidden):
        await pin(world, world.viewer, line=said.id)
    with pytest.raises(Forbidden):
        await world.chat.pins.unpin(world.channel.id, world.viewer)
    with pytest.raises(Forbidden):
        await announce(world, world.viewer)


@pytest.mark.parametrize(
    "bad", [{"text": " "}, {"text": "x" * 501}, {"text": "x", "seconds": -1}, {"text": "x", "seconds": 10**7}]
)
async def test_what_can_not_be_pinned_is_said(world: Any, bad: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        await pin(world, **bad)


# --- announcements


async def announce(world: Any, actor: Any, text: str = "We are live tomorrow", **more: Any) -> Any:
    more.setdefault("client_id", str(uuid7()))
    return await world.chat.announcements.send(world.channel.id, actor, text, **more)


async def test_an_announcement_is_a_line_that_stands_out_live_and_in_the_history(world: Any) -> None:
    await announce(world, world.moderator, accent="warn")
    assert world.topics.heard[-1].data["accent"] == "warn"
    (entry,) = await world.chat.messages(world.channel.id, world.viewer, before=None, limit=10)
    assert (entry.accent, entry.text) == ("warn", "We are live tomorrow")


async def test_sent_again_it_is_the_same_announcement(world: Any) -> None:
    first = await announce(world, world.owner, client_id="same")
    assert await announce(world, world.owner, client_id="same") == first
    assert len(world.topics.heard) == 1


async def test_a_kind_that_does_not_exist_is_refused(world: Any) -> None:
    with pytest.raises(Invalid) as refusal:
        await announce(world, world.owner, accent="pink")
    assert refusal.value.field == "accent"
