"""What the ingest process tells the others every two seconds by Redis: health, still pictures, disk."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from aethex_live.providers.streaming import DiskUse, Finding, IngestHealth, LiveStatus
from aethex_live.waiting import end_task

if TYPE_CHECKING:
    from redis.asyncio import Redis

log = logging.getLogger(__name__)

KEY: Final = "stream_local:beacon"
EVERY_S: Final = 2.0
_LIFE_S: Final = 10
_LIMIT_S: Final = 5.0
IDLE: Final = IngestHealth(status=LiveStatus.IDLE, verdict="none")


class News:
    """What the ingest process knows at one moment."""

    def __init__(
        self, health: Mapping[str, IngestHealth], posters: frozenset[str] = frozenset(), disk: DiskUse | None = None
    ) -> None:
        self.health, self.posters, self.disk = health, posters, disk

    def dumps(self) -> bytes:
        """As it goes through Redis."""
        told = {name: asdict(replace(one, interval=timedelta())) for name, one in self.health.items()}
        for name, one in told.items():
            one["interval"] = self.health[name].interval.total_seconds()
        disk = asdict(self.disk) if self.disk else None
        return json.dumps({"health": told, "posters": sorted(self.posters), "disk": disk}).encode()

    @classmethod
    def loads(cls, data: bytes | str) -> News:
        """What `dumps` wrote. Raises ValueError, KeyError or TypeError for anything else."""
        told = json.loads(data)
        disk = DiskUse(**told["disk"]) if told["disk"] else None
        return cls({name: _health(one) for name, one in told["health"].items()}, frozenset(told["posters"]), disk)


def _health(told: dict[str, Any]) -> IngestHealth:
    fields = told | {
        "status": LiveStatus(told["status"]),
        "findings": [Finding(**finding) for finding in told["findings"]],
        "interval": timedelta(seconds=told["interval"]),
    }
    return IngestHealth(**fields)


class _Repeated:
    """Does something every two seconds, and goes on when it fails."""

    _what = ""

    def __init__(self) -> None:
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin."""
        self._task = asyncio.get_running_loop().create_task(self._run(), name=self._what)

    async def stop(self) -> None:
        """End; may be called twice."""
        task, self._task = self._task, None
        await end_task(task)

    async def _run(self) -> None:
        while True:
            try:
                async with asyncio.timeout(_LIMIT_S):
                    await self.tick()
            except Exception as error:  # noqa: BLE001  (Redis is away, or holds what we did not write: the next round mends it)
                log.warning("%s failed: %s", self._what, error)
            await asyncio.sleep(EVERY_S)

    async def tick(self) -> None:
        """Do it once."""
        raise NotImplementedError


class Beacon(_Repeated):
    """Tells, in the process that takes streams in."""

    _what = "telling the other processes of the streams"

    def __init__(self, redis: Redis, news: Callable[[], News]) -> None:
        super().__init__()
        self._redis, self._news = redis, news

    async def tick(self) -> None:
        await self._redis.set(KEY, self._news().dumps(), ex=_LIFE_S)


class Mirror(_Repeated):
    """Hears, in a process that takes none in; answers from memory, so that pages need not wait."""

    _what = "hearing of the streams"

    def __init__(self, redis: Redis) -> None:
        super().__init__()
        self._redis = redis
        self.news = News({})

    async def tick(self) -> None:
        data = await self._redis.get(KEY)
        self.news = News.loads(data) if data else News({})
