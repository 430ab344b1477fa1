"""Waiting with an end: for an event, and for a task that was told to stop."""

import asyncio
import logging

log = logging.getLogger(__name__)

CANCELS = 4


async def wait_at_most(event: asyncio.Event, seconds: float) -> bool:
    """Wait for an event, at most so many seconds; whether it came.

    Not `asyncio.wait_for`: that of Python 3.11 loses a cancellation that comes together with the event, and the task
    that was to end goes on.
    """
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return False
    return True


async def end_task(task: "asyncio.Task[None] | None", seconds: float = 10.0) -> None:
    """Cancel a task and wait for its end; after `seconds` it is left to itself, and the log says so.

    It is cancelled several times: libraries below (asyncpg's pool is one) use `asyncio.wait_for`, which may lose one.
    """
    if task is None:
        return
    for _ in range(CANCELS):
        task.cancel()
        _, late = await asyncio.wait({task}, timeout=seconds / CANCELS)
        if not late:
            break
    if late:
        log.warning("The task %s did not end within %.0f s.", task.get_name(), seconds)
    elif not task.cancelled() and (error := task.exception()) is not None:
        log.warning("The task %s ended with an error.", task.get_name(), exc_info=error)
