"""Workers that are killed in the middle of their work lose nothing and do nothing twice."""

import asyncio
import subprocess
import sys
from collections.abc import Awaitable, Callable

import pytest

from aethex_live.db import Database
from aethex_live.jobs import Jobs
from aethex_live.models import Outbox

WORKER = """
import asyncio, logging, random, sys
from aethex_live.db import Database
from aethex_live.jobs import Jobs, OutboxHandler, _runner as runner, outbox

logging.disable(logging.ERROR)
outbox.LEASE_MARGIN_SECONDS, runner.BACKOFF_SECONDS, runner.LONGEST_BACKOFF_SECONDS = 0.2, 0.1, 1.0

async def main():
    database = await Database.connect(sys.argv[1], pool=(1, 6))

    async def inside(call):
        await asyncio.sleep(random.uniform(0.02, 0.1))
        await database.execute("insert into effect (n, kind) values ($1, 'inside')", [call.payload["n"]])

    async def outside(call):
        # a vendor that knows the key does the work once
        sql = "insert into vendor (key, n) values ($1, $2) on conflict (key) do nothing"
        await database.execute(sql, [call.idempotency_key, call.payload["n"]])
        await asyncio.sleep(random.uniform(0.02, 0.1))

    jobs = Jobs(database, concurrency=4)
    jobs.add_handlers("test", [
        OutboxHandler("test.inside", inside, timeout_s=2.0, attempts=50, transactional=True),
        OutboxHandler("test.outside", outside, timeout_s=2.0, attempts=50),
    ])
    await jobs.start()
    print("ready", flush=True)
    await asyncio.sleep(120)

asyncio.run(main())
"""
WANTED = 60


def spawn(dsn: str) -> "subprocess.Popen[str]":
    return subprocess.Popen([sys.executable, "-c", WORKER, dsn], stdout=subprocess.PIPE, text=True)


@pytest.mark.slow
async def test_nothing_is_lost_or_done_twice_when_workers_are_killed(
    database: Database, fresh_dsn: Callable[..., Awaitable[str]]
) -> None:
    # Given two workers, and commands with effects in our database and at a vendor, one in ten rolled back
    await database.execute("create table effect (n int, kind text)")
    await database.execute("create table vendor (key text primary key, n int)")
    workers = [spawn(database.dsn) for _ in range(2)]
    jobs = Jobs(database)

    async def produce() -> None:
        database.bind()
        for number in range(WANTED):
            try:
                async with database.transaction():
                    for topic in ("test.inside", "test.outside"):
                        await jobs.publish(topic, {"n": number}, plugin="test", dedupe=f"{topic}:{number}")
                    if number % 10 == 9:
                        raise InterruptedError
            except InterruptedError:
                continue
            await asyncio.sleep(0.02)

    try:
        producing = asyncio.create_task(produce())
        # When they are killed again and again while they work
        for kill in range(4):
            victim = workers[kill % 2]
            assert await asyncio.to_thread(victim.stdout.readline) == "ready\n"  # type: ignore[union-attr]
            async with asyncio.timeout(20):  # it is at work
                while not await Outbox.filter(attempts__gt=0).exclude(state="done").exists():
                    await asyncio.sleep(0.01)
            victim.kill()
            victim.wait(10)
            victim.stdout.close()  # type: ignore[union-attr]
            workers[kill % 2] = spawn(database.dsn)
        await producing
        async with asyncio.timeout(60):
            while await Outbox.exclude(state="done").exists():
                await asyncio.sleep(0.1)
    finally:
        for worker in workers:
            worker.kill()
            worker.communicate(timeout=10)

    # Then each committed command was carried out, once
    kept = [number for number in range(WANTED) if number % 10 != 9]
    effects = sorted(row["n"] for row in await database.fetch("select n from effect"))
    orders = sorted(row["n"] for row in await database.fetch("select n from vendor"))
    assert effects == kept
    assert orders == kept
    assert await Outbox.filter(attempts__gt=1).count() > 0, "no kill hit a running command: the test proved nothing"
