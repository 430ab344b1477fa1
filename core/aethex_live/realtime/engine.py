"""The realtime engine of one process: topics that are published to, clients that hear them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

from pydantic import BaseModel
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from aethex_live.clock import Clock
from aethex_live.realtime import asks, packets
from aethex_live.realtime.admission import Identify
from aethex_live.realtime.bus import Bus, LocalBus
from aethex_live.realtime.connection import Connection, State
from aethex_live.realtime.contracts import Actor, SocketEvent, TopicClass
from aethex_live.realtime.errors import NoAnswer
from aethex_live.realtime.flush import Flusher
from aethex_live.realtime.frames import CloseCode
from aethex_live.realtime.front_door import front_door
from aethex_live.realtime.gate import Gate
from aethex_live.realtime.inbox import Answer, Inbox
from aethex_live.realtime.membership import leave
from aethex_live.realtime.metrics import Metrics
from aethex_live.realtime.polling import Polling
from aethex_live.realtime.polling_http import AsgiApp, PollingHttp
from aethex_live.realtime.protocol import SocketProtocol
from aethex_live.realtime.registry import Topics
from aethex_live.realtime.resume import Joining, Subscribe, Unsubscribe
from aethex_live.realtime.sessions import Sessions
from aethex_live.realtime.settings import RealtimeSettings
from aethex_live.realtime.tasks import Tasks
from aethex_live.realtime.topics import Wire, encode_message

log = logging.getLogger("aethex.realtime")

MaySubscribe = Callable[[str, Actor], Awaitable[bool]]
DRAIN_STEP = 0.05


class Realtime:
    """One per app. All methods are called in the event loop's thread.

    `identify` says who a client is or raises a Refusal; `may_subscribe` whether it may hear a topic; `bus`
    carries messages to other processes; `bind` runs first in every task, to bind the database there.
    """

    def __init__(
        self,
        settings: RealtimeSettings,
        *,
        clock: Clock,
        identify: Identify,
        may_subscribe: MaySubscribe,
        bus: Bus | None = None,
        bind: Callable[[], object] | None = None,
    ) -> None:
        self.settings = settings
        self._clock = clock
        self._may_subscribe = may_subscribe
        self._bus: Bus = bus or LocalBus()
        self._metrics = Metrics()
        self._tasks = Tasks(bind)
        self._inbox = Inbox(settings, self._metrics, self._tasks)
        self._sessions = Sessions(settings, clock, self._metrics, identify, self._inbox)
        self._flusher = Flusher(settings, clock, self._metrics, self._sessions.congestion)
        self._topics = Topics(settings, clock, self._metrics, self._tasks, self._bus, self._flusher)
        self._joining = Joining(settings, self._metrics, self._topics)
        self._gate = Gate(settings, self._metrics, self._sessions)
        self._polling = Polling(settings, self._gate)
        self._timer: asyncio.TimerHandle | None = None
        self._inbox.register_inner("subscribe", Subscribe, self._subscribe)
        self._inbox.register_inner("unsubscribe", Unsubscribe, self._unsubscribe)

    # -- what the platform says

    def declare(self, topic_class: TopicClass) -> None:
        """Make a class of topics known; before the first client."""
        self._topics.declare(topic_class)

    def on(self, event: SocketEvent) -> None:
        """Take an event from clients; before the first client."""
        self._inbox.register(event)

    def publish(
        self,
        topic: str,
        name: str,
        data: Mapping[str, object],
        *,
        seq: int | None = None,
        epoch: str | None = None,
    ) -> None:
        """Send a message to all who hear the topic, in every process. Never waits.

        Call it after the commit. `seq` is the topic's number of the message; without one it is not repeated
        to those who missed it. UndeclaredTopic when no class has the topic's prefix.
        """
        wire = Wire(seq, epoch or "", name, encode_message(seq, name, data))
        self._topics.publish(topic, wire)
        self._metrics.add("messages_published")
        self._bus.publish(topic, wire)

    def subscribers(self, topic: str) -> int:
        """How many clients of this process hear the topic."""
        found = self._topics.find(topic)
        return len(found.members) if found is not None else 0

    def heard(self, prefix: str) -> list[str]:
        """The topics `<prefix>:…` that clients of this process hear."""
        return self._topics.heard(prefix)

    def connections(self) -> int:
        """How many sockets this process holds."""
        return self._gate.doorkeeper.total

    def events(self) -> list[SocketEvent]:
        """The events that clients may send, besides subscribe and unsubscribe."""
        return self._inbox.events()

    @property
    def metrics(self) -> Mapping[str, int]:
        """Counters since the start; gauges are `connections()` and `topics()`."""
        return self._metrics

    def topics(self) -> int:
        """How many topics this process knows."""
        return len(self._topics)

    def close_user(self, user_id: UUID, reason: str) -> int:
        """Close the sockets of an account in this process, at once; how many there were."""
        self._sessions.admission.throw_out(user_id)
        return self._close_where(lambda actor: actor.user_id == user_id, reason)

    def close_session(self, session_id: UUID, reason: str) -> int:
        """Close the sockets of a session in this process, at once; how many there were."""
        self._sessions.admission.throw_out(session_id)
        return self._close_where(lambda actor: actor.session_id == session_id, reason)

    def ask_again(self, user_id: UUID) -> int:
        """Let the sockets of an account ask anew for all that they hear: its rights have changed. How many there were.

        They leave their topics at once and hear `gap`, which standard clients answer with `subscribe`.
        """
        found = [c for c in self._sessions.heartbeat.all() if c.actor is not None and c.actor.user_id == user_id]
        for connection in found:
            for topic in connection.topics:
                leave(connection, topic, self._clock.monotonic())
                connection.write(packets.event("gap", [topic.name, topic.flushed]))
        return len(found)

    def tell(self, connection_id: str, name: str, data: object) -> bool:
        """Send an event to one client of this process, at once; whether it is here. Bytes go as attachments.

        What many should hear, or nobody may miss, is published on a topic instead.
        """
        connection = self._sessions.find(connection_id)
        if connection is not None:
            asks.tell(connection, name, data)
        return connection is not None

    async def ask(self, connection_id: str, name: str, data: object, *, seconds: float = 5.0) -> list[Any]:
        """Send an event to one client of this process and wait for the arguments of its acknowledgement.

        They are what the client says, unchecked. NoAnswer when it is not here, goes, or takes longer.
        """
        connection = self._sessions.find(connection_id)
        if connection is None:
            raise NoAnswer("The client is not connected to this process.")
        return await asks.ask(connection, name, data, seconds)

    # -- life

    def protocol_class(self) -> type[asyncio.Protocol]:
        """For `uvicorn.Config(ws=...)`: ours under the path of the settings, uvicorn's own elsewhere."""
        return type("RealtimeProtocol", (SocketProtocol,), {"__slots__": (), "gate": self._gate})

    def http_class(self, base: type[HttpToolsProtocol]) -> type[asyncio.Protocol]:
        """For `uvicorn.Config(http=...)`: `base`, with a short way to `protocol_class` for our upgrades."""
        return front_door(base, self.settings.path)

    def polling(self, inner: AsgiApp) -> AsgiApp:
        """An ASGI layer that answers long polling at the path of the settings; `inner` gets the rest."""
        return PollingHttp(self.settings, self._polling, inner)

    async def start(self) -> None:
        """Begin to take clients."""
        await self._bus.start(self._deliver, self._topics.resync, self._metrics.add)
        self._beat(asyncio.get_running_loop().time())
        self._gate.is_open = True
        log.debug("realtime takes up to %d sockets", self._gate.doorkeeper.most)

    async def drain(self, seconds: float) -> None:
        """Take no new clients and send those that are here away, spread over `seconds`."""
        self._gate.is_open = False
        leaving = self._sessions.heartbeat.all()
        steps = max(1, int(seconds / DRAIN_STEP))
        size = max(1, -(-len(leaving) // steps))
        for start in range(0, len(leaving), size):
            for connection in leaving[start : start + size]:
                self._gate.send_away(connection)
            if start + size < len(leaving):
                await asyncio.sleep(DRAIN_STEP)

    async def stop(self) -> None:
        """End: close what is left, finish or cancel handlers, leave the bus."""
        await self.drain(0)
        await self._tasks.stop(self.settings.handler_timeout)
        await self._bus.stop()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        for connection in self._sessions.heartbeat.all():
            connection.transport.abort()

    # -- inside

    async def _subscribe(self, connection: Connection, actor: Actor, wish: BaseModel) -> Answer:
        assert isinstance(wish, Subscribe)
        declared = self._joining.check(connection, wish.topic)
        if not await self._may_subscribe(wish.topic, actor):
            raise self._joining.refused(wish.topic)
        return await self._joining.join(connection, actor, wish, declared)

    async def _unsubscribe(self, connection: Connection, actor: Actor, wish: BaseModel) -> Answer:
        assert isinstance(wish, Unsubscribe)
        topic = self._topics.find(wish.topic)
        if topic is not None and topic in connection.topics:
            leave(connection, topic, self._clock.monotonic())
        return {"ok": True, "topic": wish.topic}

    def _deliver(self, topic: str, messages: Sequence[Wire]) -> None:
        self._metrics.add("bus_received", len(messages))
        found = self._topics.find(topic)
        if found is not None:
            for message in messages:
                found.accept(message)

    def _close_where(self, matches: Callable[[Actor], bool], reason: str) -> int:
        # a walk over all: 10,000 take a millisecond, and an index would cost every connection memory
        found = [c for c in self._sessions.heartbeat.all() if c.actor is not None and matches(c.actor)]
        for connection in found:
            self._sessions.dismiss(connection, CloseCode.POLICY, reason, None)
        return sum(connection.state >= State.CLOSING for connection in found)

    def _beat(self, due: float) -> None:
        loop = asyncio.get_running_loop()
        following = max(due + self._sessions.heartbeat.beat, loop.time())
        self._timer = loop.call_at(following, self._beat, following)
        self._sessions.turn()
        self._gate.turn()
        self._topics.forget_idle()
