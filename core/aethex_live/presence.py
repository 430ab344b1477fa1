"""Viewer counts: who hears a channel's `watching:` topic, summed over all processes, told as one number."""

from __future__ import annotations

import asyncio
import logging
import os
import time
from typing import TYPE_CHECKING
from uuid import UUID

from redis.exceptions import RedisError

from aethex_live.waiting import end_task

if TYPE_CHECKING:
    from redis.asyncio import Redis

    from aethex_live.clock import Clock
    from aethex_live.db import Database
    from aethex_live.domain import Domain
    from aethex_live.realtime import Realtime

log = logging.getLogger("aethex.presence")

EVERY_S = 2.0
# a process that died is out of the count after this long: its viewers are back at another one by then, and
# counted there, so that the number is too high for no longer than this
LIFE_S = 12.0


def watching_topic(channel_id: UUID) -> str:
    """The topic that a viewer's page hears; hearing it is what counts."""
    return f"watching:{channel_id}"


def count_topic(channel_id: UUID) -> str:
    """The topic on which the number is told to whoever shows it."""
    return f"viewers:{channel_id}"


class Presence:
    """Counts the viewers of live channels. Every process adds its own; all read the sum."""

    def __init__(self, db: Database, cache: Redis, realtime: Realtime, domain: Domain, clock: Clock) -> None:
        self._db = db
        self._cache = cache
        self._realtime = realtime
        self._domain = domain
        self._clock = clock
        self._process = f"{os.getpid()}-{time.monotonic_ns()}"
        self._counts: dict[UUID, int] = {}
        self._task: asyncio.Task[None] | None = None

    def count(self, channel_id: UUID) -> int:
        """Viewers of a channel as last summed; 0 for channels that are not live."""
        return self._counts.get(channel_id, 0)

    def start(self) -> None:
        """Begin to count."""
        self._task = asyncio.create_task(self._run(), name="presence")

    async def stop(self) -> None:
        """Stop counting."""
        await end_task(self._task)
        try:
            async with asyncio.timeout(2):
                for channel_id in self._counts:
                    await self._cache.hdel(_key(channel_id), self._process)
        except (OSError, TimeoutError, RedisError) as failure:
            log.debug("this process stays in the viewer counts for %g s: %s", LIFE_S, failure)

    async def _run(self) -> None:
        self._db.bind()
        while True:
            try:
                # not wait_for: that of Python 3.11 may lose the cancellation that stops this task
                async with asyncio.timeout(10):
                    await self.tick()
            except (OSError, TimeoutError) as failure:
                log.warning("viewer counts are late: %s", failure)
            except Exception:
                log.exception("viewer counts failed")
            await asyncio.sleep(EVERY_S)

    async def tick(self) -> None:
        """Count once, tell what changed."""
        live = await self._domain.broadcasts.live_ids()
        sums: dict[UUID, int] = {}
        for channel_id, broadcast_id in live:
            total = await self._sum(channel_id, self._realtime.subscribers(watching_topic(channel_id)))
            sums[channel_id] = total
            if total != self._counts.get(channel_id):
                self._realtime.publish(count_topic(channel_id), "count", {"n": total})
                await self._domain.broadcasts.saw_viewers(broadcast_id, total)
        self._counts = sums

    async def _sum(self, channel_id: UUID, mine: int) -> int:
        key = _key(channel_id)
        now = self._clock.now().timestamp()
        await self._cache.hset(key, self._process, f"{mine}:{now:.3f}")
        await self._cache.expire(key, int(LIFE_S))
        total, dead = 0, []
        for process, value in (await self._cache.hgetall(key)).items():
            count, _, at = (value.decode() if isinstance(value, bytes) else str(value)).partition(":")
            if now - float(at) <= LIFE_S:
                total += int(count)
            else:
                dead.append(process)
        if dead:
            await self._cache.hdel(key, *dead)
        return total


def _key(channel_id: UUID) -> str:
    return f"presence:{channel_id}"
