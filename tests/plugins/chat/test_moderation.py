"""What moderators do: who may, what pages hear, and that row, event and audit entry come together or not at all."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from aethex_live.actor import Actor
from aethex_live.errors import Conflict, Forbidden, Invalid, NotFound, Unauthenticated
from aethex_live.ids import uuid7
from aethex_live.models import AuditEntry, ChannelModerator, Event
from aethex_plugins.chat import records


async def test_a_deleted_line_is_hidden_from_viewers_and_struck_for_moderators(world: Any) -> None:
    bad = await world.say(world.viewer, "buy followers at spam.example")
    await world.say(world.other, "uh", reply_to=bad.id)

    await world.chat.moderation.delete(world.channel.id, bad.id, world.moderator)

    act = world.topics.heard[-1]
    assert (act.name, act.seq) == ("removed", 3)
    assert act.data == {"ids": [str(bad.id)], "by": "Nova_Mods"}
    # its author is told that it is gone, and nobody gets its text
    own = await world.chat.room(world.channel.id, world.viewer)
    assert [(entry.text, entry.removed) for entry in own.entries] == [("", True), ("uh", False)]
    seen = await world.chat.room(world.channel.id, world.other)
    assert [entry.text for entry in seen.entries] == ["uh"]
    assert seen.entries[0].quote.removed
    assert seen.entries[0].quote.text == ""
    judged = await world.chat.room(world.channel.id, world.moderator)
    assert [(entry.text, entry.removed, entry.removed_by) for entry in judged.entries] == [
        ("buy followers at spam.example", True, "Nova_Mods"),
        ("uh", False, ""),
    ]


async def test_deleting_again_is_no_second_act(world: Any) -> None:
    bad = await world.say(world.viewer)
    for _ in range(2):
        await world.chat.moderation.delete(world.channel.id, bad.id, world.owner)
    assert len(world.topics.named("removed")) == 1
    assert await AuditEntry.filter(action="chat.delete").count() == 1


async def test_an_act_is_a_row_an_event_and_an_audit_entry(world: Any) -> None:
    await world.say(world.viewer, "bad words")
    await world.chat.moderation.time_out(
        world.channel.id, world.viewer.user_id, world.moderator, seconds=600, reason="Swearing"
    )
    rows = await world.rows()
    assert [(row["seq"], row["kind"], row["act"] and row["act"]["name"]) for row in rows] == [
        (1, "message", None),
        (2, "act", "removed"),
        (3, "act", "restricted"),
    ]
    event = await Event.get(type="chat.user_restricted")
    assert event.actor_id == world.moderator.user_id
    assert event.channel_id == world.channel.id
    assert (event.payload["kind"], event.payload["reason"], event.payload["lines"]) == (
        "timeout",
        "Swearing",
        1,
    )
    entry = await AuditEntry.get(action="chat.timeout")
    assert (entry.actor_name, entry.detail["username"], entry.detail["seconds"]) == (
        "nova_mods",
        "pixelwren",
        600,
    )


async def test_nothing_is_left_of_an_act_that_fails(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    bad = await world.say(world.viewer)

    async def broken(*args: Any, **kwargs: Any) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr("aethex_live.domain.audit.Audit.write", broken)
    with pytest.raises(OSError, match="disk"):
        await world.chat.moderation.delete(world.channel.id, bad.id, world.owner)
    monkeypatch.undo()

    assert not world.topics.named("removed")
    assert await Event.all().count() == 0
    assert [row["deleted_at"] for row in await world.rows()] == [None]
    assert (await world.say(world.viewer)).seq == 2


async def test_viewers_do_not_hear_the_reason_and_the_person_does(world: Any) -> None:
    await world.chat.moderation.time_out(
        world.channel.id, world.viewer.user_id, world.owner, seconds=90, reason="Cool down"
    )
    told = world.topics.named("restricted")[0].data
    assert "reason" not in told
    until = (world.clock.now() + timedelta(seconds=90)).isoformat()
    assert (told["user"], told["kind"], told["until"]) == (str(world.viewer.user_id), "timeout", until)
    me = await world.chat.standing(world.channel.id, world.viewer)
    assert me.restricted.reason == "Cool down"
    with pytest.raises(Forbidden, match="Cool down") as refused:
        await world.say(world.viewer)
    assert refused.value.retry_after == 90


async def test_a_timeout_ends_by_itself_and_a_ban_does_not(world: Any) -> None:
    moderation, channel = world.chat.moderation, world.channel.id
    await moderation.time_out(channel, world.viewer.user_id, world.owner, seconds=60)
    await moderation.ban(channel, world.other.user_id, world.owner)
    world.clock.advance(61)
    await world.say(world.viewer, "back")
    world.clock.advance(86_400 * 365)
    with pytest.raises(Forbidden, match="banned"):
        await world.say(world.other)
    await moderation.lift(channel, world.other.user_id, world.moderator)
    await world.say(world.other, "thank you")
    assert world.topics.named("lifted")[0].data["user"] == str(world.other.user_id)


async def test_recent_lines_go_with_their_author_and_older_ones_stay(build: Any) -> None:
    world = await build(remove_recent_s=60)
    await world.say(world.viewer, "long ago")
    world.clock.advance(120)
    recent = [await world.say(world.viewer, f"spam {number}") for number in range(3)]
    await world.say(world.other, "not me")
    await world.chat.moderation.ban(world.channel.id, world.viewer.user_id, world.moderator)

    assert world.topics.named("removed")[0].data["ids"] == [str(line.id) for line in recent]
    room = await world.chat.room(world.channel.id, world.other)
    assert [entry.text for entry in room.entries] == ["long ago", "not me"]


async def test_lines_stay_when_the_setting_says_so(build: Any) -> None:
    world = await build(remove_recent_s=0)
    await world.say(world.viewer)
    await world.chat.moderation.ban(world.channel.id, world.viewer.user_id, world.moderator)
    assert not world.topics.named("removed")


async def test_a_new_timeout_replaces_the_old_one_and_never_a_ban(world: Any) -> None:
    moderation, channel, user = world.chat.moderation, world.channel.id, world.viewer.user_id
    await moderation.time_out(channel, user, world.owner, seconds=60)
    await moderation.time_out(channel, user, world.moderator, seconds=3600)
    people = await world.chat.shut_out(channel, world.owner)
    assert [(row.kind, row.until) for row in people] == [("timeout", world.clock.now() + timedelta(seconds=3600))]
    await moderation.ban(channel, user, world.owner)
    with pytest.raises(Conflict, match="lift the ban"):
        await moderation.time_out(channel, user, world.owner, seconds=60)


@pytest.mark.parametrize("seconds", [0, -5, 14 * 86_400 + 1])
async def test_a_timeout_has_bounds(world: Any, seconds: int) -> None:
    with pytest.raises(Invalid) as refused:
        await world.chat.moderation.time_out(world.channel.id, world.viewer.user_id, world.owner, seconds=seconds)
    assert refused.value.field == "seconds"


async def test_authors_delete_their_own_lines_also_while_shut_out(world: Any) -> None:
    mine = await world.say(world.viewer)
    world.clock.advance(3600)
    await world.chat.moderation.time_out(world.channel.id, world.viewer.user_id, world.owner, seconds=60)
    await world.chat.moderation.delete(world.channel.id, mine.id, world.viewer)
    assert world.topics.heard[-1].data["ids"] == [str(mine.id)]


async def test_lines_of_accounts_that_are_gone_can_be_deleted(world: Any) -> None:
    line = await world.say(world.viewer)
    await world.db.execute("delete from core_user where id = $1", [world.viewer.user_id])
    with pytest.raises(Forbidden):
        await world.chat.moderation.delete(world.channel.id, line.id, world.other)
    await world.chat.moderation.delete(world.channel.id, line.id, world.moderator)
    assert (await world.rows())[0]["author_name"] == "Pixelwren"


async def test_a_moderator_who_is_shut_out_moderates_no_more(world: Any) -> None:
    await world.chat.moderation.time_out(world.channel.id, world.moderator.user_id, world.owner, seconds=60)
    with pytest.raises(Forbidden, match="yourself"):
        await world.chat.moderation.ban(world.channel.id, world.viewer.user_id, world.moderator)
    with pytest.raises(Forbidden):
        await world.chat.shut_out(world.channel.id, world.moderator)
    with pytest.raises(Forbidden):
        await world.chat.moderation.lift(world.channel.id, world.moderator.user_id, world.moderator)


async def test_a_moderator_without_the_right_for_chat_is_a_member_here(world: Any) -> None:
    helper = await world.account("poll_helper")
    await ChannelModerator.create(id=uuid7(), channel=world.channel, user_id=helper.user_id, rights=["polls"])
    with pytest.raises(Forbidden):
        await world.chat.moderation.ban(world.channel.id, world.viewer.user_id, helper)


async def test_lines_and_people_of_other_chats_are_not_found(world: Any, guest: Actor) -> None:
    line = await world.say(world.viewer)
    moderation = world.chat.moderation
    with pytest.raises(NotFound):
        await moderation.delete(world.channel.id, uuid7(), world.owner)
    with pytest.raises(NotFound):
        await moderation.delete(uuid7(), line.id, world.owner)
    with pytest.raises(NotFound):
        await moderation.ban(world.channel.id, uuid7(), world.owner)
    with pytest.raises(Unauthenticated):
        await moderation.delete(world.channel.id, line.id, guest)
    with pytest.raises(Conflict):
        await moderation.lift(world.channel.id, world.viewer.user_id, world.owner)


async def test_no_line_comes_after_the_ban_of_its_author(build: Any) -> None:
    world = await build(rate_messages=1000, remove_recent_s=0, tick_ms=5)
    # Given somebody who writes without pause, while a moderator bans them
    sending = [asyncio.create_task(world.say(world.viewer, f"spam {number}")) for number in range(60)]
    await asyncio.sleep(0.02)
    await world.chat.moderation.ban(world.channel.id, world.viewer.user_id, world.moderator)
    results = await asyncio.gather(*sending, return_exceptions=True)

    # Then everything of theirs stands before the act, without a gap, and the rest was refused as shut out
    rows = await world.rows()
    assert [row["seq"] for row in rows] == list(range(1, len(rows) + 1))
    assert rows[-1]["kind"] == "act"
    refused = [result for result in results if isinstance(result, Exception)]
    assert all(getattr(failure, "code", "") == "chat-restricted" for failure in refused)
    assert len(rows) - 1 + len(refused) == 60


async def test_the_log_names_who_did_what_to_whom(world: Any) -> None:
    bad = await world.say(world.viewer, "bad words")
    await world.chat.moderation.delete(world.channel.id, bad.id, world.moderator)
    await world.chat.moderation.ban(world.channel.id, world.viewer.user_id, world.owner, reason="Again")
    await world.chat.moderation.lift(world.channel.id, world.viewer.user_id, world.owner)

    rows = await world.chat.log(world.channel.id, world.moderator)
    assert [(row.actor, row.action) for row in rows] == [
        ("nova_wire", "chat.lift"),
        ("nova_wire", "chat.ban"),
        ("nova_mods", "chat.delete"),
    ]
    assert rows[2].detail == {"username": "pixelwren", "text": "bad words", "user": str(world.viewer.user_id)}
    older = await world.chat.log(world.channel.id, world.owner, before=rows[0].id, limit=1)
    assert [row.action for row in older] == ["chat.ban"]
    with pytest.raises(Forbidden):
        await world.chat.log(world.channel.id, world.viewer)
    assert await records.acts(world.db, uuid7()) == []
