"""Messages on their way: what is taken, in which order, how often, and what is refused with which sentence."""

from __future__ import annotations

import asyncio
import dataclasses
import logging
from typing import Any

import pytest

from aethex_live.actor import Actor
from aethex_live.errors import Forbidden, Invalid, NotFound, Refusal, TooMany, Unauthenticated
from aethex_live.hookspecs.moderation import Review, Verdict
from aethex_live.ids import uuid7
from aethex_live.models import User
from aethex_plugins.chat.held import Held


async def test_a_message_is_stored_with_the_next_number_and_told_to_its_topic(world: Any) -> None:
    first = await world.say(world.viewer, "hello there")
    second = await world.say(world.owner, "welcome")

    assert (first.seq, second.seq) == (1, 2)
    assert [row["text"] for row in await world.rows()] == ["hello there", "welcome"]
    heard = world.topics.heard
    assert [(h.topic, h.name, h.seq) for h in heard] == [
        (f"chat:{world.channel.id}", "line", 1),
        (f"chat:{world.channel.id}", "line", 2),
    ]
    assert heard[0].epoch == heard[1].epoch != ""
    assert heard[0].data["author"]["username"] == "pixelwren"
    assert (heard[0].data["role"], heard[1].data["role"]) == ("member", "owner")


async def test_the_same_client_id_again_is_the_same_message(world: Any) -> None:
    first = await world.say(world.viewer, "once", client_id="a")
    again = await world.say(world.viewer, "once", client_id="a")
    of_another = await world.say(world.other, "once", client_id="a")

    assert again == first
    assert of_another.id != first.id
    assert len(await world.rows()) == 2
    assert len(world.topics.heard) == 2


async def test_a_repeat_is_answered_also_when_its_author_may_not_write_any_more(build: Any) -> None:
    world = await build(rate_messages=1, remove_recent_s=0)
    first = await world.say(world.viewer, "once", client_id="a")
    assert await world.say(world.viewer, "once", client_id="a") == first  # the limit is used up
    await world.chat.moderation.ban(world.channel.id, world.viewer.user_id, world.owner)
    assert await world.say(world.viewer, "once", client_id="a") == first


async def test_retries_in_flight_share_one_line_also_across_processes(world: Any) -> None:
    elsewhere = await world.another()
    tries = [
        chat.send(world.channel.id, world.viewer, "hi", client_id=f"c{number % 5}")
        for number in range(30)
        for chat in (world.chat, elsewhere)
    ]
    # the limit is for messages; a repeat of one that is on its way may be counted before it is known
    results = await asyncio.gather(*tries, return_exceptions=True)

    places = {result for result in results if not isinstance(result, Exception)}
    assert not [result for result in results if isinstance(result, Exception) and not isinstance(result, TooMany)]
    assert sorted(place.seq for place in places) == [1, 2, 3, 4, 5]
    assert [row["seq"] for row in await world.rows()] == [1, 2, 3, 4, 5]
    assert sorted(heard.seq for heard in world.topics.heard) == [1, 2, 3, 4, 5]
    await elsewhere.close()


async def test_a_caller_that_gives_up_does_not_lose_the_message(world: Any) -> None:
    await world.say(world.viewer, "makes the chat's row")
    connection = await world.db.open_connection()
    try:
        async with connection.transaction():
            # Given a line that has to wait for the lock of its chat
            await connection.execute("select 1 from core_topic where name like 'chat:%' for update")
            sending = asyncio.create_task(world.say(world.viewer, "patience", client_id="p"))
            await asyncio.sleep(0.05)
            # When its sender gives up and tries again
            sending.cancel()
            repeat = asyncio.create_task(world.say(world.viewer, "patience", client_id="p"))
            await asyncio.sleep(0.05)
            assert not repeat.done()
    finally:
        await connection.close()
    # Then it is there once
    assert (await repeat).seq == 2
    assert [row["text"] for row in await world.rows()][1:] == ["patience"]


async def test_lines_of_one_tick_are_one_transaction(build: Any) -> None:
    world = await build(tick_ms=40, rate_messages=1000)
    await world.say(world.viewer, "the first goes at once")

    for start in range(0, 60, 20):
        await asyncio.gather(*(world.say(world.viewer, f"n {number}") for number in range(start, start + 20)))
    writers = await world.db.fetch("select distinct xmin::text from chat_line where seq > 1")
    assert len(await world.rows()) == 61
    # three rounds; the checks of a round may spread it over a few ticks
    assert len(writers) <= 9


async def test_a_line_after_silence_does_not_wait_for_the_tick(build: Any) -> None:
    world = await build(tick_ms=1000)
    loop = asyncio.get_running_loop()
    began = loop.time()
    await world.say(world.viewer, "now")
    assert loop.time() - began < 0.5


async def test_a_reply_quotes_a_line_of_the_same_chat(world: Any) -> None:
    asked = await world.say(world.viewer, "what gauge is the wire?")
    await world.say(world.moderator, "22 AWG", reply_to=asked.id)

    quote = world.topics.heard[-1].data["reply"]
    assert quote == {
        "id": str(asked.id),
        "user": str(world.viewer.user_id),
        "name": "Pixelwren",
        "text": "what gauge is the wire?",
        "removed": False,
    }
    room = await world.chat.room(world.channel.id, world.viewer)
    assert room.entries[-1].quote.text == "what gauge is the wire?"


async def test_a_reply_to_nothing_is_refused(world: Any) -> None:
    gone = await world.say(world.viewer, "oops")
    await world.chat.moderation.delete(world.channel.id, gone.id, world.viewer)
    for reply_to in (uuid7(), gone.id):
        with pytest.raises(Invalid) as refused:
            await world.say(world.other, "answer", reply_to=reply_to)
        assert refused.value.field == "reply_to"


async def test_only_names_of_accounts_are_mentions(world: Any) -> None:
    await world.say(world.viewer, "@Nova_Mods and @nobody_here, mail joule@example.org, @joule!")
    assert world.topics.heard[-1].data["mentions"] == ["nova_mods", "joule"]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "Write something"),
        ("  \t ", "Write something"),
        ("\u200b\u2060", "Write something"),
        ("x" * 501, "501"),
        ("a\x00b", "control characters"),
        ("a\x1bb", "control characters"),
        ("a\ud800b", "control characters"),
    ],
)
async def test_what_is_no_message_is_refused_by_name(world: Any, text: str, sentence: str) -> None:
    with pytest.raises(Invalid, match=sentence) as refused:
        await world.say(world.viewer, text)
    assert refused.value.field == "text"
    assert await world.rows() == []


async def test_line_breaks_become_spaces_and_500_characters_fit(world: Any) -> None:
    await world.say(world.viewer, " one\r\n\ttwo ")
    await world.say(world.viewer, "\U0001f600" * 500)
    assert [row["text"] for row in await world.rows()] == ["one two", "\U0001f600" * 500]


async def test_who_writes_too_fast_hears_when_to_come_back(build: Any) -> None:
    world = await build(rate_messages=3, rate_seconds=30)
    for number in range(3):
        await world.say(world.viewer, f"{number}")
    with pytest.raises(TooMany) as refused:
        await world.say(world.viewer, "four")
    assert 9 < refused.value.retry_after <= 10
    await world.say(world.moderator, "moderators have more")

    world.clock.advance(refused.value.retry_after)
    await world.say(world.viewer, "four")
    assert len(await world.rows()) == 5


async def test_guests_strangers_and_closed_accounts_can_not_write(world: Any, guest: Actor) -> None:
    with pytest.raises(Unauthenticated):
        await world.say(guest)
    with pytest.raises(NotFound):
        await world.chat.send(uuid7(), world.viewer, "hello", client_id="x")
    await User.filter(id=world.viewer.user_id).update(state="banned")
    with pytest.raises(Forbidden, match="closed"):
        await world.say(world.viewer)


async def test_plugins_shape_the_text_and_nothing_else(world: Any) -> None:
    world.hooks.shape = lambda draft: dataclasses.replace(draft, text="[redacted]", author_name="Somebody else")
    await world.say(world.viewer, "secret")
    assert world.topics.heard[-1].data["text"] == "[redacted]"
    assert world.topics.heard[-1].data["author"]["name"] == "Pixelwren"
    assert world.hooks.asked[-1].text == "[redacted]"


async def test_the_strictest_review_counts(world: Any) -> None:
    world.hooks.reviews = [
        Review(Verdict.ALLOW, ""),
        Review(Verdict.REJECT, "Links are not allowed here."),
        Review(Verdict.HOLD, "looks like spam"),
    ]
    with pytest.raises(Forbidden, match=r"Links are not allowed here\.") as refused:
        await world.say(world.viewer)
    assert refused.value.code == "rejected"
    world.hooks.reviews = [Review(Verdict.HOLD, "looks like spam"), Review(Verdict.ALLOW, "")]
    assert isinstance(await world.say(world.viewer), Held)
    assert await world.rows() == []


async def test_a_line_that_can_not_be_stored_does_not_cost_the_others_theirs(world: Any) -> None:
    # Given a batch in which one author's account vanishes between check and write
    first = asyncio.create_task(world.say(world.other, "opens the batch"))
    await first
    ghosts = asyncio.create_task(world.say(world.viewer, "ghost"))
    others = [asyncio.create_task(world.say(world.owner, f"{number}")) for number in range(3)]
    await asyncio.sleep(0)
    await world.db.execute("delete from core_user where id = $1", [world.viewer.user_id])
    results = await asyncio.gather(ghosts, *others, return_exceptions=True)

    # Then the others stand, without a gap, and the one is either stored before or refused
    assert all(not isinstance(result, Exception) for result in results[1:])
    assert isinstance(results[0], Refusal) or results[0].seq
    seqs = [row["seq"] for row in await world.rows()]
    assert seqs == list(range(1, len(seqs) + 1))


async def test_a_failing_database_is_said_and_the_chat_goes_on(
    world: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    real = world.db.fetch

    async def broken(sql: str, args: Any = ()) -> Any:
        if "insert into chat_line" in sql:
            raise OSError("the disk is full")
        return await real(sql, args)

    monkeypatch.setattr(world.db, "fetch", broken)
    with caplog.at_level(logging.CRITICAL), pytest.raises(Refusal) as refused:
        await world.say(world.viewer)
    assert refused.value.status == 503
    monkeypatch.undo()
    assert (await world.say(world.viewer)).seq == 1
