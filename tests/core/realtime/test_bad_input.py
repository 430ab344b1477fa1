"""What clients should not send, event by event: a clear answer each time, at a bounded cost, and the rest go on."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any

import pytest
from polling_support import polling
from rt_support import RawClient, make_site, masked, serving, until

NOTE = {"topic": "chat:one", "text": "a"}
LARGE = "x" * 100_000


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({"topic": "chat:one", "text": LARGE}, "text"),
        ({"topic": "chat:one", "text": 7}, "text"),
        ({"topic": ["chat:one"], "text": "a"}, "topic"),
        ({"topic": None, "text": "a"}, "topic"),
        ({}, "topic"),
        ([], "data"),
        ("text", "data"),
        (7, "data"),
        (None, "data"),
        (True, "data"),
    ],
    ids=["100 KB", "number", "list", "null", "empty", "a list", "a text", "a number", "nothing", "a truth"],
)
async def test_data_of_a_wrong_form_is_refused_by_the_name_of_its_field(data: Any, field: str) -> None:
    async with serving(make_site()) as site:
        client = await RawClient.connect(site.port)
        problem = (await client.call("open.note", data))["problem"]
        assert problem["type"] == "urn:aethex:problem:invalid"
        assert (problem["field"], problem["detail"].startswith(f"open.note: {field}: ")) == (field, True)
        assert len(problem["detail"]) < 300, "what was sent does not come back"
        # and the connection goes on
        assert (await client.call("open.note", NOTE))["ok"]
        await client.close()


@pytest.mark.parametrize("name", ["nothing.such", "x" * 5000, "", "__proto__", "connect_error ", "chat.say\u0000"])
async def test_an_event_that_nobody_knows_is_refused(name: str) -> None:
    async with serving(make_site()) as site:
        client = await RawClient.connect(site.port)
        problem = (await client.call(name, {}))["problem"]
        assert problem["type"] == "urn:aethex:problem:unknown-event"
        assert len(problem["detail"]) < 120
        await client.close()


@pytest.mark.parametrize("name", ["connect", "disconnect", "connect_error"])
async def test_names_of_the_protocol_break_it(name: str) -> None:
    async with serving(make_site()) as site:
        client = await RawClient.connect(site.port)
        client.send(f'420["{name}",{{}}]')
        assert await client.close_code() == 1002


@pytest.mark.parametrize("ack", ["43", "430", "43999999", "431"])
async def test_acknowledgements_of_nothing_and_repeated_ones_are_dropped(ack: str) -> None:
    async with serving(make_site()) as site:
        client = await RawClient.connect(site.port)
        if ack == "43":
            client.send('43["no number"]')
            assert await client.close_code() == 1002
            return
        for _ in range(3):
            client.send(f'{ack}["replayed"]')
        assert (await client.call("open.note", NOTE))["ok"]
        await client.close()


async def test_a_replayed_answer_counts_once() -> None:
    # Given a question of the server
    async with serving(make_site()) as site:
        client = await RawClient.connect(site.port)
        connection = site.engine._sessions.heartbeat.all()[0]
        asked = asyncio.create_task(site.engine.ask(connection.id, "quiz", {}))
        number = (await client.text()).removeprefix("42").partition("[")[0]
        # When the client answers it again and again
        for answer in ("first", "second", "third"):
            client.send(f'43{number}["{answer}"]')
        # Then the first counts, and nothing of the others is kept
        assert await asked == ["first"]
        assert (await client.call("open.note", NOTE))["ok"]
        assert connection.asked is None
        await client.close()


async def test_an_event_sent_twice_with_one_number_is_answered_twice_in_order() -> None:
    async with serving(make_site()) as site:
        client = await RawClient.connect(site.port)
        for text in ("a", "b"):
            client.send('427["open.note",' + json.dumps(NOTE | {"text": text}) + "]")
        assert [await client.text() for _ in range(2)] == ['437[{"ok":true}]'] * 2
        assert site.order == ["a", "b"]
        await client.close()


async def test_a_message_of_two_megabytes_is_never_held() -> None:
    async with serving(make_site()) as site:
        client = await RawClient.connect(site.port)
        # the head alone is enough: nothing is waited for, nothing is kept
        client.writer.write(masked(1, b"4" * 2_000_000)[:14])
        assert await client.close_code(2) == 1009


async def test_a_hundred_large_lines_cost_little_and_then_more_than_is_taken() -> None:
    async with serving(make_site()) as site:
        other = await RawClient.connect(site.port)
        flooder = await RawClient.connect(site.port)
        began = time.process_time()
        for _ in range(100):
            flooder.send("42" + json.dumps(["open.note", {"topic": "chat:one", "text": LARGE}]))
        assert await flooder.close_code(10) == 1008
        assert time.process_time() - began < 5
        assert (await other.call("open.note", NOTE))["ok"]
        await other.close()


async def test_a_flood_from_many_accounts_is_held_by_what_their_address_may_send() -> None:
    # Given an address that may send ten at once, and one event a second
    limits = {"messages_per_second_per_address": 1, "message_burst_per_address": 10}
    async with serving(make_site(**limits)) as site:
        cookies = [{"Cookie": "session=anna"}, {"Cookie": "session=ben"}, {}, {}]
        clients = [await RawClient.connect(site.port, headers=cookie) for cookie in cookies]
        # When several accounts and guests send at once
        answers = [await client.call("open.note", NOTE) for _ in range(5) for client in clients]
        # Then the rest is refused with the time after which it is taken
        assert [answer["ok"] for answer in answers] == [True] * 10 + [False] * 10
        for answer in answers[10:]:
            problem = answer["problem"]
            assert problem["type"] == "urn:aethex:problem:too-many-requests"
            assert 0 < problem["retry_after_s"] <= 1.01
            assert problem["retry_after_s"] == problem["retry_after"]
        for client in clients:
            await client.close()


async def test_who_waits_as_long_as_was_said_is_let_in() -> None:
    async with serving(make_site(messages_per_second_per_account=10, message_burst_per_account=1)) as site:
        client = await RawClient.connect(site.port, headers={"Cookie": "session=anna"})
        assert (await client.call("open.note", NOTE))["ok"]
        wait = (await client.call("open.note", NOTE))["problem"]["retry_after_s"]
        await asyncio.sleep(wait)
        assert (await client.call("open.note", NOTE))["ok"]
        await client.close()


@pytest.mark.parametrize("junk", [b"\xff\xfe4", b"4\xc3(", "4\ud800".encode("utf-8", "surrogatepass")])
async def test_text_that_is_no_utf_8_ends_a_polling_session_with_the_reason(junk: bytes) -> None:
    async with serving(make_site()) as site, polling(site) as client:
        await client.connect()
        status, body = await client.request("POST", data=junk)
        assert (status, "not valid UTF-8" in body) == (400, True)
        await until(lambda: site.engine.connections() == 0)


async def test_a_text_with_half_a_surrogate_pair_is_refused_as_a_problem_or_a_broken_packet() -> None:
    """JSON can name what no UTF-8 text can hold."""
    async with serving(make_site()) as site:
        client = await RawClient.connect(site.port)
        client.send('420["open.note",{"topic":"chat:one","text":"\\ud800"}]')
        try:
            assert "problem" in await client.text()
        except ConnectionError as closed:
            assert "1002" in str(closed)
        assert site.order == []
        await client.close()
