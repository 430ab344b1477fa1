"""The control channel: every process hears every message, once and in order, also when a notification is lost."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
import pytest_asyncio

from aethex_live import control as module
from aethex_live.control import Control
from aethex_live.db import Database
from aethex_live.models import ControlMessage

Listening = Callable[..., Awaitable[Control]]


class Heard:
    def __init__(self) -> None:
        self.data: list[dict[str, object]] = []
        self.arrived = asyncio.Event()

    async def __call__(self, data: dict[str, object]) -> None:
        self.data.append(data)
        self.arrived.set()

    async def wait(self, count: int = 1, seconds: float = 5.0) -> list[dict[str, object]]:
        async with asyncio.timeout(seconds):
            while len(self.data) < count:
                self.arrived.clear()
                await self.arrived.wait()
        return self.data


@pytest_asyncio.fixture
async def listening(database: Database) -> AsyncIterator[Listening]:
    """More processes of the site: each with a database connection of its own."""
    made: list[tuple[Database, Control]] = []

    async def start() -> Control:
        other = await Database.connect(database.dsn, pool=(1, 2))
        control = Control(other)
        await control.start()
        made.append((other, control))
        database.bind()
        return control

    yield start
    for other, control in made:
        await control.stop()
        await other.close()


async def test_every_process_hears_a_message_within_two_seconds(database: Database, listening: Listening) -> None:
    processes = [await listening() for _ in range(3)]
    heard = [Heard() for _ in processes]
    for control, hear in zip(processes, heard, strict=True):
        control.on("user.banned", hear)

    begun = time.monotonic()
    await processes[0].send("user.banned", {"user": "1"})
    for hear in heard:
        assert await hear.wait() == [{"user": "1"}]
    assert time.monotonic() - begun < 2


async def test_a_message_goes_out_with_its_transaction_or_not_at_all(database: Database, listening: Listening) -> None:
    control, heard = await listening(), Heard()
    control.on("gate", heard)
    sender = Control(database)
    with contextlib.suppress(RuntimeError):
        async with database.transaction():
            await sender.send("gate", {"n": 1})
            raise RuntimeError
    async with database.transaction():
        await sender.send("gate", {"n": 2})
    assert await heard.wait() == [{"n": 2}]


async def test_messages_of_many_senders_arrive_once_and_in_order(database: Database, listening: Listening) -> None:
    control, heard = await listening(), Heard()
    control.on("gate", heard)
    sender = Control(database)

    async def send(number: int) -> int:
        database.bind()
        return await sender.send("gate", {"n": number})

    versions = await asyncio.gather(*(asyncio.create_task(send(number)) for number in range(30)))
    got = [message["n"] for message in await heard.wait(30)]
    assert got == [number for _, number in sorted(zip(versions, range(30), strict=True))]


async def test_a_lost_notification_is_made_up_for(
    database: Database, listening: Listening, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "POLL_SECONDS", 0.05)
    monkeypatch.setattr(module, "_SEND", module._SEND.replace("pg_notify('aethex_control', '')", "1"))
    control, heard = await listening(), Heard()
    control.on("gate", heard)
    await Control(database).send("gate", {"n": 1})
    assert await heard.wait() == [{"n": 1}]


async def test_a_process_hears_nothing_from_before_its_start(database: Database, listening: Listening) -> None:
    await Control(database).send("gate", {"n": 1})
    control, heard = await listening(), Heard()
    control.on("gate", heard)
    await control.send("gate", {"n": 2})
    assert await heard.wait() == [{"n": 2}]


async def test_a_handler_that_fails_or_hangs_keeps_nobody_from_hearing(
    database: Database, listening: Listening, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "HANDLER_SECONDS", 0.05)

    def fail(_data: dict[str, object]) -> None:
        raise RuntimeError("boom")

    async def hang(_data: dict[str, object]) -> None:
        await asyncio.sleep(60)

    control, heard = await listening(), Heard()
    for handler in (fail, hang, heard):
        control.on("gate", handler)
    await control.send("gate", {"n": 1})
    await control.send("gate", {"n": 2})
    assert await heard.wait(2) == [{"n": 1}, {"n": 2}]


async def test_old_messages_are_forgotten(database: Database) -> None:
    control = Control(database)
    await control.send("gate", {"n": 1})
    await database.execute("update core_control_message set sent_at = now() - interval '2 hours'")
    await control.send("gate", {"n": 2})
    assert [row.data for row in await ControlMessage.all()] == [{"n": 2}]
