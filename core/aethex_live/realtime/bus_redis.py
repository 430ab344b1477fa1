"""The bus over Redis pub/sub: one message per topic and tick; what it loses is read from the store."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
from typing import TYPE_CHECKING, Any

from redis.exceptions import RedisError

from aethex_live.realtime.bus import Count, Deliver, Resync
from aethex_live.realtime.bus_wire import SENDER_SIZE, pack, unpack
from aethex_live.realtime.topics import Wire

if TYPE_CHECKING:
    from redis.asyncio import Redis
    from redis.asyncio.client import PubSub

log = logging.getLogger("aethex.realtime")

ANSWER_SECONDS = 2.0
# also how often redis-py gets the chance to check that the connection lives
LISTEN_SECONDS = 5.0
RETRY_SECONDS = 0.5
MOST_WAITING = 10_000
_FAILURES = (RedisError, OSError, TimeoutError)


class RedisBus:
    """`redis` must give bytes, not str. Channels are `<prefix><topic>`; `<prefix>!` says: read the store."""

    def __init__(self, redis: Redis, *, prefix: str = "aethex:realtime:", tick_ms: int = 50) -> None:
        self._redis = redis
        self._prefix = prefix
        self._tick = tick_ms / 1000
        self._me = os.urandom(SENDER_SIZE)
        self._waiting: dict[str, list[Wire]] = {}
        self._waiting_count = 0
        self._wake = asyncio.Event()
        self._lost_some = False
        self._pubsub: PubSub | None = None
        self._wanted: set[str] = set()
        self._confirmed: dict[str, asyncio.Event] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self._stopping = False
        self._deliver: Deliver
        self._resync: Resync
        self._count: Count

    async def start(self, deliver: Deliver, resync: Resync, count: Count) -> None:
        """Begin to send and to listen; a Redis that is away is waited for."""
        self._deliver, self._resync, self._count = deliver, resync, count
        self._wanted.add(self._channel("!"))
        loop = asyncio.get_running_loop()
        self._tasks = [
            loop.create_task(self._send_all(), name="realtime: bus out"),
            loop.create_task(self._listen_all(), name="realtime: bus in"),
        ]
        await self._confirmation(self._channel("!"))

    def publish(self, topic: str, message: Wire) -> None:
        """Send with the next tick; more than can wait is dropped, and the others told to read the store."""
        if self._waiting_count >= MOST_WAITING:
            self._drop_waiting()
        self._waiting.setdefault(topic, []).append(message)
        self._waiting_count += 1
        self._wake.set()

    async def follow(self, topic: str) -> None:
        """Subscribe, and wait until Redis has said so."""
        channel = self._channel(topic)
        self._wanted.add(channel)
        if self._pubsub is None:
            # Redis is away: its return brings a resync
            return
        if not self._event(channel).is_set():
            with contextlib.suppress(*_FAILURES):
                await asyncio.wait_for(self._pubsub.subscribe(channel), ANSWER_SECONDS)
        await self._confirmation(channel)

    async def unfollow(self, topic: str) -> None:
        """Unsubscribe."""
        channel = self._channel(topic)
        self._wanted.discard(channel)
        self._confirmed.pop(channel, None)
        if self._pubsub is not None:
            with contextlib.suppress(*_FAILURES):
                await asyncio.wait_for(self._pubsub.unsubscribe(channel), ANSWER_SECONDS)

    async def stop(self) -> None:
        """Send what waits, at most for a moment, then end."""
        self._stopping = True
        self._wake.set()
        if self._tasks:
            await asyncio.wait(self._tasks[:1], timeout=ANSWER_SECONDS)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    # -- out

    async def _send_all(self) -> None:
        while not (self._stopping and not self._waiting):
            await self._wake.wait()
            self._wake.clear()
            if self._waiting and not await self._send():
                if self._stopping:
                    return
                await asyncio.sleep(RETRY_SECONDS)
                self._wake.set()
            # the first after a silence goes at once, the following ones with the tick
            await asyncio.sleep(0 if self._stopping else self._tick)

    async def _send(self) -> bool:
        waiting, count = self._waiting, self._waiting_count
        self._waiting, self._waiting_count = {}, 0
        pipeline = self._redis.pipeline(transaction=False)
        for topic, messages in waiting.items():
            pipeline.publish(self._channel(topic), pack(self._me, messages))
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                await pipeline.execute()
        except _FAILURES as error:
            self._note_loss(count, error)
            return False
        self._lost_some = False
        self._count("bus_sent", len(waiting))
        return True

    def _note_loss(self, count: int, error: BaseException) -> None:
        if not self._lost_some:
            log.warning("bus: Redis does not take messages (%s); the others read the store when it is back", error)
        self._lost_some = True
        self._count("bus_dropped", count)
        # a message without a topic: it wakes the sender until Redis is back and the others are told
        self._waiting.setdefault("!", [])

    def _drop_waiting(self) -> None:
        self._note_loss(self._waiting_count, OSError("too many messages wait"))
        self._waiting, self._waiting_count = {"!": []}, 0

    # -- in

    async def _listen_all(self) -> None:
        while True:
            try:
                async with self._redis.pubsub() as pubsub:
                    await asyncio.wait_for(pubsub.subscribe(*self._wanted), ANSWER_SECONDS)
                    self._pubsub = pubsub
                    await self._listen(pubsub)
            except _FAILURES as error:
                log.warning("bus: the connection to Redis is lost (%s); trying again", error)
            finally:
                self._pubsub = None
            await asyncio.sleep(RETRY_SECONDS)

    async def _listen(self, pubsub: PubSub) -> None:
        while True:
            message = await pubsub.get_message(timeout=LISTEN_SECONDS)
            if message is not None:
                self._take(message)

    def _take(self, message: dict[str, Any]) -> None:
        channel = message["channel"].decode()
        if message["type"] == "subscribe":
            self._subscribed(channel)
        elif message["type"] == "message" and message["data"][:SENDER_SIZE] != self._me:
            if channel == self._channel("!"):
                self._resync()
            else:
                self._receive(channel, message["data"])

    def _receive(self, channel: str, payload: bytes) -> None:
        try:
            _, messages = unpack(payload)
        except ValueError as error:
            log.warning("bus: a message on %s can't be read: %s", channel, error)
        else:
            self._deliver(channel.removeprefix(self._prefix), messages)

    def _subscribed(self, channel: str) -> None:
        event = self._event(channel)
        if event.is_set() and channel == self._channel("!"):
            # a second answer: redis-py has reconnected, and what was sent meanwhile is lost
            self._resync()
        event.set()

    def _event(self, channel: str) -> asyncio.Event:
        return self._confirmed.setdefault(channel, asyncio.Event())

    async def _confirmation(self, channel: str) -> None:
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                await self._event(channel).wait()
        except TimeoutError:
            # when Redis is back, the topics are read from the store again
            log.warning("bus: Redis does not answer; going on with the clients of this process")

    def _channel(self, topic: str) -> str:
        return self._prefix + topic
