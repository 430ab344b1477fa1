"""What the platform asks of Redis, on the one in the process and on a real server."""

import asyncio
import socket
import subprocess
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from hypothesis import given, settings
from hypothesis import strategies as st
from redis.asyncio import Redis

from aethex_live.cache import RateLimiter, open_redis
from aethex_live.clock import ManualClock
from aethex_live.errors import ConfigError, StartError

MINUTE = timedelta(minutes=1)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def real_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[Path], str]]:
    started: list[tuple[subprocess.Popen[bytes], str]] = []

    def start(program: Path) -> str:
        if not started:
            port, folder = str(free_port()), tmp_path_factory.mktemp("redis")
            command = [program, "--port", port, "--bind", "127.0.0.1", "--save", "", "--dir", folder]
            process = subprocess.Popen([*command, "--requirepass", "s3cret"], stdout=subprocess.DEVNULL)
            started.append((process, f"redis://:s3cret@127.0.0.1:{port}/0"))
        return started[0][1]

    yield start
    for process, _ in started:
        process.terminate()
        process.wait(10)


@pytest_asyncio.fixture(params=["in the process", "server"])
async def redis(
    request: pytest.FixtureRequest, need: Callable[[str], Path], real_server: Callable[[Path], str]
) -> AsyncIterator[Redis]:
    client = await answering(real_server(need("redis"))) if request.param == "server" else await open_redis(None)
    yield client
    await client.flushall()
    await client.aclose()


async def answering(url: str) -> Redis:
    async with asyncio.timeout(10):
        while True:
            try:
                return await open_redis(url)
            except StartError:
                await asyncio.sleep(0.05)


async def test_values_are_bytes_and_end_in_time(redis: Redis) -> None:
    await redis.set("a", "é", px=40)
    assert await redis.get("a") == "é".encode()
    await asyncio.sleep(0.06)
    assert await redis.get("a") is None


async def test_presence_is_counted_by_score(redis: Redis) -> None:
    await redis.zadd("viewers", {"ada": 10, "bob": 20})
    await redis.zremrangebyscore("viewers", "-inf", 15)
    assert await redis.zcard("viewers") == 1


async def test_several_commands_are_one(redis: Redis) -> None:
    async with redis.pipeline(transaction=True) as pipe:
        pipe.incrby("count", 2)
        pipe.expire("count", 60)
        assert await pipe.execute() == [2, True]


async def test_a_message_reaches_who_subscribed(redis: Redis) -> None:
    async with redis.pubsub() as ear:
        await ear.psubscribe("topic:*")
        assert (await ear.get_message(timeout=5))["type"] == "psubscribe"
        await redis.publish("topic:1", b"\x00\xff")
        message = await ear.get_message(timeout=5)
    assert (message["channel"], message["data"]) == (b"topic:1", b"\x00\xff")


async def test_two_clients_in_the_process_share_nothing() -> None:
    one, two = await open_redis(None), await open_redis(None)
    await one.set("a", 1)
    assert await two.get("a") is None
    await one.aclose()
    await two.aclose()


async def test_a_limit_lets_so_many_through_and_says_when_the_next_one_may(redis: Redis) -> None:
    clock = ManualClock()
    limiter = RateLimiter(redis, clock)
    verdicts = [await limiter.hit("sign-in:1", 3, MINUTE) for _ in range(4)]
    assert [verdict.allowed for verdict in verdicts] == [True, True, True, False]
    assert [verdict.remaining for verdict in verdicts] == [2, 1, 0, 0]
    assert verdicts[3].retry_after_s == pytest.approx(20, abs=0.01)

    clock.advance(19)
    assert not (await limiter.hit("sign-in:1", 3, MINUTE)).allowed
    clock.advance(1.01)
    assert (await limiter.hit("sign-in:1", 3, MINUTE)).allowed


async def test_a_refused_use_costs_nothing(redis: Redis) -> None:
    clock = ManualClock()
    limiter = RateLimiter(redis, clock)
    for _ in range(20):
        await limiter.hit("a", 2, MINUTE)
    clock.advance(30.01)
    assert (await limiter.hit("a", 2, MINUTE)).allowed


async def test_after_the_span_all_of_it_is_there_again(redis: Redis) -> None:
    clock = ManualClock()
    limiter = RateLimiter(redis, clock)
    await limiter.hit("a", 5, MINUTE, cost=5)
    clock.advance(60)
    assert (await limiter.hit("a", 5, MINUTE)).remaining == 4


async def test_keys_are_counted_apart(redis: Redis) -> None:
    limiter = RateLimiter(redis, ManualClock())
    assert (await limiter.hit("a", 1, MINUTE)).allowed
    assert (await limiter.hit("b", 1, MINUTE)).allowed
    assert not (await limiter.hit("a", 1, MINUTE)).allowed


async def test_uses_at_once_are_counted_exactly(redis: Redis) -> None:
    limiter = RateLimiter(redis, ManualClock())
    verdicts = await asyncio.gather(*(limiter.hit("a", 10, MINUTE) for _ in range(40)))
    assert sum(verdict.allowed for verdict in verdicts) == 10


@pytest.mark.parametrize(("limit", "cost", "span"), [(0, 1, MINUTE), (1, 0, MINUTE), (1, 1, timedelta(0))])
async def test_a_limit_without_sense_is_an_error(redis: Redis, limit: int, cost: int, span: timedelta) -> None:
    with pytest.raises(ValueError, match="needs a positive limit"):
        await RateLimiter(redis, ManualClock()).hit("a", limit, span, cost=cost)


async def test_while_redis_is_away_each_process_counts_for_itself(caplog: pytest.LogCaptureFixture) -> None:
    away = Redis.from_url(f"redis://127.0.0.1:{free_port()}/0", socket_connect_timeout=1)
    limiter = RateLimiter(away, ManualClock())
    verdicts = [await limiter.hit("a", 2, MINUTE) for _ in range(3)]
    assert [verdict.allowed for verdict in verdicts] == [True, True, False]
    assert len([record for record in caplog.records if "count in this process alone" in record.message]) == 1
    await away.aclose()


STEPS = st.lists(st.tuples(st.floats(0, 40), st.integers(1, 3)), max_size=25)


@settings(max_examples=40, deadline=None)
@given(limit=st.integers(1, 6), steps=STEPS)
async def test_redis_and_the_process_count_by_the_same_rule(limit: int, steps: list[tuple[float, int]]) -> None:
    clock, client = ManualClock(), await open_redis(None)
    limiter = RateLimiter(client, clock)
    key = str(uuid.uuid4())
    for pause, cost in steps:
        clock.advance(pause)
        now = round(clock.now().timestamp() * 1e6)
        mine = limiter._hit_locally(key, now, 6e7, limit, cost)
        theirs = await limiter.hit(key, limit, MINUTE, cost=cost)
        assert theirs.allowed == mine.allowed
        assert abs(theirs.remaining - mine.remaining) <= 1  # the script stores whole microseconds
        assert theirs.retry_after_s == pytest.approx(mine.retry_after_s, abs=1e-3)
    await client.aclose()


async def test_a_server_that_is_not_there_is_named_without_the_password() -> None:
    with pytest.raises(StartError, match=r"Redis at redis://:\*\*\*@127.0.0.1:1/0 can't be used") as caught:
        await open_redis("redis://:s3cret@127.0.0.1:1/0")
    assert "s3cret" not in str(caught.value)


async def test_a_wrong_password_is_named(need: Callable[[str], Path], real_server: Callable[[Path], str]) -> None:
    url = real_server(need("redis"))
    await (await answering(url)).aclose()
    with pytest.raises(StartError, match="refuses the password"):
        await open_redis(url.replace("s3cret", "wrong"))


async def test_an_address_of_another_kind_is_refused() -> None:
    with pytest.raises(ConfigError, match="must look like redis://"):
        await open_redis("http://localhost")
