"""Clearing a chat: one act for any number of messages, gone for viewers and marked for moderators."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from aethex_live.errors import Forbidden, NotFound, Unauthenticated
from aethex_live.jobs import OutboxCall
from aethex_live.models import AuditEntry, ChannelModerator, Event
from aethex_plugins.chat import clearing


async def texts(world: Any, who: Any) -> list[str]:
    room = await world.chat.room(world.channel.id, who)
    return [entry.text for entry in room.entries if entry.act is None]


async def test_all_messages_of_a_person_go_by_one_act(world: Any) -> None:
    # Given a person whose messages are older than what a timeout removes
    await world.say(world.viewer, "long ago")
    world.clock.advance(86_400)
    await world.say(world.viewer, "now")
    await world.say(world.other, "not me")
    # When a moderator clears them
    removed = await world.chat.clearing.person(world.channel.id, world.viewer.user_id, world.moderator)
    # Then pages hear of the person, not of each message
    assert removed == 2
    (act,) = world.topics.named("cleared")
    assert act.data == {"user": str(world.viewer.user_id), "name": "Pixelwren", "by": "Nova_Mods"}
    assert act.seq == 4
    assert await texts(world, world.other) == ["not me"]
    judged = await world.chat.room(world.channel.id, world.moderator)
    assert [(entry.text, entry.removed, entry.removed_by) for entry in judged.entries if entry.act is None] == [
        ("long ago", True, "Nova_Mods"),
        ("now", True, "Nova_Mods"),
        ("not me", False, ""),
    ]
    event = await Event.get(type="chat.cleared")
    assert (event.payload["user_id"], event.payload["lines"]) == (str(world.viewer.user_id), 2)
    entry = await AuditEntry.get(action="chat.clear")
    assert entry.detail == {"username": "pixelwren", "lines": 2}


async def test_the_whole_chat_goes_and_what_is_said_next_stays(world: Any) -> None:
    for who in (world.viewer, world.other, world.owner):
        await world.say(who, "raid")
    assert await world.chat.clearing.everybody(world.channel.id, world.moderator) == 3
    assert world.topics.named("cleared")[0].data["user"] is None
    await world.say(world.viewer, "quiet now")
    # of their own message people learn that it is gone
    assert await texts(world, world.other) == ["", "quiet now"]


async def test_other_chats_keep_theirs(world: Any, build: Any) -> None:
    other = await build()
    await other.say(other.viewer, "elsewhere")
    await world.chat.clearing.everybody(world.channel.id, world.owner)
    assert await texts(other, other.viewer) == ["elsewhere"]


async def test_what_is_too_much_for_an_act_goes_after_it(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    # Given more messages than an act removes itself
    monkeypatch.setattr(clearing, "AT_ONCE", 3)
    for number in range(8):
        await world.say(world.viewer, f"spam {number}")
    # When they are cleared, Then the newest go at once
    assert await world.chat.clearing.person(world.channel.id, world.viewer.user_id, world.owner) == 3
    assert await texts(world, world.other) == [f"spam {number}" for number in range(5)]
    await world.say(world.viewer, "sorry")
    # and the rest, but nothing newer, by the work that was ordered in the same transaction
    ((topic, payload, _),) = world.commands.published
    handler = world.chat.clearing.handler()
    assert handler.topic == topic
    for _ in range(2):  # it may be carried out twice
        await handler.run(OutboxCall(id=uuid4(), payload=payload, attempt=1, idempotency_key="x"))
    assert await texts(world, world.other) == ["sorry"]


async def test_few_messages_order_no_work(world: Any) -> None:
    await world.say(world.viewer)
    await world.chat.clearing.everybody(world.channel.id, world.owner)
    assert world.commands.published == []


async def test_it_takes_the_right_to_delete(world: Any, guest: Any) -> None:
    here, clear = world.channel.id, world.chat.clearing
    await world.say(world.viewer, "stays")
    await ChannelModerator.filter(user_id=world.moderator.user_id).update(rights=["chat.timeout", "chat.modes"])
    for who, refusal in ((world.moderator, Forbidden), (world.viewer, Forbidden), (guest, Unauthenticated)):
        with pytest.raises(refusal):
            await clear.everybody(here, who)
        with pytest.raises(refusal):
            await clear.person(here, world.viewer.user_id, who)
    with pytest.raises(NotFound):
        await clear.person(here, uuid4(), world.owner)
    assert await texts(world, world.other) == ["stays"]
