"""Blocks: what they hide and from whom, that the other never learns of it, and the limit."""

from __future__ import annotations

from typing import Any

import pytest

from aethex_live.errors import Conflict, Invalid, NotFound, Unauthenticated
from aethex_live.ids import uuid7
from aethex_live.models import AuditEntry, Event
from aethex_plugins.chat import blocks as rules
from aethex_plugins.chat.blocks import my_topic


async def texts(world: Any, who: Any) -> list[str]:
    return [entry.text for entry in (await world.chat.room(world.channel.id, who)).entries]


async def test_the_history_of_who_blocked_somebody_is_without_them_and_still_full(world: Any, build: Any) -> None:
    world = await build(history_lines=3)
    for number in range(3):
        await world.say(world.viewer, f"fine {number}")
        await world.say(world.other, f"noise {number}")
    await world.chat.blocks.block(world.viewer, world.other.user_id)
    room = await world.chat.room(world.channel.id, world.viewer)
    assert [entry.text for entry in room.entries] == ["fine 0", "fine 1", "fine 2"]
    assert room.blocked == {world.other.user_id}
    # nobody else's, not that of the blocked
    assert await texts(world, world.other) == ["noise 1", "fine 2", "noise 2"]
    await world.chat.blocks.unblock(world.viewer, world.other.user_id)
    assert await texts(world, world.viewer) == ["noise 1", "fine 2", "noise 2"]


async def test_blocks_hold_where_one_moderates_and_leave_acts_and_lines_of_the_departed(world: Any) -> None:
    await world.say(world.other, "noise")
    await world.say(world.viewer, "fine")
    await world.chat.moderation.ban(world.channel.id, world.viewer.user_id, world.owner)
    await world.db.execute("update chat_line set author_id = null where text = 'fine'")
    for blocked in (world.other, world.owner):
        await world.chat.blocks.block(world.moderator, blocked.user_id)
    entries = (await world.chat.room(world.channel.id, world.moderator)).entries
    assert [(entry.text, entry.act is not None) for entry in entries] == [("fine", False), ("", True)]


async def test_only_the_pages_of_who_blocks_hear_of_it_and_no_audit_tells(world: Any) -> None:
    await world.chat.blocks.block(world.viewer, world.other.user_id)
    await world.chat.blocks.block(world.viewer, world.other.user_id)
    (told,) = world.topics.heard
    assert (told.topic, told.name, told.data) == (my_topic(world.viewer.user_id), "blocks", {})
    (event,) = await Event.filter(type="chat.person_blocked")
    assert event.channel_id is None
    assert await AuditEntry.filter(action__startswith="chat").count() == 0
    await world.chat.blocks.unblock(world.viewer, world.other.user_id)
    assert await Event.filter(type="chat.person_unblocked").count() == 1
    assert await world.chat.blocks.list(world.viewer) == []


async def test_what_can_not_be_blocked_is_refused_with_a_sentence(world: Any, guest: Any) -> None:
    blocks = world.chat.blocks
    with pytest.raises(Invalid, match="yourself"):
        await blocks.block(world.viewer, world.viewer.user_id)
    with pytest.raises(NotFound, match="no such account"):
        await blocks.block(world.viewer, uuid7())
    with pytest.raises(NotFound, match="have not blocked"):
        await blocks.unblock(world.viewer, world.other.user_id)
    with pytest.raises(NotFound, match="nobody of this name"):
        await blocks.named("nobody_here")
    assert await blocks.named(" @Joule") == world.other.user_id
    for call in (blocks.block(guest, world.other.user_id), blocks.unblock(guest, world.other.user_id)):
        with pytest.raises(Unauthenticated):
            await call


async def test_there_is_a_limit(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "MOST", 2)
    people = [await world.account(f"person_{number}") for number in range(3)]
    for person in people[:2]:
        await world.chat.blocks.block(world.viewer, person.user_id)
    with pytest.raises(Conflict, match="at most 2"):
        await world.chat.blocks.block(world.viewer, people[2].user_id)
    await world.chat.blocks.block(world.viewer, people[0].user_id)  # again is no more
    assert [row.username for row in await world.chat.blocks.list(world.viewer)] == ["person_1", "person_0"]
    (older,) = await world.chat.blocks.list(
        world.viewer, before=(await world.chat.blocks.list(world.viewer))[0].id, limit=5
    )
    assert older.username == "person_0"
