"""Requests to be let in again: who may ask, how often, who answers, and that an approval lifts what held."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from aethex_live.errors import Conflict, Forbidden, Invalid, NotFound, TooMany, Unauthenticated
from aethex_live.models import AuditEntry, ChannelModerator, Event


@pytest.fixture
async def banned(world: Any) -> Any:
    """A world whose viewer is banned."""
    await world.chat.moderation.ban(world.channel.id, world.viewer.user_id, world.owner, reason="Spam")
    return world


async def ask(world: Any, text: str = "I am sorry.") -> Any:
    return await world.chat.appeals.ask(world.channel.id, world.viewer, text)


async def waiting(world: Any) -> list[str]:
    return [row.text for row in await world.chat.appeals.waiting(world.channel.id, world.moderator)]


async def decide(world: Any, appeal: Any, *, approve: bool, by: Any = None, answer: str = "") -> None:
    await world.chat.appeals.decide(world.channel.id, appeal, by or world.moderator, approve=approve, answer=answer)


async def test_an_approval_lets_somebody_in_again(banned: Any) -> None:
    appeal = await ask(banned)
    (row,) = await banned.chat.appeals.waiting(banned.channel.id, banned.moderator)
    assert (row.username, row.text, row.kind, row.reason, row.by) == (
        "pixelwren",
        "I am sorry.",
        "ban",
        "Spam",
        "Nova_Wire",
    )
    await decide(banned, appeal, approve=True, answer="Welcome back.")
    await banned.say(banned.viewer, "thank you")
    assert banned.topics.named("lifted")[0].data["user"] == str(banned.viewer.user_id)
    (told,) = banned.topics.named("appeal")
    assert told.topic == f"chatown:{banned.channel.id}:{banned.viewer.user_id}"
    assert told.data == {"approved": True, "answer": "Welcome back."}
    last = await banned.chat.appeals.last(banned.channel.id, banned.viewer)
    assert (last.state, last.answer) == ("approved", "Welcome back.")
    assert await waiting(banned) == []
    actions = set(await AuditEntry.all().values_list("action", flat=True))
    assert actions == {"chat.ban", "chat.appeal", "chat.appeal_approve", "chat.lift"}
    assert (await Event.get(type="chat.appeal_decided")).payload["approved"] is True


async def test_after_a_denial_one_waits_a_week(banned: Any) -> None:
    await decide(banned, await ask(banned), approve=False, answer="Not yet.")
    with pytest.raises(Forbidden):
        await banned.say(banned.viewer)
    with pytest.raises(TooMany, match="ask again in") as refusal:
        await ask(banned)
    assert (refusal.value.retry_after, refusal.value.code) == (7 * 86_400, "chat-appeal-early")
    banned.clock.advance(7 * 86_400)
    await ask(banned, "Please.")
    assert await waiting(banned) == ["Please."]


async def test_one_request_waits_at_a_time(banned: Any) -> None:
    done = await asyncio.gather(*(ask(banned) for _ in range(3)), return_exceptions=True)
    assert sorted(type(one).__name__ for one in done if isinstance(one, Exception)) == ["Conflict", "Conflict"]
    assert len(await waiting(banned)) == 1


async def test_only_who_is_shut_out_for_long_asks(world: Any, guest: Any) -> None:
    with pytest.raises(Forbidden):
        await ask(world)
    here, who = world.channel.id, world.viewer.user_id
    await world.chat.moderation.time_out(here, who, world.owner, seconds=3600)
    with pytest.raises(Forbidden, match="more than an hour"):
        await ask(world)
    await world.chat.moderation.time_out(here, who, world.owner, seconds=3601)
    await ask(world)
    with pytest.raises(Unauthenticated):
        await world.chat.appeals.ask(here, guest, "me too")


@pytest.mark.parametrize("text", ["", " \n", "x" * 501])
async def test_a_request_says_something_short(banned: Any, text: str) -> None:
    with pytest.raises(Invalid) as refusal:
        await ask(banned, text)
    assert refusal.value.field == "text"


async def test_who_is_let_in_by_hand_asks_no_more(banned: Any) -> None:
    await ask(banned)
    await banned.chat.moderation.lift(banned.channel.id, banned.viewer.user_id, banned.moderator)
    assert await waiting(banned) == []
    assert (await banned.chat.appeals.last(banned.channel.id, banned.viewer)).state == "approved"


async def test_a_request_about_what_has_ended_waits_no_more_and_blocks_no_other(world: Any) -> None:
    # Given a request about a ban that ended by itself
    here, who = world.channel.id, world.viewer.user_id
    await world.chat.moderation.ban(here, who, world.owner, seconds=7200)
    await ask(world, "about the first")
    world.clock.advance(7201)
    assert await waiting(world) == []
    # When they are banned again, Then it does not wait again, and they can ask
    await world.chat.moderation.ban(here, who, world.owner)
    assert await waiting(world) == []
    await ask(world, "about the second")
    assert await waiting(world) == ["about the second"]


async def test_it_takes_the_right_to_ban(banned: Any, guest: Any) -> None:
    appeal = await ask(banned)
    await ChannelModerator.filter(user_id=banned.moderator.user_id).update(rights=["chat.timeout", "chat.delete"])
    for who, refusal in ((banned.moderator, Forbidden), (banned.viewer, Forbidden), (guest, Unauthenticated)):
        with pytest.raises(refusal):
            await decide(banned, appeal, approve=True, by=who)
        with pytest.raises(refusal):
            await banned.chat.appeals.waiting(banned.channel.id, who)
    topic = f"chatappeals:{banned.channel.id}"
    assert await banned.chat.appeals.may_hear(topic, banned.owner)
    assert not await banned.chat.appeals.may_hear(topic, banned.moderator)
    assert not await banned.chat.appeals.may_hear("chatappeals:nonsense", banned.owner)


async def test_a_request_is_answered_once_and_in_its_own_channel(banned: Any, build: Any) -> None:
    appeal = await ask(banned)
    other = await build()
    with pytest.raises(NotFound):
        await other.chat.appeals.decide(other.channel.id, appeal, other.owner, approve=True)
    done = await asyncio.gather(
        *(decide(banned, appeal, approve=approve) for approve in (True, False)), return_exceptions=True
    )
    assert sorted(type(one).__name__ for one in done) == ["NoneType", "NotFound"]


async def test_a_denied_request_can_not_be_lifted_around(banned: Any) -> None:
    await ask(banned)
    with pytest.raises(Conflict):
        await ask(banned, "and again")
