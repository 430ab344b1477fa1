"""Putting lines together: the first after silence goes at once, later ones wait for the tick."""

from __future__ import annotations

import asyncio
import contextvars
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID

from aethex_live.errors import Unavailable

from .lines import Author, Quote

if TYPE_CHECKING:
    from datetime import datetime

    from aethex_live.clock import Clock

log = logging.getLogger(__name__)

MOST = 200  # lines of one transaction
WRITE_SECONDS = 10.0
BUSY = "Chat can't take messages at the moment; send it again in a few seconds."


class Stored(NamedTuple):
    """Where a line stands: what its author gets as the answer."""

    id: UUID
    seq: int
    at: datetime


@dataclass(slots=True, kw_only=True, eq=False)
class Waiting:
    """A checked message on its way to the table; `done` gets Stored or the refusal."""

    id: UUID
    author: Author
    author_id: UUID
    role: str
    text: str
    mentions: list[str]
    quote: Quote | None
    client_id: str
    emotes: list[dict[str, Any]] = field(default_factory=list)
    badges: list[dict[str, str]] = field(default_factory=list)
    accent: str = ""
    done: asyncio.Future[Stored] = field(default_factory=lambda: asyncio.get_running_loop().create_future())

    @property
    def key(self) -> tuple[UUID, str]:
        """What makes a repeat the same message."""
        return (self.author_id, self.client_id)

    def settle(self, result: Stored | Exception) -> None:
        """Answer the author, once."""
        if self.done.done():
            return
        if isinstance(result, Exception):
            self.done.set_exception(result)
            # whoever waited may be gone by now, which is no reason for asyncio to complain
            self.done.exception()
        else:
            self.done.set_result(result)


Write = Callable[[UUID, list[Waiting]], Awaitable[None]]


class Batches:
    """A queue and a task for each chat in which somebody writes; `write` settles every line."""

    def __init__(self, write: Write, clock: Clock, tick: float) -> None:
        self._write = write
        self._clock = clock
        self._tick = tick
        self._queues: dict[UUID, dict[tuple[UUID, str], Waiting]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def put(self, channel_id: UUID, line: Waiting) -> Stored:
        """Wait until the line is stored. A repeat of one that is on its way gets its answer."""
        queue = self._queues.get(channel_id)
        if queue is None:
            queue = self._queues[channel_id] = {}
            # a context of its own: the first caller's request, or transaction, is not the batch's
            task = asyncio.create_task(
                self._drain(channel_id, queue), name=f"chat:{channel_id}", context=contextvars.Context()
            )
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        line = queue.setdefault(line.key, line)
        # a caller that gives up must not take the answer away from a repeat that waits for the same line
        return await asyncio.shield(line.done)

    async def close(self) -> None:
        """Write what waits."""
        if self._tasks:
            await asyncio.wait(list(self._tasks), timeout=WRITE_SECONDS)

    async def _drain(self, channel_id: UUID, queue: dict[tuple[UUID, str], Waiting]) -> None:
        try:
            while queue:
                began = self._clock.monotonic()
                batch = list(queue.values())[:MOST]
                await self._attempt(channel_id, batch)
                for line in batch:
                    queue.pop(line.key, None)
                await asyncio.sleep(max(0.0, began + self._tick - self._clock.monotonic()))
        finally:
            del self._queues[channel_id]
            for line in queue.values():
                line.settle(Unavailable(BUSY, retry_after=2.0))

    async def _attempt(self, channel_id: UUID, batch: list[Waiting]) -> None:
        try:
            async with asyncio.timeout(WRITE_SECONDS):
                await self._write(channel_id, batch)
        except Exception:
            # the chat goes on with the next batch; the authors of this one are told to send it again
            log.exception("chat %s: %d lines could not be written", channel_id, len(batch))
        finally:
            for line in batch:
                line.settle(Unavailable(BUSY, retry_after=2.0))
