"""Joining a topic: new, or after a break with exactly what was missed, no hole and nothing twice."""

from __future__ import annotations

import asyncio
import logging

import orjson
from pydantic import BaseModel, ConfigDict, Field

from aethex_live.errors import NotFound, TooMany, Unavailable
from aethex_live.realtime.connection import Connection, State
from aethex_live.realtime.contracts import Actor, TopicClass
from aethex_live.realtime.errors import Refused
from aethex_live.realtime.membership import join
from aethex_live.realtime.metrics import Metrics
from aethex_live.realtime.registry import STORE_SECONDS, Topics
from aethex_live.realtime.settings import RealtimeSettings
from aethex_live.realtime.topics import Topic, encode_message

log = logging.getLogger("aethex.realtime")

ROUNDS = 5
Answer = dict[str, object]


class Subscribe(BaseModel):
    """Hear a topic; `last` and `epoch` are those of the newest message that the client has."""

    model_config = ConfigDict(extra="forbid")

    topic: str = Field(min_length=1, max_length=120)
    last: int | None = Field(None, ge=0, lt=2**63)
    epoch: str | None = Field(None, max_length=64)


class Unsubscribe(BaseModel):
    """Hear a topic no more."""

    model_config = ConfigDict(extra="forbid")

    topic: str = Field(min_length=1, max_length=120)


class Joining:
    """Answers `subscribe` and `unsubscribe`."""

    def __init__(self, settings: RealtimeSettings, metrics: Metrics, topics: Topics) -> None:
        self._settings = settings
        self._metrics = metrics
        self._topics = topics

    async def join(self, connection: Connection, actor: Actor, wish: Subscribe, declared: TopicClass) -> Answer:
        """Attach the connection and answer what it missed. The caller sends the answer without awaiting."""
        try:
            topic = await self._topics.ready(wish.topic, declared)
        except TimeoutError:
            raise Unavailable("This topic can't be read at the moment: try again.", retry_after=2.0) from None
        missed = await self._missed(topic, wish)
        # no await from here on: the history ends at `flushed`, and the next flush begins behind it
        already = topic in connection.topics
        if not already and connection.state == State.CONNECTED:
            join(connection, actor, topic)
            self._metrics.add("subscribed")
        return self._answer(topic, missed)

    def check(self, connection: Connection, name: str) -> TopicClass:
        """The class of the topic; a refusal when there is none or the connection hears enough."""
        declared = self._topics.class_of(name)
        if declared is None:
            raise NotFound(f"There is no topic '{name}'.")
        topic = self._topics.find(name)
        if len(connection.topics) >= self._settings.max_topics and topic not in connection.topics:
            raise TooMany(f"You hear {len(connection.topics)} topics already: unsubscribe from one first.")
        return declared

    def refused(self, name: str) -> Refused:
        """What is said to those who may not."""
        return Refused(f"You may not hear '{name}'.")

    def _answer(self, topic: Topic, missed: list[bytes] | None) -> Answer:
        answer: Answer = {"ok": True, "topic": topic.name, "epoch": topic.epoch, "seq": topic.flushed}
        if missed is None:
            self._metrics.add("reloads")
            return answer | {"reload": True}
        return answer | {"missed": [orjson.Fragment(encoded) for encoded in missed]}

    async def _missed(self, topic: Topic, wish: Subscribe) -> list[bytes] | None:
        """The messages behind `last` up to what the members have; None when they are not to be had."""
        if topic.is_volatile or wish.last is None:
            return []
        if wish.epoch is not None and wish.epoch != topic.epoch:
            return None
        if wish.last > topic.flushed and not await self._caught_up(topic, wish.last):
            return None
        self._metrics.add("resumed")
        history: list[bytes] = []
        after = wish.last
        for _ in range(ROUNDS):
            tail = topic.ring.between(after, topic.flushed)
            if tail is not None:
                return history + tail if len(history) + len(tail) <= self._settings.resume_limit else None
            epoch, flushed = topic.epoch, topic.flushed
            rows = await self._stored(topic, after, flushed)
            if rows is None or topic.epoch != epoch or len(history) + len(rows) > self._settings.resume_limit:
                return None
            history += [encoded for _, encoded in rows]
            after = max(flushed, rows[-1][0]) if rows else flushed
        return None

    async def _caught_up(self, topic: Topic, last: int) -> bool:
        """Whether this process has come as far as the one that the client was connected to before."""
        if last > topic.seq:
            await self._topics.refresh(topic)
        for _ in range(ROUNDS):
            if last <= topic.flushed or last > topic.seq:
                break
            await asyncio.sleep(self._settings.tick_ms / 1000)
        return last <= topic.flushed

    async def _stored(self, topic: Topic, after: int, upto: int) -> list[tuple[int, bytes]] | None:
        """What the store has behind `after`, at least up to `upto`; None when it has a hole there."""
        missed, limit = topic.declared.missed, self._settings.resume_limit + 1
        if missed is None:
            return None
        try:
            async with asyncio.timeout(STORE_SECONDS):
                rows = await missed(topic.name, after, limit)
        except Exception:
            log.exception("topic %s: missed messages can't be read", topic.name)
            return None
        if rows is None or len(rows) >= limit:
            return None
        if topic.declared.kind == "chat" and not (rows and rows[0].seq == after + 1 and rows[-1].seq >= upto):
            return None
        # the store can be ahead of the bus: what the members don't have yet comes to all with a flush
        return [(r.seq, encode_message(r.seq, r.name, r.data)) for r in rows if r.seq <= topic.flushed]
