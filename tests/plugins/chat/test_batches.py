"""The cost of writing: one transaction a tick, whatever the rate; the first after silence at once."""

from __future__ import annotations

import asyncio
from uuid import UUID, uuid4

import pytest

from aethex_live.clock import SystemClock
from aethex_live.errors import Unavailable
from aethex_plugins.chat.batches import MOST, Batches, Stored, Waiting
from aethex_plugins.chat.lines import Author

CHANNEL = uuid4()


def line(text: str = "hello", author: UUID | None = None, client_id: str | None = None) -> Waiting:
    author_id = author or uuid4()
    return Waiting(
        id=uuid4(),
        author=Author(id=author_id, username="joule", name="Joule"),
        author_id=author_id,
        role="member",
        text=text,
        mentions=[],
        quote=None,
        client_id=client_id or str(uuid4()),
    )


class Table:
    """Counts the writes and gives numbers."""

    def __init__(self, *, takes: float = 0.0) -> None:
        self.writes: list[int] = []
        self.takes = takes
        self.seq = 0

    async def write(self, channel_id: UUID, batch: list[Waiting]) -> None:
        self.writes.append(len(batch))
        await asyncio.sleep(self.takes)
        for waiting in batch:
            self.seq += 1
            waiting.settle(Stored(waiting.id, self.seq, SystemClock().now()))


async def test_the_first_goes_alone_and_the_rest_of_the_tick_together() -> None:
    table = Table()
    batches = Batches(table.write, SystemClock(), tick=0.1)
    await batches.put(CHANNEL, line())
    await asyncio.gather(*(batches.put(CHANNEL, line()) for _ in range(50)))
    assert table.writes == [1, 50]
    await batches.close()


async def test_a_batch_has_a_largest_size_and_keeps_the_order() -> None:
    table = Table()
    batches = Batches(table.write, SystemClock(), tick=0.01)
    places = await asyncio.gather(*(batches.put(CHANNEL, line()) for _ in range(MOST + 10)))
    assert [place.seq for place in places] == list(range(1, MOST + 11))
    assert table.writes == [MOST, 10]
    await batches.close()


async def test_a_repeat_waits_for_the_first_and_is_not_written() -> None:
    table = Table(takes=0.05)
    batches = Batches(table.write, SystemClock(), tick=0.01)
    author = uuid4()
    answers = await asyncio.gather(*(batches.put(CHANNEL, line(author=author, client_id="same")) for _ in range(5)))
    assert len(set(answers)) == 1
    assert table.writes == [1]
    await batches.close()


async def test_chats_do_not_wait_for_one_another() -> None:
    table = Table(takes=0.05)
    batches = Batches(table.write, SystemClock(), tick=0.01)
    began = asyncio.get_running_loop().time()
    await asyncio.gather(*(batches.put(uuid4(), line()) for _ in range(20)))
    assert asyncio.get_running_loop().time() - began < 0.5
    await batches.close()


async def test_a_write_that_fails_is_said_and_the_next_one_is_tried() -> None:
    table = Table()
    failures = [OSError("disk full")]

    async def write(channel_id: UUID, batch: list[Waiting]) -> None:
        if failures:
            raise failures.pop()
        await table.write(channel_id, batch)

    batches = Batches(write, SystemClock(), tick=0.01)
    with pytest.raises(Unavailable):
        await batches.put(CHANNEL, line())
    assert (await batches.put(CHANNEL, line())).seq == 1
    await batches.close()


async def test_closing_writes_what_waits() -> None:
    table = Table(takes=0.02)
    batches = Batches(table.write, SystemClock(), tick=0.2)
    waiting = [asyncio.create_task(batches.put(CHANNEL, line())) for _ in range(3)]
    await asyncio.sleep(0)
    await batches.close()
    assert all(task.done() for task in waiting)
    assert table.seq == 3
