"""Topics over long polling: the same promises as over a websocket, and what only requests can get wrong."""

import asyncio
import gc
import json
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from polling_support import PollClient, polling
from rt_support import ANNA, RawClient, Site, make_site, masked, serving, until

from aethex_live.realtime.poll_transport import MOST_BUFFERS

TOPIC = "chat:one"
LINE = "x" * 1000


@pytest_asyncio.fixture
async def client(site: Site) -> AsyncIterator[PollClient]:
    """Anna over polling, not yet connected."""
    async with polling(site, {"Cookie": "session=anna"}) as client:
        yield client


async def lines(client: PollClient, count: int) -> list[int]:
    found: list[int] = []
    while len(found) < count:
        _, _, messages = await client.event("batch")
        found += [seq for seq, _, _ in messages]
    return found


async def waits(site: Site) -> None:
    """Until a request of a client waits."""
    await until(lambda: any(polled.polled for polled in site.engine._gate.polled.values()))


async def test_a_topic_is_heard_and_spoken_to(client: PollClient, site: Site) -> None:
    await client.connect()
    assert site.seen[-1].cookies == {"session": "anna"}
    assert (await client.call("subscribe", {"topic": TOPIC}))["ok"]
    assert (await client.call("chat.say", {"topic": TOPIC, "text": "hello"}))["ok"]
    assert await lines(client, 1) == [1]


async def test_a_waiting_request_is_the_only_task(client: PollClient, site: Site) -> None:
    await client.connect()
    before = len(asyncio.all_tasks())
    waiting = asyncio.create_task(client.get())
    await waits(site)
    # the client's own task, and the one in which uvicorn runs a request
    assert len(asyncio.all_tasks()) == before + 2
    site.engine.tell(next(iter(site.engine._sessions._connected)), "news", {})
    assert (await waiting)[1] == '42["news",{}]'


async def test_everything_comes_once_and_in_order_while_the_transport_changes(client: PollClient, site: Site) -> None:
    # Given a reader who is told a line every few milliseconds
    await client.connect()
    await client.call("subscribe", {"topic": TOPIC})
    telling = asyncio.create_task(tell_slowly(site, 200))
    seen = await lines(client, 30)
    # When it moves to a websocket in the middle of it, reading on meanwhile
    waiting = asyncio.create_task(client.packet())
    socket = await client.probe()
    done, _ = await asyncio.wait([waiting], timeout=0.2)
    if done:
        seen += numbers(waiting.result())
    else:
        waiting.cancel()
    for packet in client.waiting:
        seen += numbers(packet)
    await asyncio.sleep(0.1)
    socket.send("5")
    # Then nothing is missing, doubled or out of order
    while seen[-1] < 200:
        seen += numbers(await socket.text())
    await telling
    assert seen == list(range(1, 201))
    assert site.engine.connections() == 1
    await socket.close()
    await until(lambda: site.engine.connections() == 0)
    assert site.engine.subscribers(TOPIC) == 0


async def tell_slowly(site: Site, count: int) -> None:
    for i in range(count):
        site.say(TOPIC, f"line {i}")
        await asyncio.sleep(0.004)


def numbers(packet: str) -> list[int]:
    if not packet.startswith('42["batch"'):
        return []
    return [seq for seq, _, _ in json.loads(packet[2:])[1][2]]


async def test_a_websocket_that_took_over_gets_compressed_batches(client: PollClient, site: Site) -> None:
    await client.connect()
    await client.call("subscribe", {"topic": TOPIC})
    client.headers["Sec-WebSocket-Extensions"] = "permessage-deflate"
    socket = await client.upgraded()
    await until(lambda: site.engine.metrics["upgrades"])
    site.say(TOPIC, LINE)
    assert (await socket.frame())[0] == 0x41
    await socket.close()


async def test_bytes_behind_the_upgrade_in_the_same_packet_are_read(client: PollClient) -> None:
    await client.connect()
    socket = await client.probe()
    call = '421["open.say",{"topic":"chat:one","text":"at once"}]'
    socket.writer.write(masked(1, b"5") + masked(1, call.encode()))
    assert (await socket.text()).startswith("431[")
    await socket.close()


async def test_an_upgrade_that_is_never_finished_is_given_up() -> None:
    async with serving(make_site(connect_timeout=0.2, ping_interval_ms=500)) as site, polling(site) as client:
        await client.connect()
        socket = await client.probe()
        assert await socket.close_code(3) == 1008
        await socket.gone()
        assert (await client.call("open.say", {"topic": TOPIC, "text": "still here"}))["ok"]


async def test_the_end_of_the_session_ends_its_probe(client: PollClient, site: Site) -> None:
    await client.connect()
    socket = await client.probe()
    await client.post("1")
    await socket.gone()
    await until(lambda: site.engine.connections() == 0)


async def test_who_stops_asking_is_left_out_then_told_of_the_gap() -> None:
    async with serving(make_site(slow_buffer=4096, tick_ms=1)) as site, polling(site) as client:
        await client.connect()
        await client.call("subscribe", {"topic": TOPIC})
        for _ in range(30):
            site.say(TOPIC, LINE)
            await asyncio.sleep(0.005)
        assert site.engine.metrics["clients_slowed"] == 1
        assert site.engine.metrics["batches_skipped"] > 10
        heard: list[int] = []
        while not (packet := await client.packet()).startswith('42["gap"'):
            heard += numbers(packet)
        assert json.loads(packet[2:])[1] == [TOPIC, 30]
        answer = await client.call("subscribe", {"topic": TOPIC, "last": heard[-1], "epoch": "e1"})
        assert heard + [seq for seq, _, _ in answer["missed"]] == list(range(1, 31))
        site.say(TOPIC, "fresh")
        assert await lines(client, 1) == [31]


async def test_who_stays_away_too_long_is_closed_and_told_at_the_next_connect() -> None:
    async with serving(make_site(slow_buffer=4096, slow_seconds=0.2, tick_ms=1, ping_interval_ms=2500)) as site:
        async with polling(site, {"Cookie": "session=anna"}) as client:
            await client.connect()
            await client.call("subscribe", {"topic": TOPIC})
            for _ in range(10):
                site.say(TOPIC, LINE)
                await asyncio.sleep(0.005)
            await until(lambda: site.engine.connections() == 0)
            assert site.engine.metrics["clients_closed_slow"] == 1
            assert "Session ID unknown" in (await client.get())[1]
        async with polling(site, {"Cookie": "session=anna"}) as again:
            await again.connect()
            assert "too slow" in (await again.event("notice"))["detail"]


async def test_a_paused_session_goes_on_over_its_websocket() -> None:
    async with serving(make_site(slow_buffer=4096, tick_ms=1)) as site, polling(site) as client:
        await client.connect()
        await client.call("subscribe", {"topic": TOPIC})
        for _ in range(10):
            site.say(TOPIC, LINE)
            await asyncio.sleep(0.005)
        assert site.engine.metrics["clients_slowed"] == 1
        socket = await client.upgraded()
        assert (await socket.event("gap"))[0] == TOPIC
        site.say(TOPIC, "fresh")
        while (await socket.event("batch"))[2][-1][0] != 11:
            pass
        await socket.close()


async def test_what_is_held_for_one_client_has_an_end(client: PollClient, site: Site) -> None:
    await client.connect()
    (connection,) = site.engine._sessions.heartbeat.all()
    for _ in range(MOST_BUFFERS + 2):
        connection.write(b"x" * site.engine.settings.slow_buffer)
    assert connection.transport.is_closing()
    await until(lambda: site.engine.connections() == 0)


async def test_a_ban_and_a_drain_say_why_to_the_request_that_waits(client: PollClient, site: Site) -> None:
    await client.connect()
    waiting = asyncio.create_task(client.get())
    await waits(site)
    assert site.engine.close_user(ANNA, "banned") == 1
    status, text = await waiting
    assert status == 200
    assert text == '42["closing",{"reason":"banned","retry_after":null}]\x1e1'
    assert (await client.get())[0] == 400
    client.sid = ""
    await client.connect()
    await site.engine.drain(0)
    # no request was there: the next one still hears it
    closing, last = (await client.get())[1].split("\x1e")
    assert json.loads(closing[2:])[1]["reason"] == "restart"
    assert last == "1"
    client.sid = ""
    assert (await client.request("GET"))[0] == 503
    await until(lambda: site.engine.connections() == 0)


async def test_who_goes_while_waiting_is_out_at_once(site: Site) -> None:
    async with polling(site) as client:
        await client.connect()
        await client.call("subscribe", {"topic": TOPIC})
        waiting = asyncio.create_task(client.get())
        await waits(site)
        waiting.cancel()
    await until(lambda: site.engine.connections() == 0)
    assert site.engine.subscribers(TOPIC) == 0
    assert not site.engine._gate.polled


async def test_a_large_payload_is_refused_before_it_is_read(client: PollClient, site: Site) -> None:
    await client.open()
    assert (await client.post("4" * 20_000))[0] == 413
    await client.post("40")
    assert (await client.packet()).startswith("40")
    assert (await client.post("4" * 1_000_001))[0] == 413

    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(20):
            yield b"4" * 100_000

    assert (await client.request("POST", data=chunks()))[0] == 413
    assert (await client.call("open.say", {"topic": TOPIC, "text": "still here"}))["ok"]
    assert site.engine.connections() == 1


@pytest.mark.parametrize("body", [b"\xff\xfe", b"", b"\x1e" * 5000, b"4\x1e4", b"bAQ!", b"9", b"2" + b"[" * 9000])
async def test_junk_in_a_payload_ends_the_session_alone(site: Site, body: bytes) -> None:
    async with polling(site) as other, polling(site) as client:
        await other.connect()
        await client.connect()
        status, _ = await client.post(body)
        if status == 200:  # a ping with much behind it is one all the same
            assert body.startswith(b"2")
            return
        assert status == 400
        assert (await client.get())[0] == 400
        assert (await other.call("open.say", {"topic": TOPIC, "text": "well"}))["ok"]


async def test_two_bodies_at_once_end_the_session(client: PollClient, site: Site) -> None:
    await client.connect()
    gate = asyncio.Event()

    async def slow() -> AsyncIterator[bytes]:
        yield b"3"
        await gate.wait()

    first = asyncio.create_task(client.request("POST", data=slow()))
    await until(lambda: any(polled.posting for polled in site.engine._gate.polled.values()))
    assert (await client.post("3"))[0] == 400
    gate.set()
    await first
    assert (await client.get())[0] == 400


async def test_a_flood_is_closed() -> None:
    async with serving(make_site(messages_per_second=10, message_burst=5)) as site, polling(site) as client:
        await client.connect()
        await client.post("\x1e".join(["42" + json.dumps(["open.note", {"topic": TOPIC, "text": "x"}])] * 100))
        assert (await client.get())[0] == 400
        await until(lambda: site.engine.connections() == 0)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": "https://evil.example"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "same-origin"}, 200),
        ({"Origin": "null"}, 403),
    ],
)
async def test_pages_of_other_sites_open_nothing(site: Site, headers: dict[str, str], status: int) -> None:
    async with polling(site, headers) as client:
        assert (await client.request("GET"))[0] == status


async def test_pages_of_listed_origins_may_read_the_answers() -> None:
    listed = "https://app.example"
    async with serving(make_site(origins=(listed,))) as site, polling(site, {"Origin": listed}) as client:
        async with client.http.options(client.url(), headers=client.headers) as answer:
            assert answer.status == 204
            assert answer.headers["Access-Control-Allow-Methods"] == "GET, POST"
        async with client.http.get(client.url(), headers=client.headers) as answer:
            assert answer.headers["Access-Control-Allow-Origin"] == listed
            assert answer.headers["Access-Control-Allow-Credentials"] == "true"
            assert answer.headers["Cache-Control"] == "no-store"
    async with (
        serving(make_site(origins=("*",))) as site,
        polling(site, {"Origin": listed}) as client,
        client.http.get(client.url(), headers=client.headers) as answer,
    ):
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert "Access-Control-Allow-Credentials" not in answer.headers


async def test_the_limit_of_an_address_counts_both_transports() -> None:
    async with serving(make_site(max_connections_per_address=2)) as site, polling(site) as client:
        socket = await RawClient.open(site.port)
        await client.open()
        client.sid = ""
        status, text = await client.request("GET")
        assert status == 429
        assert "2 connections" in text
        await socket.close()


async def test_methods_that_no_client_uses_are_refused(client: PollClient) -> None:
    await client.open()
    assert (await client.request("PUT"))[0] == 400
    assert (await client.request("DELETE"))[0] == 400
    assert (await client.request("GET", "EIO=4&transport=polling&" + "&".join(f"a{i}=1" for i in range(40))))[0] == 400


async def test_other_addresses_are_the_site_s(site: Site) -> None:
    async with polling(site) as client, client.http.get(f"{site.url}/socket.iox") as answer:
        assert await answer.text() == "ok"


async def test_nothing_is_left_of_many_sessions(site: Site) -> None:
    for _ in range(20):
        async with polling(site) as client:
            await client.connect()
            await client.post("1")
    await until(lambda: site.engine.connections() == 0)
    gc.collect()
    assert not site.engine._gate.polled
    assert not site.engine._gate._probes
    assert not site.engine._sessions._connected
    assert len(site.engine._sessions.heartbeat) == 0
