"""`aethex` with a mistake in its realtime or its chat, one of four, to show that the log checker would see it.

argv: FAULT, then what `aethex` takes. No setting of a site leads here: the mistakes exist in this file alone.
"""

from __future__ import annotations

import asyncio
import itertools
import sys
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

from aethex_live.cli import main
from aethex_live.realtime.connection import Connection
from aethex_live.realtime.contracts import Actor, TopicClass
from aethex_live.realtime.engine import Realtime
from aethex_live.realtime.membership import join
from aethex_live.realtime.resume import Answer, Joining, Subscribe
from aethex_live.realtime.topics import Topic
from aethex_plugins.chat import writing
from aethex_plugins.chat.batches import Stored, Waiting
from aethex_plugins.chat.sequence import advance

LATE_S = 0.3


def history_then_subscribe() -> None:
    """The history is read, then something else is done, then the client is put in: what is said meanwhile is lost."""

    async def late(
        self: Joining, connection: Connection, actor: Actor, wish: Subscribe, declared: TopicClass
    ) -> Answer:
        topic = await self._topics.ready(wish.topic, declared)
        answer = self._answer(topic, await self._missed(topic, wish))
        await asyncio.sleep(LATE_S)
        if topic not in connection.topics:
            join(connection, actor, topic)
        return answer

    Joining.join = late  # type: ignore[method-assign]  # this is what the file is for


def sequence_per_process() -> None:
    """Every process counts for itself what it tells."""
    counters: dict[str, itertools.count[int]] = defaultdict(lambda: itertools.count(1))
    publish = Realtime.publish

    def counted(self: Realtime, topic: str, name: str, data: Mapping[str, object], **more: Any) -> None:
        if topic.startswith("chat:"):
            more["seq"] = next(counters[topic])
        publish(self, topic, name, data, **more)

    Realtime.publish = counted  # type: ignore[method-assign]  # as above


def ack_before_store() -> None:
    """The author is told that the message is stored; a moment later it is."""
    store = writing.LineWriter._store

    async def late(self: writing.LineWriter, channel_id: UUID, batch: Sequence[Waiting]) -> None:
        now = self._clock.now()
        async with self._db.transaction():
            place = await advance(self._db, channel_id, 0)
        for seq, line in enumerate(batch, place.seq + 1):
            line.settle(Stored(line.id, seq, now))
        await asyncio.sleep(LATE_S)
        await store(self, channel_id, batch)

    writing.LineWriter._store = late  # type: ignore[method-assign]  # as above


def resume_off_by_one() -> None:
    """Who comes back is thought to have one message more than it has."""
    missed = Joining._missed

    async def further(self: Joining, topic: Topic, wish: Subscribe) -> list[bytes] | None:
        if wish.last is not None and wish.last < topic.flushed:
            wish = wish.model_copy(update={"last": wish.last + 1})
        return await missed(self, topic, wish)

    Joining._missed = further  # type: ignore[method-assign]  # as above


FAULTS: dict[str, Callable[[], None]] = {
    "history-then-subscribe": history_then_subscribe,
    "sequence-per-process": sequence_per_process,
    "ack-before-store": ack_before_store,
    "resume-off-by-one": resume_off_by_one,
}

if __name__ == "__main__":
    FAULTS[sys.argv[1]]()
    sys.argv = ["aethex", *sys.argv[2:]]
    main()
