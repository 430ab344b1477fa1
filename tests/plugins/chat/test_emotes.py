"""Emotes of a channel: who adds, decides and deletes, what messages carry, and that every process knows."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
import pytest_asyncio
from emote_files import moving, still

from aethex_live.actor import Actor
from aethex_live.control import Control
from aethex_live.errors import Conflict, Forbidden, Invalid, NotFound, Unauthenticated
from aethex_live.ids import uuid7
from aethex_live.models import AuditEntry, ChannelModerator, Event
from aethex_plugins.chat.emote_files import ABANDONED, FORGET
from aethex_plugins.chat.modes import Modes
from aethex_plugins.chat.sequence import topic_of


async def add(world: Any, code: str = "wave", actor: Actor | None = None, picture: bytes | None = None) -> Any:
    return await world.chat.emotes.upload(world.channel.id, actor or world.owner, code, picture or still())


@pytest_asyncio.fixture
async def operator(world: Any) -> Actor:
    return await world.account("boss", role="operator")


@pytest_asyncio.fixture
async def asking(build: Any) -> Any:
    return await build(emote_approval="operators")


# --- adding


async def test_an_upload_is_files_a_row_an_act_an_event_and_an_audit_entry(world: Any) -> None:
    made = await add(world, "Wave", picture=moving())
    assert (made.code, made.state, made.animated, made.by_username) == ("Wave", "approved", True, world.owner.username)
    assert len(world.shelf.files) == 6
    assert all(key.startswith(f"public/emotes/{world.channel.id.hex}/{made.id.hex}/") for key in world.shelf.files)
    assert made.size == sum(map(len, world.shelf.files.values()))
    act = world.topics.heard[-1]
    assert (act.name, act.data["change"], act.data["code"], act.data["id"]) == ("emotes", "added", "Wave", str(made.id))
    assert (await Event.filter(type="chat.emote_added").get()).payload["state"] == "approved"
    assert (await AuditEntry.filter(action="chat.emote_added").get()).detail == {"code": "Wave", "state": "approved"}
    # and should the row never have come, the files were to go by themselves
    topic, payload, due = world.commands.published[0]
    assert (topic, payload["id"], due) == (FORGET, str(made.id), world.clock.now() + ABANDONED)


@pytest.mark.parametrize("code", ["", "a", "a" * 25, "two words", "wäve", ":wave:", "wa-ve"])
async def test_codes_are_two_to_twenty_four_letters_and_digits(world: Any, code: str) -> None:
    with pytest.raises(Invalid) as refusal:
        await add(world, code)
    assert refusal.value.field == "code"
    assert not world.shelf.files


async def test_a_code_is_taken_whatever_its_case_and_the_row_stays(world: Any) -> None:
    await add(world, "wave")
    with pytest.raises(Conflict, match=":WAVE: already"):
        await add(world, "WAVE")
    assert [row.code for row in await world.chat.emotes.all_of(world.channel.id, world.owner)] == ["wave"]


async def test_two_uploads_of_one_code_at_once_are_one_emote(world: Any) -> None:
    results = await asyncio.gather(add(world), add(world), return_exceptions=True)
    assert sorted(isinstance(result, Conflict) for result in results) == [False, True]


async def test_a_channel_has_at_most_as_many_as_the_site_allows(build: Any) -> None:
    world = await build(emotes_per_channel=2)
    await add(world, "one")
    await add(world, "two")
    with pytest.raises(Conflict, match="at most 2"):
        await add(world, "three")


async def test_only_who_has_the_right_adds_and_deletes(world: Any, guest: Actor, operator: Actor) -> None:
    helper = await world.account("helper")
    await ChannelModerator.create(id=uuid7(), channel=world.channel, user_id=helper.user_id, rights=["chat.delete"])
    made = await add(world)
    for actor, error in ((guest, Unauthenticated), (world.viewer, Forbidden), (helper, Forbidden)):
        with pytest.raises(error):
            await add(world, "other", actor)
        with pytest.raises(error):
            await world.chat.emotes.delete(world.channel.id, made.id, actor)
        with pytest.raises(error):
            await world.chat.emotes.all_of(world.channel.id, actor)
    await ChannelModerator.filter(user_id=helper.user_id).update(rights=["chat.emotes"])
    await add(world, "byhelper", helper)
    await add(world, "byboss", operator)


async def test_the_emote_of_another_channel_can_not_be_deleted_from_here(build: Any) -> None:
    world, other = await build(), await build()
    made = await add(world)
    with pytest.raises(NotFound):
        await other.chat.emotes.delete(other.channel.id, made.id, other.owner)


# --- approval


async def test_an_emote_that_waits_is_in_no_message_until_an_operator_lets_it_through(asking: Any) -> None:
    boss = await asking.account("boss", role="operator")
    made = await add(asking)
    assert made.state == "pending"
    assert asking.topics.named("emotes") == []
    await asking.say(asking.viewer, "hi :wave:")
    assert "emotes" not in asking.topics.heard[-1].data
    assert [row.code for row in await asking.chat.emotes.waiting(boss)] == ["wave"]
    # its picture is for those who look after it
    for actor in (asking.owner, boss):
        assert (await asking.chat.emotes.address(made.id, "28.webp", actor))[1] is False
    for actor in (asking.viewer, Actor()):
        with pytest.raises(NotFound):
            await asking.chat.emotes.address(made.id, "28.webp", actor)
    # When an operator lets it through
    await asking.chat.emotes.decide(made.id, boss, approve=True)
    # Then it is in messages, everybody hears of it, and it can't be decided again
    await asking.say(asking.viewer, "hi :wave:")
    assert asking.topics.heard[-1].data["emotes"][0]["id"] == str(made.id)
    assert asking.topics.named("emotes")[0].data["change"] == "added"
    assert (await asking.chat.emotes.address(made.id, "28.webp", Actor()))[1] is True
    with pytest.raises(Conflict):
        await asking.chat.emotes.decide(made.id, boss, approve=False)
    assert await AuditEntry.filter(action="chat.emote_approved").count() == 1


async def test_a_denied_emote_keeps_its_reason_loses_its_files_and_gives_its_code_free(asking: Any) -> None:
    boss = await asking.account("boss", role="operator")
    made = await add(asking)
    await asking.chat.emotes.decide(made.id, boss, approve=False, reason="A logo of somebody else.")
    row = (await asking.chat.emotes.all_of(asking.channel.id, asking.owner))[0]
    assert (row.state, row.reason) == ("denied", "A logo of somebody else.")
    assert (FORGET, str(made.id), None) in [(topic, said["id"], due) for topic, said, due in asking.commands.published]
    with pytest.raises(NotFound):
        await asking.chat.emotes.address(made.id, "28.webp", asking.owner)
    assert (await add(asking)).id != made.id
    assert len(await asking.chat.emotes.all_of(asking.channel.id, asking.owner)) == 1


async def test_nobody_but_operators_decides_and_theirs_need_no_decision(asking: Any) -> None:
    boss = await asking.account("boss", role="operator")
    made = await add(asking)
    for actor in (asking.owner, asking.moderator, asking.viewer, Actor()):
        with pytest.raises(Forbidden):
            await asking.chat.emotes.decide(made.id, actor, approve=True)
        with pytest.raises(Forbidden):
            await asking.chat.emotes.waiting(actor)
    with pytest.raises(NotFound):
        await asking.chat.emotes.decide(uuid7(), boss, approve=True)
    assert (await add(asking, "byboss", boss)).state == "approved"


# --- in messages


async def test_live_lines_history_the_api_and_what_was_missed_carry_the_same_emotes(world: Any) -> None:
    made = await add(world, "Wave")
    before = world.topics.heard[-1].seq
    await world.say(world.viewer, "a :WAVE: and :wave: and :nothing:")
    expected = [{"code": "Wave", "id": str(made.id), "animated": False}]
    assert world.topics.heard[-1].data["emotes"] == expected
    room = await world.chat.room(world.channel.id, world.viewer)
    assert list(room.entries[-1].emotes) == expected
    assert [part.kind for part in room.entries[-1].parts] == ["text", "emote", "text", "emote", "text"]
    found = await world.chat.messages(world.channel.id, world.viewer, before=None, limit=5)
    assert list(found[-1].emotes) == expected
    missed = await world.chat.missed(topic_of(world.channel.id), before, 10)
    assert missed[-1].data["emotes"] == expected


async def test_of_an_emote_that_is_gone_the_text_is_left(world: Any) -> None:
    made = await add(world)
    await world.say(world.viewer, ":wave:")
    assert (await world.chat.room(world.channel.id, world.viewer)).entries[-1].large
    await world.chat.emotes.delete(world.channel.id, made.id, world.moderator)
    room = await world.chat.room(world.channel.id, world.viewer)
    line = next(entry for entry in room.entries if entry.text)
    assert (line.text, list(line.emotes), line.large) == (":wave:", [], False)
    assert world.topics.heard[-1].data == {"change": "removed", "id": str(made.id), "code": "wave", "by": "Nova_Mods"}
    with pytest.raises(NotFound):
        await world.chat.emotes.address(made.id, "28.webp", world.owner)


async def test_a_new_emote_of_the_same_code_is_not_put_into_old_messages(world: Any) -> None:
    made = await add(world)
    await world.say(world.viewer, ":wave:")
    await world.chat.emotes.delete(world.channel.id, made.id, world.owner)
    await add(world)
    line = next(entry for entry in (await world.chat.room(world.channel.id, world.viewer)).entries if entry.text)
    assert list(line.emotes) == []


async def test_an_emote_of_one_channel_is_text_in_another(build: Any) -> None:
    world, other = await build(), await build()
    await add(world)
    await other.say(other.viewer, ":wave:")
    assert "emotes" not in other.topics.heard[-1].data


async def test_every_process_hears_of_a_change(world: Any) -> None:
    # Given another process that has read the emotes already
    control = Control(world.db)
    await control.start()
    elsewhere = await world.another(control=control)
    assert await elsewhere.emotes.book.of(world.channel.id) == {}
    # When one is added here
    await add(world)
    # Then it is known there
    async with asyncio.timeout(5):
        while "wave" not in await elsewhere.emotes.book.of(world.channel.id):
            await asyncio.sleep(0.01)
    await control.stop()


# --- emotes only


async def test_in_emotes_only_mode_words_are_refused_and_emotes_and_emoji_pass(world: Any) -> None:
    await add(world)
    await world.chat.mode_acts.change(world.channel.id, world.owner, Modes(emotes_only=True))
    assert world.topics.heard[-1].data["modes"]["sentences"] == ["Emotes and emoji only."]
    for text in ("hello", ":wave: hello", ":unknown:", "100"):
        with pytest.raises(Forbidden) as refusal:
            await world.say(world.viewer, text)
        assert (refusal.value.code, refusal.value.field) == ("chat-emotes-only", "text")
    for text in (":wave:", "😀 :wave: 👍🏽", "🇩🇪"):
        await world.say(world.viewer, text)
    await world.say(world.moderator, "words of a moderator")
