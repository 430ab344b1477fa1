"""Warnings: who is warned writes again when they say that they understand, and what others hear of it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from aethex_live.errors import Conflict, Forbidden, Invalid, NotFound, Unauthenticated
from aethex_live.ids import uuid7
from aethex_live.models import AuditEntry, Event


async def warn(world: Any, reason: str = "No spoilers.") -> Any:
    return await world.chat.warnings.warn(world.channel.id, world.viewer.user_id, world.moderator, reason=reason)


async def test_who_is_warned_writes_again_when_they_understand(world: Any) -> None:
    warning_id = await warn(world)
    with pytest.raises(Forbidden, match="I understand") as refusal:
        await world.say(world.viewer, "hey")
    assert refusal.value.code == "chat-warned"
    # the page that they open has the words, and who said them
    room = await world.chat.room(world.channel.id, world.viewer)
    assert (room.warning.id, room.warning.reason, room.warning.by) == (warning_id, "No spoilers.", "Nova_Mods")
    assert (await world.chat.room(world.channel.id, world.other)).warning is None
    # When they understand
    await world.chat.warnings.acknowledge(world.channel.id, warning_id, world.viewer)
    await world.say(world.viewer, "sorry")
    assert (await world.chat.room(world.channel.id, world.viewer)).warning is None


async def test_the_words_are_for_the_person_and_the_moderators(world: Any) -> None:
    warning_id = await warn(world)
    await world.chat.warnings.acknowledge(world.channel.id, warning_id, world.viewer)
    assert [heard.data for heard in world.topics.heard] == [
        {"user": str(world.viewer.user_id), "name": "Pixelwren", "by": "Nova_Mods"},
        {"user": str(world.viewer.user_id), "name": "Pixelwren"},
    ]
    assert (await Event.get(type="chat.user_warned")).payload["reason"] == "No spoilers."
    assert await Event.filter(type="chat.warning_acknowledged").count() == 1
    assert (await AuditEntry.get(action="chat.warn")).detail == {"username": "pixelwren", "reason": "No spoilers."}
    assert (await AuditEntry.get(action="chat.acknowledge")).actor_name == "pixelwren"


async def test_a_second_warning_waits_for_the_first_to_be_understood(world: Any) -> None:
    first = await warn(world)
    with pytest.raises(Conflict, match="warned already"):
        await warn(world, "Again")
    await world.chat.warnings.acknowledge(world.channel.id, first, world.viewer)
    assert await warn(world, "Again") != first


async def test_nobody_understands_for_somebody_else_or_twice(world: Any, guest: Any) -> None:
    warning_id = await warn(world)
    acknowledge = world.chat.warnings.acknowledge
    with pytest.raises(NotFound):
        await acknowledge(world.channel.id, warning_id, world.other)
    with pytest.raises(Unauthenticated):
        await acknowledge(world.channel.id, warning_id, guest)
    with pytest.raises(NotFound):
        await acknowledge(world.channel.id, uuid7(), world.viewer)
    await acknowledge(world.channel.id, warning_id, world.viewer)
    with pytest.raises(NotFound):
        await acknowledge(world.channel.id, warning_id, world.viewer)


@pytest.mark.parametrize("reason", ["", "  ", "\x00\x1b", "x" * 201])
async def test_a_warning_says_something_short(world: Any, reason: str) -> None:
    with pytest.raises(Invalid) as refusal:
        await warn(world, reason)
    assert refusal.value.field == "reason"


async def test_a_warning_of_one_channel_holds_in_no_other(world: Any, build: Any) -> None:
    other = await build()
    await warn(world)
    await other.chat.send(other.channel.id, world.viewer, "hello", client_id="a")


async def test_no_line_comes_after_the_warning_of_its_author(build: Any) -> None:
    world = await build(rate_messages=1000, tick_ms=5)
    # Given somebody who writes without pause, while a moderator warns them
    sending = [asyncio.create_task(world.say(world.viewer, f"spam {number}")) for number in range(60)]
    await asyncio.sleep(0.02)
    await warn(world)
    results = await asyncio.gather(*sending, return_exceptions=True)
    # Then everything of theirs stands before the act, and the rest was refused
    rows = await world.rows()
    assert [row["seq"] for row in rows] == list(range(1, len(rows) + 1))
    assert rows[-1]["kind"] == "act"
    refused = [result for result in results if isinstance(result, Exception)]
    assert {getattr(failure, "code", "") for failure in refused} <= {"chat-warned"}
    assert len(rows) - 1 + len(refused) == 60
