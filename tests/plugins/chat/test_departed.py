"""People whose account is deleted: what they said stays, their name goes from everywhere."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from emote_files import still

from aethex_live.events import Recorded
from aethex_live.ids import uuid7
from aethex_plugins.chat.departed import NAME, departed_people


def deleted(user_id: UUID | None, clock: Any) -> Recorded:
    """The event of a deleted account, as the log gives it."""
    return Recorded(
        id=uuid7(),
        position=1,
        type="user.deleted",
        version=1,
        actor_id=None,
        channel_id=None,
        subject=f"user:{user_id}",
        payload={"user_id": str(user_id)},
        occurred_at=clock.now(),
        event=None,
    )


async def test_what_moderators_wrote_about_somebody_goes_with_them(world: Any) -> None:
    # Given a warning, a note and a request of a viewer, and a note by a moderator about somebody else
    here, who = world.channel.id, world.viewer.user_id
    await world.chat.warnings.warn(here, who, world.moderator, reason="Words")
    await world.chat.notes.write(here, who, world.moderator, "About them")
    await world.chat.notes.write(here, world.other.user_id, world.moderator, "About another")
    await world.chat.moderation.ban(here, who, world.moderator)
    await world.chat.appeals.ask(here, world.viewer, "Please")
    # When the accounts of both are deleted
    for gone in (world.viewer, world.moderator):
        await departed_people(world.db).handle(deleted(gone.user_id, world.clock))
    # Then nothing of it is left but the note about the other, without its author
    for table in ("chat_warning", "chat_appeal", "chat_restriction"):
        assert not await world.db.fetch(f"select 1 from {table}")
    kept = await world.db.fetch("select author_id, author_name, text from chat_note")
    assert [tuple(row.values()) for row in kept] == [(None, NAME, "About another")]


async def test_words_stay_and_names_go(world: Any) -> None:
    # Given lines of a viewer, a timeout by a moderator, and a line of somebody else
    await world.say(world.viewer, "I was here")
    await world.say(world.other, "so was I")
    await world.chat.moderation.time_out(world.channel.id, world.viewer.user_id, world.moderator, seconds=60)
    await world.chat.emotes.upload(world.channel.id, world.moderator, "wave", still())
    # When the accounts of both are deleted, and that is told twice
    reader = departed_people(world.db)
    for who in (world.viewer, world.moderator, world.viewer):
        await reader.handle(deleted(who.user_id, world.clock))
    # Then their words stay without them, and no row names them
    rows = await world.rows()
    assert [row["text"] for row in rows if row["kind"] == "message"] == ["I was here", "so was I"]
    kept = {row["author_name"] for row in rows}
    assert kept == {NAME, world.other.name}
    everything = str(rows)
    assert world.viewer.name not in everything
    assert world.moderator.name not in everything
    assert not await world.db.fetch("select 1 from chat_restriction where user_id = $1", [world.viewer.user_id])
    assert (await world.db.fetch("select created_by from chat_emote"))[0]["created_by"] is None
    assert reader.catch_up, "a site whose chat was off hears of it later"


async def test_what_stands_above_the_chat_names_nobody_who_is_gone(world: Any) -> None:
    # Given a pinned message, and a viewer who has accepted the rules
    said = await world.say(world.viewer, "pinned words")
    await world.chat.pins.pin(world.channel.id, world.moderator, line=said.id)
    rules = await world.chat.rules.change(world.channel.id, world.owner, "Be kind.", ask_again=False)
    await world.chat.rules.accept(world.channel.id, world.viewer, rules.version)
    # When both accounts are deleted
    reader = departed_people(world.db)
    for who in (world.viewer, world.moderator):
        await reader.handle(deleted(who.user_id, world.clock))
    # Then the words stay, and neither pin nor act names them
    pin = await world.chat.pins.read(world.channel.id)
    assert (pin.text, pin.author_name, pin.by_name, pin.author) == ("pinned words", NAME, NAME, None)
    everything = str(await world.rows())
    assert world.viewer.name not in everything
    assert world.moderator.name not in everything
    assert not await world.db.fetch("select 1 from chat_rules_accepted")
