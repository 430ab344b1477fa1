"""A leader that is killed: the next one goes on, and nothing that was committed goes unheard."""

import asyncio
import subprocess
import sys
import uuid

import pytest

from aethex_live.db import Database
from aethex_live.events import record
from aethex_live.events.types import UserBanned

LEADER = """
import asyncio, logging, sys
from aethex_live.clock import SystemClock
from aethex_live.db import Database
from aethex_live.events import Consumer, Dispatcher, dispatcher

logging.disable(logging.ERROR)
dispatcher.CANDIDATE_SECONDS = 0.1

async def main():
    database = await Database.connect(sys.argv[1], pool=(1, 4))

    async def hear(recorded):
        await database.execute("insert into heard values ($1, $2)", [recorded.position, recorded.payload["reason"]])

    leading = Dispatcher(database, [Consumer("test.heard", hear, catch_up=True)], SystemClock())
    leading.start()
    await leading.wait_leading(60)
    print("leading", flush=True)
    await asyncio.sleep(120)

asyncio.run(main())
"""
WANTED = 200


def spawn(dsn: str) -> "subprocess.Popen[str]":
    return subprocess.Popen([sys.executable, "-c", LEADER, dsn], stdout=subprocess.PIPE, text=True)


@pytest.mark.slow
async def test_what_is_committed_is_heard_although_leaders_are_killed(database: Database) -> None:
    # Given a leader and an heir, and events that are written all the while
    await database.execute("create table heard (position bigint, reason text)")
    processes = [spawn(database.dsn), spawn(database.dsn)]

    async def write() -> None:
        database.bind()
        for number in range(WANTED):
            async with database.transaction():
                await record(UserBanned(user_id=uuid.uuid4(), reason=str(number)), subject="user:1")
            await asyncio.sleep(0.005)

    async def heard() -> int:
        return int((await database.fetch("select count(*) as n from heard"))[0]["n"])

    try:
        # When the one that leads is killed in the middle of it
        first, second = (asyncio.create_task(asyncio.to_thread(process.stdout.readline)) for process in processes)  # type: ignore[union-attr]
        await asyncio.wait({first, second}, return_when=asyncio.FIRST_COMPLETED, timeout=60)
        leader = processes[0] if first.done() else processes[1]
        writing = asyncio.create_task(write())
        async with asyncio.timeout(30):
            while await heard() < 20:
                await asyncio.sleep(0.01)
        leader.kill()
        await writing

        # Then the heir lets all of it be heard
        async with asyncio.timeout(60):
            while (await database.fetch("select count(distinct reason) as n from heard"))[0]["n"] < WANTED:
                await asyncio.sleep(0.05)
    finally:
        for process in processes:
            process.kill()
            process.communicate(timeout=10)

    # and the positions have no gap, each belongs to one event, and their order is that of the writer
    rows = await database.fetch("select distinct position, reason from heard order by position")
    assert [row["position"] for row in rows] == list(range(1, WANTED + 1))
    assert [row["reason"] for row in rows] == [str(number) for number in range(WANTED)]
