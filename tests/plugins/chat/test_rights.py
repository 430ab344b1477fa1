"""Moderators with separate rights: each act needs its own."""

from __future__ import annotations

from typing import Any

import pytest
from emote_files import still

from aethex_live.domain.rights import CHAT, Right
from aethex_live.errors import Forbidden
from aethex_live.models import ChannelModerator
from aethex_plugins.chat.modes import Modes


async def try_all(world: Any) -> set[Right]:
    """The acts that the moderator of this world can do, each on a fresh line."""
    line = await world.say(world.viewer, "hello")
    here, who, by = world.channel.id, world.viewer.user_id, world.moderator
    acts = {
        Right.CHAT_DELETE: lambda: world.chat.moderation.delete(here, line.id, by),
        Right.CHAT_TIMEOUT: lambda: world.chat.moderation.time_out(here, who, by, seconds=60),
        Right.CHAT_BAN: lambda: world.chat.moderation.ban(here, who, by),
        Right.CHAT_MODES: lambda: world.chat.mode_acts.change(here, by, Modes(unique_only=True)),
        Right.CHAT_EMOTES: lambda: world.chat.emotes.upload(here, by, "wave", still()),
    }
    done = set()
    for right, act in acts.items():
        try:
            await act()
            done.add(right)
        except Forbidden:
            pass
        if right in (Right.CHAT_TIMEOUT, Right.CHAT_BAN) and right in done:
            await world.chat.moderation.lift(here, who, world.owner)
    return done


@pytest.mark.parametrize("rights", [{right} for right in CHAT] + [set(CHAT), {Right.CHAT_DELETE, Right.CHAT_BAN}])
async def test_a_right_opens_its_own_act(world: Any, rights: set[Right]) -> None:
    await ChannelModerator.filter(user_id=world.moderator.user_id).update(rights=[right.value for right in rights])
    assert await try_all(world) == rights


async def test_rights_of_other_kinds_moderate_no_chat(world: Any) -> None:
    await ChannelModerator.filter(user_id=world.moderator.user_id).update(rights=["stream.edit", "stream.end"])
    assert await try_all(world) == set()


async def test_rows_of_the_first_version_keep_them_all(world: Any) -> None:
    await ChannelModerator.filter(user_id=world.moderator.user_id).update(rights=["chat"])
    assert await try_all(world) == set(CHAT)


async def test_who_may_time_out_lifts_timeouts_and_no_bans(world: Any) -> None:
    await ChannelModerator.filter(user_id=world.moderator.user_id).update(rights=["chat.timeout"])
    here, who = world.channel.id, world.viewer.user_id
    await world.chat.moderation.time_out(here, who, world.owner, seconds=60)
    await world.chat.moderation.lift(here, who, world.moderator)
    await world.chat.moderation.ban(here, who, world.owner)
    with pytest.raises(Forbidden, match="to lift bans"):
        await world.chat.moderation.lift(here, who, world.moderator)
