"""Waiting with an end: a task that was told to stop ends, also one that lost the word once."""

from __future__ import annotations

import asyncio
import contextlib
import logging

import pytest

from aethex_live.waiting import end_task


async def test_a_task_that_lost_its_first_cancellation_ends_all_the_same() -> None:
    lost = 0

    async def deaf_once() -> None:
        nonlocal lost
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            lost += 1
        await asyncio.Event().wait()

    task = asyncio.create_task(deaf_once())
    await asyncio.sleep(0)
    await end_task(task, seconds=0.4)
    assert lost == 1
    assert task.cancelled()


async def test_a_task_that_never_ends_is_left_and_named(caplog: pytest.LogCaptureFixture) -> None:
    stop = asyncio.Event()

    async def deaf() -> None:
        while not stop.is_set():
            with contextlib.suppress(asyncio.CancelledError):
                await stop.wait()

    task = asyncio.create_task(deaf(), name="the deaf one")
    await asyncio.sleep(0)
    with caplog.at_level(logging.WARNING):
        await end_task(task, seconds=0.1)
    assert "the deaf one did not end" in caplog.text
    stop.set()
    await task


async def test_what_is_no_task_or_over_is_no_matter() -> None:
    await end_task(None)
    task = asyncio.create_task(asyncio.sleep(0))
    await task
    await end_task(task)
    assert task.done()
