"""Bans with an end and without one, and what the log says of before and after."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from aethex_live.errors import Forbidden, Invalid
from aethex_plugins.chat.moderation import LONGEST_BAN


async def test_a_ban_with_an_end_ends_by_itself(world: Any) -> None:
    here, who = world.channel.id, world.viewer.user_id
    made = await world.chat.moderation.ban(here, who, world.owner, seconds=7200, reason="Spam")
    assert made.until == world.clock.now() + timedelta(hours=2)
    with pytest.raises(Forbidden, match=r"banned from this chat for another 2 hours\. Reason: Spam") as refusal:
        await world.say(world.viewer)
    assert refusal.value.retry_after == 7200
    told = world.topics.named("restricted")[0].data
    assert (told["kind"], told["seconds"], told["until"]) == ("ban", 7200, made.until.isoformat())
    world.clock.advance(7201)
    await world.say(world.viewer, "back")
    assert await world.chat.shut_out(here, world.owner) == []


async def test_a_ban_without_an_end_stays_so(world: Any) -> None:
    made = await world.chat.moderation.ban(world.channel.id, world.viewer.user_id, world.owner)
    assert made.until is None
    world.clock.advance(10 * 365 * 86_400)
    with pytest.raises(Forbidden, match="banned"):
        await world.say(world.viewer)


@pytest.mark.parametrize("seconds", [0, -1, LONGEST_BAN + 1])
async def test_the_end_of_a_ban_has_bounds(world: Any, seconds: int) -> None:
    with pytest.raises(Invalid) as refusal:
        await world.chat.moderation.ban(world.channel.id, world.viewer.user_id, world.owner, seconds=seconds)
    assert refusal.value.field == "seconds"


async def test_the_log_says_what_held_before(world: Any) -> None:
    here, who, moderation = world.channel.id, world.viewer.user_id, world.chat.moderation
    await moderation.time_out(here, who, world.owner, seconds=60)
    until = world.clock.now() + timedelta(seconds=60)
    await moderation.ban(here, who, world.owner)
    await moderation.lift(here, who, world.owner)
    lifted, banned, timed_out = await world.chat.log(here, world.owner)
    assert timed_out.before is None
    assert banned.before == ("timeout", until)
    assert lifted.before == ("ban", None)


async def test_the_log_is_read_by_kind_and_by_person(world: Any) -> None:
    here, moderation = world.channel.id, world.chat.moderation
    bad = await world.say(world.viewer, "bad words")
    await moderation.delete(here, bad.id, world.moderator)
    await moderation.ban(here, world.viewer.user_id, world.owner)
    await moderation.ban(here, world.other.user_id, world.moderator)

    async def actions(**wanted: Any) -> list[tuple[str, str]]:
        rows = await world.chat.log(here, world.owner, **wanted)
        return [(row.action, row.detail["username"]) for row in rows]

    assert await actions(action="chat.delete") == [("chat.delete", "pixelwren")]
    assert await actions(person="@PixelWren") == [("chat.ban", "pixelwren"), ("chat.delete", "pixelwren")]
    assert await actions(person="nova_mods") == [("chat.ban", "joule"), ("chat.delete", "pixelwren")]
    assert await actions(person="nova_mods", action="chat.ban") == [("chat.ban", "joule")]
    assert await actions(person="' or 1=1 --") == []
