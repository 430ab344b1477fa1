"""Batches: at once after a silence, then by the tick, in slices, and correct while clients come and go."""

import asyncio
import itertools
import json

import pytest
from rt_support import NoTransport, Site, make_site, offline_connection

from aethex_live.realtime import Position
from aethex_live.realtime.connection import Connection
from aethex_live.realtime.deflate import inflate
from aethex_live.realtime.topics import Topic, Wire, encode_message

NAME = "chat:one"
_numbers = itertools.count(1)


async def make_topic(site: Site, members: int = 1) -> tuple[Topic, list[Connection]]:
    """A primed topic with members that have no network."""
    await site.engine.start()
    declared = site.engine._topics.class_of(NAME)
    assert declared is not None
    topic = await site.engine._topics.ready(NAME, declared)
    connections = [offline_connection(site)[1] for _ in range(members)]
    for connection in connections:
        topic.add(connection)
    return topic, connections


def say(topic: Topic) -> int:
    seq = topic.seq + 1
    topic.accept(Wire(seq, "", "line", encode_message(seq, "line", {"text": "x" * 30})))
    return seq


def batches(connection: Connection) -> list[list[int]]:
    """The numbers in each batch that a connection got."""
    transport = connection.transport
    assert isinstance(transport, NoTransport)
    found = []
    for frame in transport.written:
        if b'42["batch"' in frame:
            _, (_, _, messages) = json.loads(frame[frame.index(b"42") + 2 :])
            found.append([message[0] for message in messages])
    return found


async def turns(count: int = 10) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


async def test_the_first_message_goes_at_once_and_the_next_ones_wait_for_the_tick() -> None:
    site = make_site(tick_ms=40)
    topic, (member,) = await make_topic(site)
    say(topic)
    await turns()
    assert batches(member) == [[1]]
    say(topic)
    say(topic)
    await turns()
    assert batches(member) == [[1]]
    await asyncio.sleep(0.06)
    assert batches(member) == [[1], [2, 3]]
    await site.engine.stop()


async def test_all_of_one_turn_go_together() -> None:
    site = make_site()
    topic, (member,) = await make_topic(site)
    for _ in range(5):
        say(topic)
    await turns()
    assert batches(member) == [[1, 2, 3, 4, 5]]
    await site.engine.stop()


async def test_every_member_gets_the_same_bytes_in_slices() -> None:
    site = make_site(sweep_slice=10)
    topic, members = await make_topic(site, 35)
    say(topic)
    await asyncio.sleep(0)
    done = [len(batches(member)) for member in members]
    assert 0 < sum(done) <= 20, "a slice at a time"
    await turns()
    assert all(batches(member) == [[1]] for member in members)
    frames = {id(m.transport.written[-1]) for m in members} | {m.transport.written[-1] for m in members}  # type: ignore[attr-defined]
    assert len({frame for frame in frames if isinstance(frame, bytes)}) == 1
    await site.engine.stop()


async def test_who_joins_during_a_sweep_gets_only_what_comes_after_its_history() -> None:
    # Given a sweep that is half way
    site = make_site(sweep_slice=2, tick_ms=5)
    topic, _ = await make_topic(site, 10)
    say(topic)
    await asyncio.sleep(0)
    assert topic.sweeping
    # When somebody joins whose history ends at `flushed`
    _, late = offline_connection(site)
    topic.add(late)
    assert topic.flushed == 1
    await turns()
    say(topic)
    await asyncio.sleep(0.02)
    # Then
    assert batches(late) == [[2]]
    await site.engine.stop()


async def test_who_leaves_and_joins_again_during_a_sweep_gets_nothing_twice() -> None:
    site = make_site(sweep_slice=1, tick_ms=5)
    topic, members = await make_topic(site, 6)
    say(topic)
    await asyncio.sleep(0)
    waiting = [member for member in members if not batches(member)]
    assert waiting
    topic.remove(waiting[-1], 0)
    topic.add(waiting[-1])
    await turns(12)
    assert batches(waiting[-1]) == [], "its new history had that message"
    say(topic)
    await asyncio.sleep(0.02)
    await turns(12)
    assert batches(waiting[-1]) == [[2]]
    await site.engine.stop()


async def test_messages_that_come_during_a_sweep_follow_it() -> None:
    site = make_site(sweep_slice=1, tick_ms=5)
    topic, members = await make_topic(site, 5)
    for _ in range(3):
        say(topic)
        await asyncio.sleep(0)
    await asyncio.sleep(0.05)
    assert all([n for batch in batches(member) for n in batch] == [1, 2, 3] for member in members)
    await site.engine.stop()


async def test_a_large_sweep_lengthens_the_tick_up_to_its_bound() -> None:
    site = make_site(tick_ms=50, loop_share=0.5, longest_tick_ms=1000)
    topic, _ = await make_topic(site)
    flusher = site.engine._flusher
    assert flusher.interval(topic) == 0.05
    topic.cost = 0.1
    assert flusher.interval(topic) == pytest.approx(0.2)
    topic.cost = 5
    assert flusher.interval(topic) == 1.0
    await site.engine.stop()


async def test_many_topics_together_do_not_take_more_than_their_share() -> None:
    site = make_site()
    topic, _ = await make_topic(site)
    flusher = site.engine._flusher
    flusher._load = 1.0  # sending has taken the whole of the last second
    assert flusher.interval(topic) == pytest.approx(0.1)
    await site.engine.stop()


async def test_clients_that_agreed_on_it_get_one_shared_compressed_frame() -> None:
    site = make_site()
    topic, (plain, packed, other) = await make_topic(site, 3)
    packed.compressed = other.compressed = True
    topic.order = None
    for _ in range(10):
        say(topic)
    await turns()
    frame, same = packed.transport.written[-1], other.transport.written[-1]  # type: ignore[attr-defined]
    assert frame == same
    assert frame[0] == 0xC1
    head = 2 if frame[1] < 126 else 4
    assert len(frame) < len(plain.transport.written[-1]) / 2  # type: ignore[attr-defined]
    packet = inflate(frame[head:], 10_000)
    assert [m[0] for m in json.loads(packet[2:])[1][2]] == list(range(1, 11))
    await site.engine.stop()


async def test_a_small_batch_is_not_compressed() -> None:
    site = make_site()
    topic, (packed,) = await make_topic(site)
    packed.compressed = True
    say(topic)
    await turns()
    assert packed.transport.written[-1][0] == 0x81  # type: ignore[attr-defined]
    await site.engine.stop()


async def test_a_topic_without_members_keeps_nothing_to_send() -> None:
    site = make_site()
    topic, _ = await make_topic(site, 0)
    topic.prime(Position(0, "e1"))
    say(topic)
    await turns()
    assert not topic.pending
    assert topic.flushed == 1
    await site.engine.stop()
