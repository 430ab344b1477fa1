"""Viewer counts over several processes: right again soon after one is killed, at once after one stops."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any
from uuid import UUID

import fakeredis

from aethex_live.clock import ManualClock
from aethex_live.presence import EVERY_S, LIFE_S, Presence

CHANNEL, BROADCAST = UUID(int=1), UUID(int=2)


class Process:
    """A web process with some viewers."""

    def __init__(self, redis: Any, clock: ManualClock, viewers: int) -> None:
        self.viewers, self.told = viewers, []
        realtime = SimpleNamespace(
            subscribers=lambda _topic: self.viewers,
            publish=lambda _topic, _name, data: self.told.append(data["n"]),
        )
        broadcasts = SimpleNamespace(live_ids=self.live_ids, saw_viewers=self.saw)
        domain = SimpleNamespace(broadcasts=broadcasts)
        self.presence = Presence(None, redis, realtime, domain, clock)  # type: ignore[arg-type]  # what it uses of them

    async def live_ids(self) -> list[tuple[UUID, UUID]]:
        return [(CHANNEL, BROADCAST)]

    async def saw(self, _broadcast: UUID, _count: int) -> None:
        """The most viewers are kept by the real one."""

    async def count(self) -> int:
        await self.presence.tick()
        return self.presence.count(CHANNEL)


async def test_all_processes_say_one_number() -> None:
    redis, clock = fakeredis.FakeAsyncRedis(), ManualClock()
    one, two = Process(redis, clock, 3), Process(redis, clock, 4)
    await one.count()
    assert [await two.count(), await one.count()] == [7, 7]
    two.viewers = 0
    assert [await two.count(), await one.count()] == [3, 3]
    assert one.told == [3, 7, 3]


async def test_after_a_kill_the_number_is_right_within_twelve_seconds() -> None:
    # Given two processes, one of which is killed; its viewers come back to the other
    redis, clock = fakeredis.FakeAsyncRedis(), ManualClock()
    killed, left = Process(redis, clock, 5), Process(redis, clock, 2)
    await killed.count()
    assert await left.count() == 7
    left.viewers = 7
    # When the other goes on to count
    passed, seen = 0.0, []
    while passed <= LIFE_S:
        clock.advance(EVERY_S)
        passed += EVERY_S
        seen.append(await left.count())
    # Then they were counted twice for no longer, and the dead one left nothing behind
    assert (seen[0], seen[-1]) == (12, 7)
    assert passed <= LIFE_S + EVERY_S
    assert len(await redis.hgetall(f"presence:{CHANNEL}")) == 1


async def test_a_process_that_stops_takes_its_viewers_along() -> None:
    redis, clock = fakeredis.FakeAsyncRedis(), ManualClock()
    going, left = Process(redis, clock, 5), Process(redis, clock, 2)
    await going.count()
    await going.presence.stop()
    assert await left.count() == 2
