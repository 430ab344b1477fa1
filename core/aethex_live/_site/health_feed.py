"""Tells the studio's page how its stream does, while a studio is open."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from aethex_live._web.studio_views import health_message
from aethex_live.errors import AethexError
from aethex_live.models import Ingest
from aethex_live.providers.streaming import StreamCap
from aethex_live.waiting import end_task

if TYPE_CHECKING:
    from aethex_live.platform import Platform

log = logging.getLogger("aethex.studio")
EVERY_S = 2.0


class HealthFeed:
    """Publishes the health of ingests whose studio somebody has open."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin."""
        self._task = asyncio.create_task(self._run(), name="studio-health")

    async def stop(self) -> None:
        """End."""
        await end_task(self._task)

    async def _run(self) -> None:
        self._platform.db.bind()
        while True:
            await asyncio.sleep(EVERY_S)
            try:
                # not wait_for: that of Python 3.11 may lose the cancellation that stops this task
                async with asyncio.timeout(10):
                    await self.tick()
            except (AethexError, OSError, TimeoutError) as failure:
                log.warning("the studio's health is late: %s", failure)
            except Exception:
                log.exception("the studio's health failed")

    async def tick(self) -> None:
        """Tell every open studio once."""
        for topic in self._platform.realtime.heard("studio"):
            channel_id = topic.partition(":")[2]
            for row in await Ingest.filter(channel_id=channel_id):
                provider = self._platform.providers.streaming(row.provider)
                if provider is not None and StreamCap.HEALTH in provider.capabilities:
                    health = await provider.health(row.provider_id)
                    self._platform.realtime.publish(topic, "health", health_message(health))
