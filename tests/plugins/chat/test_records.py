"""Notes about people and their records: who writes, who reads, and what stands in them."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from aethex_live.errors import Conflict, Forbidden, Invalid, NotFound, Unauthenticated
from aethex_live.models import AuditEntry, ChannelModerator
from aethex_plugins.chat import notes


async def record(world: Any, by: Any = None) -> Any:
    return await world.chat.history.of(world.channel.id, world.viewer.user_id, by or world.moderator)


async def test_a_record_has_all_that_moderators_need(world: Any) -> None:
    here, who = world.channel.id, world.viewer.user_id
    bad = await world.say(world.viewer, "bad words")
    await world.say(world.viewer, "good words")
    await world.chat.moderation.delete(here, bad.id, world.moderator)
    await world.chat.notes.write(here, who, world.moderator, "Was here in May, too.")
    await world.chat.warnings.warn(here, who, world.owner, reason="Language")
    found = await record(world)
    assert [(entry.text, entry.removed) for entry in found.lines] == [("good words", False), ("bad words", True)]
    assert [(note.text, note.author) for note in found.notes] == [("Was here in May, too.", "Nova_Mods")]
    assert [act.action for act in found.acts] == ["chat.warn", "chat.note", "chat.delete"]
    assert found.warning.reason == "Language"
    assert found.created_at is not None


async def test_a_record_is_of_one_channel(world: Any, build: Any) -> None:
    other = await build()
    await other.chat.send(other.channel.id, world.viewer, "elsewhere", client_id="a")
    await other.chat.notes.write(other.channel.id, world.viewer.user_id, other.owner, "elsewhere")
    found = await record(world)
    assert (found.lines, found.notes, found.acts) == ([], [], [])


async def test_records_are_for_who_may_act_on_the_person(world: Any, guest: Any) -> None:
    for who in (world.viewer, world.other, guest):
        with pytest.raises(Forbidden):
            await record(world, who)
    for subject, reader in ((world.moderator, world.moderator), (world.owner, world.moderator)):
        with pytest.raises(Forbidden):
            await world.chat.history.of(world.channel.id, subject.user_id, reader)
    await world.chat.history.of(world.channel.id, world.moderator.user_id, world.owner)
    with pytest.raises(NotFound):
        await world.chat.history.of(world.channel.id, uuid4(), world.owner)


async def test_a_note_is_deleted_by_its_author_or_the_owner(world: Any, guest: Any) -> None:
    here, who = world.channel.id, world.viewer.user_id
    second = await world.account("second_mod")
    await ChannelModerator.create(id=uuid4(), channel=world.channel, user_id=second.user_id, rights=["chat"])
    note = await world.chat.notes.write(here, who, world.moderator, "one")
    with pytest.raises(Forbidden, match="Only who wrote"):
        await world.chat.notes.delete(here, note, second)
    with pytest.raises(Unauthenticated):
        await world.chat.notes.delete(here, note, guest)
    await world.chat.notes.delete(here, note, world.moderator)
    with pytest.raises(NotFound):
        await world.chat.notes.delete(here, note, world.moderator)
    note = await world.chat.notes.write(here, who, world.moderator, "two")
    await world.chat.notes.delete(here, note, world.owner)
    assert (await record(world)).notes == []


async def test_what_a_note_says_stands_in_no_log_and_is_told_to_nobody(world: Any) -> None:
    await world.chat.notes.write(world.channel.id, world.viewer.user_id, world.owner, "a secret word")
    assert world.topics.heard == []
    assert "secret" not in str([entry.detail for entry in await AuditEntry.all()])
    assert "secret" not in str(await world.db.fetch("select payload from core_event"))


async def test_notes_have_bounds(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notes, "MOST", 2)
    here, who = world.channel.id, world.viewer.user_id
    for text in ("", "x" * 501):
        with pytest.raises(Invalid):
            await world.chat.notes.write(here, who, world.owner, text)
    for _ in range(2):
        await world.chat.notes.write(here, who, world.owner, "x")
    with pytest.raises(Conflict, match="delete one first"):
        await world.chat.notes.write(here, who, world.owner, "x")
