"""Events of clients: validated, in order, within their time, and every refusal a problem with a next step."""

import asyncio
import json
import logging

import pytest
from rt_support import PEOPLE, RawClient, Site, make_site, serving

from aethex_live.realtime import PUBLIC, SocketEvent

TOPIC = "chat:one"


def code_of(answer: dict[str, object]) -> str:
    assert answer["ok"] is False
    problem = answer["problem"]
    assert isinstance(problem, dict)
    assert problem["title"]
    assert problem["detail"]
    return str(problem["type"]).removeprefix("urn:aethex:problem:")


async def test_a_handler_answers_with_its_own_members(site: Site) -> None:
    client = await RawClient.connect(site.port, headers={"Cookie": "session=anna"})
    assert await client.call("chat.say", {"topic": TOPIC, "text": "hi"}) == {"seq": 1, "ok": True}
    await client.close()


async def test_events_of_one_client_are_handled_in_order(site: Site) -> None:
    client = await RawClient.connect(site.port)
    for i in range(20):
        client.send("42" + json.dumps(["open.note", {"topic": TOPIC, "text": str(i)}]))
    await client.call("open.note", {"topic": TOPIC, "text": "last"})
    assert site.order == [*map(str, range(20)), "last"]
    await client.close()


@pytest.mark.parametrize(
    ("name", "data", "code"),
    [
        ("chat.say", {"topic": TOPIC, "text": "hi"}, "sign-in-needed"),
        ("open.say", {"topic": TOPIC}, "invalid"),
        ("open.say", {"topic": TOPIC, "text": "x" * 101}, "invalid"),
        ("open.say", "no object", "invalid"),
        ("subscribe", {"topic": 5}, "invalid"),
        ("subscribe", {"topic": TOPIC, "last": -1}, "invalid"),
        ("subscribe", {"topic": TOPIC, "more": 1}, "invalid"),
        ("nobody.knows", {}, "unknown-event"),
        ("open.refuse", {}, "too-many-requests"),
        ("open.crash", {}, "internal"),
    ],
)
async def test_a_refusal_is_a_problem(site: Site, name: str, data: object, code: str) -> None:
    client = await RawClient.connect(site.port)
    assert code_of(await client.call(name, data)) == code
    assert (await client.call("open.say", {"topic": TOPIC, "text": "still here"}))["ok"]
    await client.close()


async def test_a_refusal_says_when_to_try_again_and_which_field_is_wrong(site: Site) -> None:
    client = await RawClient.connect(site.port)
    assert (await client.call("open.refuse", {}))["problem"]["retry_after"] == 7.5
    assert (await client.call("open.say", {"topic": TOPIC, "text": ""}))["problem"]["field"] == "text"
    await client.close()


async def test_a_mistake_in_a_handler_is_logged_and_not_shown(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    client = await RawClient.connect(site.port)
    with caplog.at_level(logging.ERROR, "aethex.realtime"):
        answer = await client.call("open.crash", {})
    assert "a mistake in a handler" not in str(answer)
    assert "open.crash" in caplog.text
    assert "a mistake in a handler" in caplog.text
    await client.close()


async def test_a_handler_that_hangs_is_given_up() -> None:
    async with serving(make_site(handler_timeout=0.1)) as site:
        client = await RawClient.connect(site.port)
        assert code_of(await client.call("open.hang", {})) == "unavailable"
        assert site.engine.metrics["events_timed_out"] == 1
        assert (await client.call("open.say", {"topic": TOPIC, "text": "next"}))["ok"]
        await client.close()


async def test_a_hanging_handler_holds_up_only_its_own_client() -> None:
    async with serving(make_site(handler_timeout=1)) as site:
        stuck = await RawClient.connect(site.port)
        stuck.send("42" + json.dumps(["open.hang", {}]))
        other = await RawClient.connect(site.port)
        assert (await other.call("open.say", {"topic": TOPIC, "text": "free"}, 0.8))["ok"]
        await stuck.close()
        await other.close()


async def test_more_than_can_wait_is_refused_at_once() -> None:
    async with serving(make_site(max_backlog=3, handler_timeout=0.3)) as site:
        client = await RawClient.connect(site.port)
        for i in range(6):
            client.send(f"42{i}" + json.dumps(["open.hang", {}]))
        packet = await client.text()
        answer = json.loads(packet.partition("[")[1] + packet.partition("[")[2])[0]
        assert code_of(answer) == "backlog-full"
        await client.close()


async def test_who_sends_too_fast_is_told_when_to_go_on_and_a_flood_is_closed() -> None:
    async with serving(make_site(messages_per_second=10, message_burst=5)) as site:
        # Given
        client = await RawClient.connect(site.port)
        answers = [await client.call("open.note", {"topic": TOPIC, "text": "x"}) for _ in range(8)]
        # When, then
        refused = [answer for answer in answers if not answer["ok"]][-1]
        assert code_of(refused) == "too-many-requests"
        assert 0 < refused["problem"]["retry_after"] <= 1
        await asyncio.sleep(refused["problem"]["retry_after"] + 0.3)
        assert (await client.call("open.note", {"topic": TOPIC, "text": "x"}))["ok"]
        for _ in range(60):
            client.send("42" + json.dumps(["open.note", {"topic": TOPIC, "text": "x"}]))
        assert await client.close_code() == 1008


async def test_registered_events_are_listed_and_their_names_are_unique(site: Site) -> None:
    names = [event.name for event in site.engine.events()]
    assert names == sorted(names)
    assert "chat.say" in names
    event = site.engine.events()[0]
    for name in (event.name, "subscribe", "connect"):
        with pytest.raises(ValueError, match="choose another name"):
            site.engine.on(SocketEvent(name=name, model=event.model, handler=event.handler, access=PUBLIC))


async def test_handlers_know_who_calls(site: Site) -> None:
    client = await RawClient.connect(site.port, '{"token":"t"}', headers={"Cookie": "session=ben"})
    found = [c for c in site.engine._sessions.heartbeat.all() if c.actor and c.actor.user_id == PEOPLE["ben"]]
    assert len(found) == 1
    assert site.seen[-1].auth == {"token": "t"}
    assert site.seen[-1].address == "127.0.0.1"
    await client.close()
