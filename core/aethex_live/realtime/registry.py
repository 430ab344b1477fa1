"""The topics that this process knows: made when first heard, forgotten when nobody listens for long."""

from __future__ import annotations

import asyncio
import logging
import re

from aethex_live.clock import Clock
from aethex_live.realtime.bus import Bus
from aethex_live.realtime.contracts import Message, Position, TopicClass
from aethex_live.realtime.errors import UndeclaredTopic
from aethex_live.realtime.flush import Flusher
from aethex_live.realtime.metrics import Metrics
from aethex_live.realtime.settings import RealtimeSettings
from aethex_live.realtime.tasks import Tasks
from aethex_live.realtime.topics import Topic, Wire

log = logging.getLogger("aethex.realtime")

# the column core_topic.name has 120 characters
_NAME = re.compile(r"[a-z][a-z0-9_.-]{0,39}(:[A-Za-z0-9_.:-]{1,79})?")
STORE_SECONDS = 5.0
RETRY_SECONDS = 1.0
RECOVERY_TRIES = 3


class Topics:
    """Finds, makes, primes, repairs and forgets topics."""

    def __init__(
        self,
        settings: RealtimeSettings,
        clock: Clock,
        metrics: Metrics,
        tasks: Tasks,
        bus: Bus,
        flusher: Flusher,
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._metrics = metrics
        self._tasks = tasks
        self._bus = bus
        self._flusher = flusher
        self._classes: dict[str, TopicClass] = {}
        self._topics: dict[str, Topic] = {}

    def __len__(self) -> int:
        return len(self._topics)

    def declare(self, declared: TopicClass) -> None:
        """Make a class of topics known."""
        prefix = declared.prefix.removesuffix(":")
        if prefix in self._classes:
            raise ValueError(f"topic class '{prefix}' is declared twice: choose another prefix")
        self._classes[prefix] = declared

    def class_of(self, name: str) -> TopicClass | None:
        """The class of a topic's name; None when nobody declared it or it is no name."""
        return self._classes.get(name.partition(":")[0]) if _NAME.fullmatch(name) else None

    def find(self, name: str) -> Topic | None:
        """A topic that this process knows."""
        return self._topics.get(name)

    def heard(self, prefix: str) -> list[str]:
        """The topics of a class that somebody listens to here."""
        begin = f"{prefix}:"
        return [name for name, topic in self._topics.items() if topic.members and name.startswith(begin)]

    def publish(self, name: str, wire: Wire) -> None:
        """Deliver a message here."""
        topic = self._topics.get(name)
        if topic is not None:
            topic.accept(wire)
        elif self.class_of(name) is None:
            raise UndeclaredTopic(f"Topic '{name}' has no class: declare its prefix before it is published.")

    async def ready(self, name: str, declared: TopicClass) -> Topic:
        """The topic, in step with the store. Errors of the store come through."""
        topic = self._topics.get(name)
        if topic is None:
            topic = Topic(
                name,
                declared,
                self._settings,
                self._metrics,
                wake=self._flusher.schedule,
                recover=self._recover,
            )
            topic.idle_since = self._clock.monotonic()
            self._topics[name] = topic
        if topic.priming is None:
            topic.priming = self._tasks.spawn(self._prime(topic), f"realtime: prime {name}")
        if not topic.priming.done():
            await asyncio.shield(topic.priming)
        if not topic.primed:
            raise TimeoutError(f"topic '{name}' has no position")
        return topic

    async def _prime(self, topic: Topic) -> None:
        head = topic.declared.head
        try:
            async with asyncio.timeout(STORE_SECONDS):
                # first hear the bus, then ask the store: the other way round there would be a hole
                await self._bus.follow(topic.name)
                if head is not None and not topic.is_volatile:
                    position = await head(topic.name)
                    topic.prime(position, await self._recent(topic, position))
        except Exception:
            log.exception("topic %s: its position can't be read", topic.name)
            topic.priming = None

    async def _recent(self, topic: Topic, position: Position) -> list[Message]:
        """The newest messages, read once: or all who return after a restart would ask the store, each for itself."""
        missed, most = topic.declared.missed, self._settings.ring_messages
        if missed is None or topic.declared.kind != "chat" or not position.seq:
            return []
        return await missed(topic.name, max(0, position.seq - most), most) or []

    def resync(self) -> None:
        """Messages of other processes may be lost: ask the store about every topic."""
        self._metrics.add("bus_resyncs")
        for topic in self._topics.values():
            if topic.primed and not topic.is_volatile:
                self._recover(topic)

    def _recover(self, topic: Topic) -> None:
        if not topic.recovering:
            topic.recovering = True
            self._tasks.spawn(self._fill(topic), f"realtime: recover {topic.name}")

    async def _fill(self, topic: Topic) -> None:
        held = topic.newest_held
        try:
            for attempt in range(RECOVERY_TRIES):
                if attempt:
                    await asyncio.sleep(RETRY_SECONDS)
                # only what waited before the store was asked can be missing there for good
                held = topic.newest_held
                if await self.refresh(topic):
                    break
        finally:
            topic.recovering = False
        topic.give_up_gap(held)

    async def refresh(self, topic: Topic) -> bool:
        """Take what the store has and the bus did not bring; whether the store gave all it has."""
        missed, limit = topic.declared.missed, self._settings.resume_limit
        if missed is None:
            return True
        try:
            while True:
                async with asyncio.timeout(STORE_SECONDS):
                    rows = await missed(topic.name, topic.seq, limit)
                if rows is None:
                    return True
                topic.fill(rows)
                if len(rows) < limit:
                    return True
        except Exception:
            log.exception("topic %s: missing messages can't be read", topic.name)
            return False

    def forget_idle(self) -> None:
        """Drop the topics that nobody has heard for a while."""
        deadline = self._clock.monotonic() - self._settings.topic_idle
        for topic in [t for t in self._topics.values() if not t.members and t.idle_since < deadline]:
            if topic.sweeping or topic.recovering or (topic.priming is not None and not topic.priming.done()):
                continue
            for timer in (topic.timer, topic.hold_timer):
                if timer is not None:
                    timer.cancel()
            del self._topics[topic.name]
            self._tasks.spawn(self._bus.unfollow(topic.name), f"realtime: unfollow {topic.name}")
