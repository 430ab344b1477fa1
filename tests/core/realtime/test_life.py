"""The life of connections: kicked, drained, pinged, counted, told why."""

import asyncio
import json
import time
from uuid import UUID

import pytest
from rt_support import ANNA, Nothing, RawClient, Site, make_site, offline_connection, serving, until

from aethex_live.clock import ManualClock
from aethex_live.realtime import (
    PUBLIC,
    Actor,
    Call,
    Handshake,
    RealtimeSettings,
    SocketEvent,
    TopicClass,
    UndeclaredTopic,
)
from aethex_live.realtime.connection import State
from aethex_live.realtime.heartbeat import PING_FRAME, Heartbeat
from aethex_live.realtime.limits import Rate, Verdict

TOPIC = "chat:one"


async def test_a_banned_account_is_out_within_two_seconds(site: Site) -> None:
    # Given anna with two windows, and a guest
    hers = [await RawClient.connect(site.port, headers={"Cookie": "session=anna"}) for _ in range(2)]
    guest = await RawClient.connect(site.port)
    for client in (*hers, guest):
        await client.call("subscribe", {"topic": TOPIC})
    # When
    began = time.monotonic()
    assert site.engine.close_user(ANNA, "banned") == 2
    site.refusals["anna"] = "This account is banned."
    # Then she hears why, and nothing more
    assert site.engine.subscribers(TOPIC) == 1
    site.say(TOPIC, "without anna")
    for client in hers:
        assert await client.event("closing") == {"reason": "banned", "retry_after": None}
        assert await client.close_code() == 1008
        await client.gone(2)
    assert time.monotonic() - began < 2
    assert await guest.lines(1) == [(1, "without anna")]
    # And she does not come back
    again = await RawClient.open(site.port, headers={"Cookie": "session=anna"})
    await again.text()
    again.send("40")
    refused = json.loads((await again.text())[2:])
    assert refused["message"] == "This account is banned."
    await again.close()
    await guest.close()


async def test_what_a_banned_account_still_sends_is_not_handled(site: Site) -> None:
    client = await RawClient.connect(site.port, headers={"Cookie": "session=anna"})
    site.engine.close_user(ANNA, "banned")
    client.send("421" + json.dumps(["chat.say", {"topic": TOPIC, "text": "last words"}]))
    await client.gone(3)
    assert site.store.rows[TOPIC] == []


async def test_an_account_whose_rights_changed_asks_again_for_what_it_hears(site: Site) -> None:
    # Given anna and a guest who hear the same
    anna = await RawClient.connect(site.port, headers={"Cookie": "session=anna"})
    guest = await RawClient.connect(site.port)
    for client in (anna, guest):
        await client.call("subscribe", {"topic": TOPIC})
    site.say(TOPIC, "before")
    assert await anna.lines(1) == await guest.lines(1) == [(1, "before")]
    # When her rights change
    assert site.engine.ask_again(ANNA) == 1
    # Then she hears nothing more until she has asked, and nothing is lost
    assert await anna.event("gap") == [TOPIC, 1]
    assert site.engine.subscribers(TOPIC) == 1
    site.say(TOPIC, "after")
    assert await guest.lines(1) == [(2, "after")]
    answer = await anna.call("subscribe", {"topic": TOPIC, "last": 1})
    assert [(seq, data["text"]) for seq, _, data in answer["missed"]] == [(2, "after")]
    await anna.close()
    await guest.close()


async def test_a_logout_closes_the_sockets_of_that_session_only(site: Site) -> None:
    anna = await RawClient.connect(site.port, headers={"Cookie": "session=anna"})
    ben = await RawClient.connect(site.port, headers={"Cookie": "session=ben"})
    assert site.engine.close_session(UUID(int=ANNA.int + 100), "signed out") == 1
    assert (await anna.event("closing"))["reason"] == "signed out"
    assert (await ben.call("open.say", {"topic": TOPIC, "text": "here"}))["ok"]
    await anna.close()
    await ben.close()


async def test_a_drain_sends_all_away_spread_over_time_and_takes_nobody_new(site: Site) -> None:
    # Given
    clients = [await RawClient.connect(site.port) for _ in range(20)]
    # When
    began = time.monotonic()
    draining = asyncio.create_task(site.engine.drain(0.3))
    partings = [await client.event("closing") for client in clients]
    codes = [await client.close_code() for client in clients]
    await draining
    # Then
    assert {parting["reason"] for parting in partings} == {"restart"}
    assert len({parting["retry_after"] for parting in partings}) > 5, "they do not all come back at once"
    assert set(codes) == {1001}
    assert 0.15 < time.monotonic() - began < 2
    late = await RawClient.open(site.port)
    assert late.status == 503
    assert "retry-after" in late.head.lower()
    for client in clients:
        await client.close()


async def test_uvicorn_stops_with_clients_connected() -> None:
    async with serving(make_site()) as site:
        client = await RawClient.connect(site.port)
        stopped = time.monotonic()
    assert time.monotonic() - stopped < 3
    await client.gone(1)


async def test_running_handlers_are_finished_before_the_stop() -> None:
    async with serving(make_site()) as site:
        client = await RawClient.connect(site.port)
        for i in range(3):
            client.send("42" + json.dumps(["open.note", {"topic": TOPIC, "text": str(i)}]))
        await until(lambda: any(c.worker for c in site.engine._sessions.heartbeat.all()))
    assert site.order
    await client.close()


async def test_joining_and_leaving_is_told_to_the_topics_class(site: Site) -> None:
    seen: list[tuple[str, str, object]] = []
    site.engine.declare(
        TopicClass(
            prefix="room",
            kind="volatile",
            on_join=lambda topic, actor, _: seen.append(("join", topic, actor.user_id)),
            on_leave=lambda topic, actor, _: seen.append(("leave", topic, actor.user_id)),
        )
    )
    client = await RawClient.connect(site.port, headers={"Cookie": "session=anna"})
    await client.call("subscribe", {"topic": "room:1"})
    await client.call("subscribe", {"topic": "room:2"})
    await client.call("unsubscribe", {"topic": "room:1"})
    await client.close()
    await until(lambda: len(seen) == 4)
    joined = [("join", "room:1", ANNA), ("join", "room:2", ANNA)]
    assert seen == [*joined, ("leave", "room:1", ANNA), ("leave", "room:2", ANNA)]


async def test_a_refused_client_may_stay_and_try_again(site: Site) -> None:
    site.refusals["anna"] = "Not now."
    client = await RawClient.open(site.port, headers={"Cookie": "session=anna"})
    await client.text()
    for _ in range(2):
        client.send("40")
        assert (await client.text()).startswith('44{"message":"Not now."')
    site.refusals.clear()
    client.send("40")
    assert (await client.text()).startswith("40")
    await client.close()


async def test_an_identify_that_fails_closes_so_that_the_client_comes_back(
    caplog: pytest.LogCaptureFixture,
) -> None:
    site = make_site()

    async def broken(_: object) -> object:
        raise OSError("no database")

    site.engine._sessions.admission._identify = broken  # type: ignore[assignment]
    async with serving(site):
        client = await RawClient.open(site.port)
        await client.text()
        client.send("40")
        assert await client.close_code() == 1013
        await client.close()
    assert "a client can't be identified" in caplog.text


async def test_after_a_disconnect_packet_the_transport_stays(site: Site) -> None:
    client = await RawClient.connect(site.port)
    await client.call("subscribe", {"topic": TOPIC})
    client.send("41")
    client.send("2probe")
    assert await client.text() == "3probe"
    assert site.engine.subscribers(TOPIC) == 0
    assert site.engine.connections() == 1
    await client.close()


async def test_publishing_to_an_undeclared_topic_is_a_mistake_that_names_it(site: Site) -> None:
    with pytest.raises(UndeclaredTopic, match="'nobody:1'"):
        site.engine.publish("nobody:1", "x", {})
    site.engine.publish("chat:unheard", "x", {}, seq=1)


async def test_metrics_count(site: Site) -> None:
    client = await RawClient.connect(site.port)
    await client.call("subscribe", {"topic": TOPIC})
    site.say(TOPIC, "x")
    await client.lines(1)
    metrics = dict(site.engine.metrics)
    assert metrics["connections_opened"] == 1
    assert metrics["messages_published"] == 1
    assert metrics["batches_sent"] == 1
    await client.close()


def test_a_connection_is_pinged_after_an_interval_and_dropped_without_an_answer() -> None:
    # Given
    clock = ManualClock()
    expired: list[object] = []
    heartbeat = Heartbeat(RealtimeSettings(), clock, expired.append)
    site, silent = offline_connection()
    _, lively = offline_connection(site)
    for connection in (silent, lively):
        heartbeat.add(connection)
        connection.transport.written.clear()  # type: ignore[attr-defined]
    assert heartbeat.beat == 1.0
    # When a minute goes by
    pinged_at = []
    for second in range(1, 60):
        clock.advance(1)
        heartbeat.turn()
        if PING_FRAME in lively.transport.written:  # type: ignore[attr-defined]
            pinged_at.append(second)
            lively.transport.written.clear()  # type: ignore[attr-defined]
            lively.pinged = 0.0
        if expired:
            break
    # Then
    assert pinged_at == [25]
    assert expired == [silent]
    assert second == 45


def test_the_rate_lets_a_burst_through_and_then_a_steady_flow() -> None:
    rate = Rate(RealtimeSettings(messages_per_second=10, message_burst=5))
    full_at, now = 0.0, 100.0
    verdicts = []
    for _ in range(30):
        verdict, full_at = rate.hit(full_at, now, 10)
        verdicts.append(verdict)
    assert verdicts.count(Verdict.TAKEN) == 5
    assert verdicts.count(Verdict.REFUSED) == 15
    assert verdicts[-1] is Verdict.FLOOD
    full_at = 0.0
    for step in range(100):
        verdict, full_at = rate.hit(full_at, 200 + step * 0.1, 10)
        assert verdict is Verdict.TAKEN


def test_a_large_message_counts_more_than_once() -> None:
    rate = Rate(RealtimeSettings(messages_per_second=10, message_burst=5))
    assert rate.hit(0.0, 100.0, 100_000)[0] is Verdict.REFUSED


def test_an_idle_connection_has_no_task_and_no_queue() -> None:
    _, connection = offline_connection()
    assert connection.worker is None
    assert connection.backlog is None
    assert connection.state is State.OPEN
    assert not hasattr(connection, "__dict__")


async def test_who_is_banned_while_being_identified_does_not_come_in() -> None:
    # Given a lookup that takes its time
    site = make_site()
    looked_up = asyncio.Event()
    identify = site.engine._sessions.admission._identify

    async def slow(handshake: Handshake) -> Actor:
        actor = await identify(handshake)
        await looked_up.wait()
        return actor

    site.engine._sessions.admission._identify = slow
    async with serving(site):
        client = await RawClient.open(site.port, headers={"Cookie": "session=anna"})
        await client.text()
        client.send("40")
        await until(lambda: site.seen)
        # When the ban comes in between
        site.engine.close_user(ANNA, "banned")
        looked_up.set()
        # Then
        assert await client.close_code() == 1008
        await client.close()


async def test_an_answer_that_is_no_json_is_the_handlers_mistake(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    async def answer(_: Call) -> dict[str, object]:
        return {"thing": object()}

    site.engine.on(SocketEvent(name="open.junk", model=Nothing, handler=answer, access=PUBLIC))
    client = await RawClient.connect(site.port)
    assert (await client.call("open.junk", {}))["problem"]["type"] == "urn:aethex:problem:internal"
    assert (await client.call("open.note", {"topic": TOPIC, "text": "x"}))["ok"]
    assert "open.junk" in caplog.text
    await client.close()
