"""Events of clients: checked, handled in order for each connection, within a time limit, and answered."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Collection, Mapping
from functools import partial

from pydantic import BaseModel, ValidationError

from aethex_live.errors import Forbidden, Refusal, Unauthenticated
from aethex_live.realtime import packets, problems
from aethex_live.realtime.connection import Connection, Job, State
from aethex_live.realtime.contracts import PUBLIC, Actor, Call, SocketEvent
from aethex_live.realtime.metrics import Metrics
from aethex_live.realtime.packets import Kind
from aethex_live.realtime.settings import RealtimeSettings
from aethex_live.realtime.tasks import Tasks

log = logging.getLogger("aethex.realtime")

Answer = Mapping[str, object]
# a handler of the engine itself: it gets the connection, not only its id
Inner = Callable[[Connection, Actor, BaseModel], Awaitable[Answer]]
DONE: Answer = {"ok": True}


class Inbox:
    """Runs the handlers. While a connection sends nothing it has no task and no queue."""

    def __init__(self, settings: RealtimeSettings, metrics: Metrics, tasks: Tasks) -> None:
        self._settings = settings
        self._metrics = metrics
        self._tasks = tasks
        self._events: dict[str, SocketEvent] = {}
        self._inner: dict[str, tuple[type[BaseModel], Inner]] = {}

    def register(self, event: SocketEvent) -> None:
        """Make an event known."""
        if event.name in packets.RESERVED or event.name in self._inner or event.name in self._events:
            raise ValueError(f"socket event '{event.name}' is taken: choose another name")
        self._events[event.name] = event

    def register_inner(self, name: str, model: type[BaseModel], handler: Inner) -> None:
        """Make an event of the engine known."""
        self._inner[name] = model, handler

    def events(self) -> list[SocketEvent]:
        """The events that were registered, by name."""
        return [self._events[name] for name in sorted(self._events)]

    def take(self, connection: Connection, packet: packets.Packet) -> None:
        """Put an event at the end of the connection's queue."""
        name, *arguments = packet.data
        job = partial(self._handle, connection, packet.ack, name, arguments)
        if not self.enqueue(connection, job):
            members = problems.problem(
                429, "backlog-full", "Too many of your messages wait for an answer.", retry_after=1.0
            )
            self.refuse(connection, packet.ack, members)

    def enqueue(self, connection: Connection, job: Job) -> bool:
        """Run a job after those before it; False when too many wait."""
        if connection.backlog is None:
            connection.backlog = deque()
        if len(connection.backlog) >= self._settings.max_backlog:
            return False
        connection.backlog.append(job)
        self.go_on(connection)
        return True

    def go_on(self, connection: Connection) -> None:
        """Handle what waits, unless that is being done or the client must first take its answers."""
        if connection.backlog and connection.worker is None and not connection.paused:
            connection.worker = self._tasks.spawn(self._work(connection), "realtime: events of a client")

    def refuse(self, connection: Connection, ack: int | None, members: problems.Problem) -> None:
        """Answer with a problem."""
        self._metrics.add("events_refused")
        self._answer(connection, ack, packets.pack(Kind.ACK, [problems.refused_answer(members)], ack))

    async def _work(self, connection: Connection) -> None:
        try:
            # who does not read its answers gets no more of them: they would pile up here
            while connection.backlog and not connection.paused:
                await connection.backlog.popleft()()
        finally:
            connection.worker = None
            connection.backlog = connection.backlog or None

    async def _handle(self, connection: Connection, ack: int | None, name: str, arguments: list[object]) -> None:
        if connection.state != State.CONNECTED or connection.actor is None:
            return
        try:
            async with asyncio.timeout(self._settings.handler_timeout):
                answer = await self._run(connection, connection.actor, name, arguments)
            outgoing = packets.pack(Kind.ACK, [answer], ack)
        except Refusal as refusal:
            self.refuse(connection, ack, problems.of_refusal(refusal))
        except ValidationError as error:
            self.refuse(connection, ack, problems.of_validation(name, error))
        except TimeoutError:
            self._metrics.add("events_timed_out")
            log.warning("event %s: its handler took more than %g s", name[:60], self._settings.handler_timeout)
            self._fail(connection, ack, 503, "unavailable", "This took too long and was given up: try again.")
        except Exception:
            self._metrics.add("events_failed")
            log.exception("event %s: its handler failed", name[:60])
            self._fail(connection, ack, 500, "internal", "The platform failed here; it is written in its log.")
        else:
            # nothing is awaited between the handler's end and this: a joined topic is not heard before
            self._metrics.add("events_handled")
            self._answer(connection, ack, outgoing)

    async def _run(self, connection: Connection, actor: Actor, name: str, arguments: list[object]) -> Answer:
        payload = arguments[0] if arguments else {}
        if name in self._inner:
            model, inner = self._inner[name]
            return await inner(connection, actor, model.model_validate(payload))
        event = self._events.get(name)
        if event is None:
            raise Refusal(f"There is no event '{name[:60]}'.", code="unknown-event")
        if event.access != PUBLIC and actor.user_id is None:
            raise Unauthenticated("Sign in first.")
        _check_scope(actor, event)
        result = await event.handler(Call(actor, event.model.model_validate(payload), connection.id))
        return DONE if result is None else {**result, "ok": True}

    def _fail(self, connection: Connection, ack: int | None, status: int, code: str, sentence: str) -> None:
        answer = problems.refused_answer(problems.problem(status, code, sentence))
        self._answer(connection, ack, packets.pack(Kind.ACK, [answer], ack))

    def _answer(self, connection: Connection, ack: int | None, outgoing: packets.Outgoing) -> None:
        if ack is not None:
            connection.write_out(outgoing)


def _check_scope(actor: Actor, event: SocketEvent) -> None:
    """Raises Forbidden when a token sends what it was not made for."""
    scopes: Collection[str] | None = getattr(actor, "scopes", None)  # only actors that came with a token have any
    if scopes is None or event.access == PUBLIC or event.scope in scopes:
        return
    if not event.scope:
        raise Forbidden("A token can't send this: sign in with a browser.", code="token-refused")
    raise Forbidden(f"This token lacks the scope “{event.scope}”: make one that has it.", code="scope-missing")
