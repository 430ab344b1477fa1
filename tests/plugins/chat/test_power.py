"""Every act about people, by everybody, to everybody: nobody acts on owner, operators or themselves."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import pytest

from aethex_live.errors import Forbidden, Unauthenticated
from aethex_live.ids import uuid7
from aethex_live.models import ChannelModerator

ACTORS = ("guest", "viewer", "moderator", "owner", "operator", "shut_out_moderator")
TARGETS = ("viewer", "moderator", "second_moderator", "owner", "operator")
ALLOWED = {
    "moderator": {"viewer"},
    "owner": {"viewer", "moderator", "second_moderator"},
    "operator": {"viewer", "moderator", "second_moderator"},
}

Do = Callable[[Any, Any, UUID], Awaitable[object]]
DEEDS: dict[str, Do] = {
    "timeout": lambda w, by, who: w.chat.moderation.time_out(w.channel.id, who, by, seconds=60),
    "ban": lambda w, by, who: w.chat.moderation.ban(w.channel.id, who, by),
    "ban for a while": lambda w, by, who: w.chat.moderation.ban(w.channel.id, who, by, seconds=60),
    "warn": lambda w, by, who: w.chat.warnings.warn(w.channel.id, who, by, reason="x"),
    "clear": lambda w, by, who: w.chat.clearing.person(w.channel.id, who, by),
    "note": lambda w, by, who: w.chat.notes.write(w.channel.id, who, by, "x"),
    "record": lambda w, by, who: w.chat.history.of(w.channel.id, who, by),
}


@pytest.mark.parametrize("deed", DEEDS)
async def test_who_may_act_on_whom(world: Any, guest: Any, deed: str) -> None:
    second, shut_out = await world.account("second_mod"), await world.account("shut_mod")
    for who in (second, shut_out):
        await ChannelModerator.create(id=uuid7(), channel=world.channel, user_id=who.user_id, rights=["chat"])
    await world.chat.moderation.time_out(world.channel.id, shut_out.user_id, world.owner, seconds=3600)
    people = {
        "guest": guest,
        "viewer": world.viewer,
        "moderator": world.moderator,
        "second_moderator": second,
        "shut_out_moderator": shut_out,
        "owner": world.owner,
        "operator": await world.account("operator_one", role="operator"),
    }
    done: dict[str, set[str]] = {}
    for by in ACTORS:
        for target in TARGETS:
            try:
                await DEEDS[deed](world, people[by], people[target].user_id)
            except (Forbidden, Unauthenticated):
                continue
            done.setdefault(by, set()).add(target)
            await undo(world, people[target].user_id)
    assert done == ALLOWED


async def undo(world: Any, user_id: UUID) -> None:
    """Let the next one find them as they were."""
    await world.db.execute("delete from chat_restriction where user_id = $1", [user_id])
    await world.db.execute("delete from chat_warning where user_id = $1", [user_id])
