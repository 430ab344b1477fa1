"""A slow client gets less, never more memory; then it is told what it missed, or closed with a reason."""

import asyncio
import json
import time

from rt_support import NoTransport, RawClient, Site, make_site, masked, offline_connection, serving, until

from aethex_live.realtime.connection import State

TOPIC = "chat:one"
LINE = "x" * 90


def connected(site: Site) -> tuple[object, list[bytes]]:
    """An offline connection that is let in; what is written to it."""
    _, connection = offline_connection(site)
    return connection, connection.transport.written  # type: ignore[attr-defined]


async def flood(site: Site, until_true: object, most: int = 4000) -> int:
    """Publish big batches until something has happened; how many lines that took."""
    count = 0
    while not until_true() and count < most:  # type: ignore[operator]
        for _ in range(200):
            site.say(TOPIC, LINE)
            count += 1
        await asyncio.sleep(0.01)
    assert until_true()  # type: ignore[operator]
    return count


async def test_a_slow_client_is_skipped_told_of_the_gap_and_can_fill_it() -> None:
    async with serving(make_site(tick_ms=5, slow_buffer=8192, slow_seconds=30, resume_limit=100_000)) as site:
        # Given one client that reads and one, with a small buffer, that does not
        slow = await RawClient.connect(site.port, receive_buffer=4096)
        await slow.call("subscribe", {"topic": TOPIC})
        slow.writer.transport.pause_reading()  # type: ignore[attr-defined]
        good = await RawClient.connect(site.port)
        await good.call("subscribe", {"topic": TOPIC})
        reading = asyncio.create_task(good.lines(1, 20))
        # When more is sent than its buffers hold
        for c in site.engine._sessions.heartbeat.all():
            sock = c.transport.get_extra_info("socket")
            assert sock is not None
        await flood(site, lambda: site.engine.metrics["batches_skipped"] > 3, 200_000)
        newest = len(site.store.rows[TOPIC])
        # Then the others are not held up
        await reading
        seen = 0
        while seen < newest:
            seen = (await good.lines(1, 5))[-1][0]
        # And when it reads again, it hears up to which message it has a gap
        slow.writer.transport.resume_reading()  # type: ignore[attr-defined]
        topic, upto = await slow.event("gap", 20)
        assert topic == TOPIC
        shown = [m[0] for name, data in slow.events if name == "batch" for m in data[2]]
        assert shown == list(range(1, len(shown) + 1))
        assert len(shown) < upto <= newest
        # And fills it from the last one that it has
        answer = await slow.call("subscribe", {"topic": TOPIC, "last": shown[-1], "epoch": "e1"}, 20)
        assert [m[0] for m in answer["missed"]] == list(range(shown[-1] + 1, newest + 1))
        await slow.close()
        await good.close()


async def test_a_client_that_stays_slow_is_closed_and_told_why_when_it_comes_back() -> None:
    async with serving(make_site(tick_ms=5, slow_buffer=8192, slow_seconds=0.2, ping_interval_ms=1000)) as site:
        # Given
        slow = await RawClient.open(site.port, receive_buffer=4096)
        await slow.text()
        slow.send("40")
        sid = json.loads((await slow.text())[2:])["sid"]
        await slow.call("subscribe", {"topic": TOPIC})
        slow.writer.transport.pause_reading()  # type: ignore[attr-defined]
        # When
        began = time.monotonic()
        await flood(site, lambda: site.engine.metrics["clients_slowed"] > 0, 200_000)
        await until(lambda: site.engine.metrics["clients_closed_slow"] == 1)
        await until(lambda: site.engine.connections() == 0)
        assert time.monotonic() - began < 10
        # Then
        again = await RawClient.connect(site.port, json.dumps({"pid": sid, "offset": "x"}))
        notice = await again.event("notice")
        assert notice["type"] == "urn:aethex:problem:slow-client"
        assert "too slow" in notice["detail"]
        assert site.seen[-1].auth is None, "what the library adds is not the application's"
        # And only once
        third = await RawClient.connect(site.port, json.dumps({"pid": sid}))
        assert (await third.call("open.note", {"topic": TOPIC, "text": "x"}))["ok"]
        assert third.events == []
        for client in (slow, again, third):
            await client.close()


async def test_a_paused_connection_is_not_read_and_gets_no_batches_but_answers() -> None:
    site = make_site()
    connection, written = connected(site)
    congestion = site.engine._sessions.congestion
    congestion.pause(connection)  # type: ignore[arg-type]
    before = len(written)
    connection.push(b"batch")  # type: ignore[attr-defined]
    assert len(written) == before
    connection.write(b"answer")  # type: ignore[attr-defined]
    assert len(written) == before + 1
    assert not connection.transport.reading  # type: ignore[attr-defined]
    congestion.resume(connection)  # type: ignore[arg-type]
    connection.push(b"batch")  # type: ignore[attr-defined]
    assert written[-1] == b"batch"
    assert connection.transport.reading  # type: ignore[attr-defined]


async def test_a_slow_client_is_closed_when_its_time_is_over_and_not_at_the_next_beat() -> None:
    # Given an engine whose beat does not run
    site = make_site(slow_seconds=0.1)
    clients = [connected(site)[0] for _ in range(2)]
    # When they get slow one after the other
    for client in clients:
        site.engine._sessions.congestion.pause(client)  # type: ignore[arg-type]
    # Then both are closed all the same, each once
    await until(lambda: all(client.transport.aborted for client in clients))  # type: ignore[attr-defined]
    assert site.engine.metrics["clients_closed_slow"] == 2


async def test_who_asks_much_and_reads_nothing_does_not_pile_up_answers() -> None:
    # Given a connection whose buffer is full after 20 KB, and a topic with a long history
    site = make_site(slow_buffer=20_000)
    await site.engine.start()
    for i in range(100):
        site.store.write(TOPIC, f"{i} {LINE}")
    _, connection = offline_connection(site)
    transport = connection.transport
    assert isinstance(transport, NoTransport)
    transport.full_at = 20_000
    transport.on_full = lambda: site.engine._sessions.congestion.pause(connection)
    site.engine._sessions.received(connection, masked(1, b"40"))
    await until(lambda: connection.state == State.CONNECTED)
    # When it asks for that history fifty times
    wish = json.dumps(["subscribe", {"topic": TOPIC, "last": 0, "epoch": "e1"}])
    for i in range(50):
        site.engine._sessions.received(connection, masked(1, f"42{i}{wish}".encode()))
    await until(lambda: connection.paused)
    await until(lambda: connection.worker is None)
    # Then it gets one answer over the limit, and the rest when it has read those
    answer = len(transport.written[-1])
    assert answer > 10_000
    assert transport.unsent < 20_000 + answer
    while len([frame for frame in transport.written if b'"missed"' in frame]) < 50:
        transport.unsent = 0
        site.engine._sessions.congestion.resume(connection)
        await until(lambda: connection.worker is None)
        assert transport.unsent < 20_000 + answer
    await site.engine.stop()
