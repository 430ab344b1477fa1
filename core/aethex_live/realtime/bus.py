"""How processes hear one another's messages. The default is one process that needs nobody."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from aethex_live.realtime.topics import Wire

Deliver = Callable[[str, Sequence[Wire]], None]
Resync = Callable[[], None]
Count = Callable[[str, int], None]


class Bus(Protocol):
    """Carries messages of a topic to the other processes: at most once, in order from each of them.

    What a bus may lose, the topic's sequence finds out: `resync` says that something may have been lost.
    """

    async def start(self, deliver: Deliver, resync: Resync, count: Count) -> None:
        """Begin; `deliver` gets what other processes publish on followed topics, `count` the metrics."""
        ...

    def publish(self, topic: str, message: Wire) -> None:
        """Hand a message over, without waiting."""
        ...

    async def follow(self, topic: str) -> None:
        """Hear a topic; from the return on nothing that is published is missed without a `resync`."""
        ...

    async def unfollow(self, topic: str) -> None:
        """Hear it no more."""
        ...

    async def stop(self) -> None:
        """Send what waits, then end."""
        ...


class LocalBus:
    """One process: who publishes is who delivers."""

    async def start(self, deliver: Deliver, resync: Resync, count: Count) -> None:
        """Nothing to begin."""

    def publish(self, topic: str, message: Wire) -> None:
        """Nobody else listens."""

    async def follow(self, topic: str) -> None:
        """There are no others."""

    async def unfollow(self, topic: str) -> None:
        """There are no others."""

    async def stop(self) -> None:
        """Nothing to end."""
