"""Several processes on one Redis: every client gets every message once, in order, even if Redis goes away."""

import asyncio
import random
import socket
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest_asyncio
from hypothesis import given
from hypothesis import strategies as st
from redis.asyncio import Redis
from rt_support import RawClient, Site, Store, make_site, serving, until

from aethex_live.realtime import RedisBus
from aethex_live.realtime.bus_wire import pack, unpack
from aethex_live.realtime.topics import Wire

TOPIC = "chat:one"
short = st.text(max_size=20)
wires = st.builds(Wire, st.none() | st.integers(0, 2**62), short, short, st.binary(max_size=50))


@given(st.binary(min_size=8, max_size=8), st.lists(wires, max_size=5))
def test_a_bus_message_is_read_as_it_was_packed(sender: bytes, messages: list[Wire]) -> None:
    assert unpack(pack(sender, messages)) == (sender, messages)


@given(st.binary(max_size=80))
def test_garbage_on_the_bus_is_a_value_error(payload: bytes) -> None:
    try:
        sender, messages = unpack(payload)
    except ValueError:
        return
    assert pack(sender, messages) == payload


class Server:
    """A redis-server of this test, which can be ended and begun again."""

    def __init__(self, program: Path, folder: Path) -> None:
        self.program = program
        self.folder = folder
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self.port = probe.getsockname()[1]
        self.process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        words = ["--port", str(self.port), "--save", "", "--appendonly", "no", "--dir", str(self.folder)]
        self.process = await asyncio.create_subprocess_exec(
            str(self.program), *words, "--bind", "127.0.0.1", stdout=asyncio.subprocess.DEVNULL
        )
        async with asyncio.timeout(5):
            while True:
                try:
                    _, writer = await asyncio.open_connection("127.0.0.1", self.port)
                except OSError:
                    await asyncio.sleep(0.02)
                else:
                    writer.close()
                    return

    async def stop(self) -> None:
        if self.process is not None:
            self.process.kill()
            await self.process.wait()
            self.process = None

    def client(self) -> Any:
        # as the platform opens it, but without asking whether it answers
        return Redis(host="127.0.0.1", port=self.port, socket_timeout=5, health_check_interval=30)


@pytest_asyncio.fixture
async def redis(need: Callable[[str], Path], tmp_path: Path) -> AsyncIterator[Server]:
    server = Server(need("redis"), tmp_path)
    await server.start()
    yield server
    await server.stop()


@pytest_asyncio.fixture
async def pair(redis: Server) -> AsyncIterator[tuple[Site, Site]]:
    """Two processes, as it were: two engines with a bus each, over one store."""
    store = Store()
    clients = [redis.client(), redis.client()]
    one, two = (make_site(store, RedisBus(client, tick_ms=10), tick_ms=10) for client in clients)
    async with serving(one), serving(two):
        yield one, two
    for client in clients:
        await client.aclose()


async def readers(pair: tuple[Site, Site]) -> list[RawClient]:
    found = [await RawClient.connect(site.port) for site in pair]
    for reader in found:
        assert (await reader.call("subscribe", {"topic": TOPIC}))["ok"]
    return found


async def test_what_one_process_publishes_the_other_delivers(pair: tuple[Site, Site]) -> None:
    one, two = await readers(pair)
    pair[0].say(TOPIC, "hello")
    assert await one.lines(1) == [(1, "hello")]
    assert await two.lines(1) == [(1, "hello")]
    assert pair[1].engine.metrics["bus_received"] == 1
    assert pair[0].engine.metrics["bus_received"] == 0, "its own messages are not heard again"
    await one.close()
    await two.close()


async def test_two_publishers_on_one_topic_are_put_in_order(pair: tuple[Site, Site]) -> None:
    # Given
    clients = await readers(pair)
    chance = random.Random(1)
    reading = [asyncio.create_task(client.lines(300, 20)) for client in clients]
    # When both write into one sequence
    for i in range(300):
        chance.choice(pair).say(TOPIC, str(i))
        await asyncio.sleep(chance.choice([0, 0, 0.002]))
    # Then both sides have each line once and in order
    for lines in await asyncio.gather(*reading):
        assert lines == [(i + 1, str(i)) for i in range(300)]
    sent = sum(site.engine.metrics["bus_sent"] for site in pair)
    assert sent < 250, "a message for each topic and tick, not for each line"
    assert sum(site.engine.metrics["gaps_held"] for site in pair) > 0, "or nothing was out of order"
    for client in clients:
        await client.close()


async def test_last_values_cross_the_bus(pair: tuple[Site, Site]) -> None:
    client = await RawClient.connect(pair[1].port)
    await client.call("subscribe", {"topic": "count:viewers"})
    for n in range(50):
        pair[0].engine.publish("count:viewers", "viewers", {"n": n})
    seen: list[int] = []
    while not seen or seen[-1] != 49:
        _, _, messages = await client.event("batch")
        seen += [data["n"] for _, _, data in messages]
    assert len(seen) < 10
    await client.close()


async def test_topics_that_nobody_hears_are_not_followed(pair: tuple[Site, Site]) -> None:
    pair[0].engine.publish("chat:other", "line", {}, seq=1)
    clients = await readers(pair)
    pair[0].say(TOPIC, "mine")
    await clients[1].lines(1)
    assert pair[1].engine.metrics["bus_received"] == 1
    for client in clients:
        await client.close()


async def test_what_is_lost_while_redis_is_away_is_read_from_the_store(pair: tuple[Site, Site], redis: Server) -> None:
    # Given
    one, two = await readers(pair)
    pair[0].say(TOPIC, "before")
    assert await two.lines(1) == [(1, "before")]
    # When Redis dies, and lines are written meanwhile
    await redis.stop()
    pair[0].say(TOPIC, "meanwhile")
    began = time.monotonic()
    assert await one.lines(2) == [(1, "before"), (2, "meanwhile")]
    assert time.monotonic() - began < 1, "the clients of the same process need no Redis"
    await asyncio.sleep(0.1)
    # Then all arrive once it is back
    await redis.start()
    assert await two.lines(1, 15) == [(2, "meanwhile")]
    await until(lambda: pair[0].engine.metrics["bus_resyncs"] + pair[1].engine.metrics["bus_resyncs"] >= 2, 10)
    pair[1].say(TOPIC, "after")
    assert await one.lines(1, 10) == [(3, "after")]
    assert await two.lines(1, 10) == [(3, "after")]
    await one.close()
    await two.close()


async def test_without_redis_a_process_serves_its_own_clients(redis: Server) -> None:
    await redis.stop()
    client = redis.client()
    async with serving(make_site(bus=RedisBus(client))) as site:
        reader = await RawClient.connect(site.port)
        assert (await reader.call("subscribe", {"topic": TOPIC}))["ok"]
        site.say(TOPIC, "alone")
        assert await reader.lines(1) == [(1, "alone")]
        await reader.close()
    await client.aclose()
