"""What handlers and schedules are made of."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from aethex_live.errors import AethexError


class GiveUp(AethexError):
    """Raised by a handler for what no further attempt can mend: the row is dead at once, with this sentence."""


@dataclass(frozen=True, slots=True)
class OutboxCall:
    """One attempt at an outbox row; `attempt` counts from 1. Hand `idempotency_key` to the vendor: it is the row's."""

    id: UUID
    payload: dict[str, Any]
    attempt: int
    idempotency_key: str


@dataclass(frozen=True, slots=True)
class OutboxHandler:
    """Who carries out the rows of a topic.

    `run` may be called again for the same row (its process died, its answer was lost), so effects outside carry the
    idempotency key. With `transactional` it runs inside the transaction that marks the row done: effects in our
    database happen exactly once, and no network may be called. One attempt may take `timeout_s` seconds; after
    `attempts` failed ones the row is dead, shown to the operator with its reason.
    """

    topic: str
    run: Callable[[OutboxCall], Awaitable[None]] = field(repr=False)
    timeout_s: float = 30.0
    attempts: int = 8
    transactional: bool = False


@dataclass(frozen=True, slots=True)
class Schedule:
    """Something done every so often by one process of the site. `first` delays the first run of a new schedule."""

    name: str
    every: timedelta
    run: Callable[[], Awaitable[None]] = field(repr=False)
    timeout_s: float = 60.0
    first: timedelta = timedelta(0)


@dataclass(frozen=True, slots=True)
class DeadJob:
    """An outbox row that was given up, with the reason of its last attempt."""

    id: UUID
    topic: str
    plugin: str
    payload: dict[str, Any]
    attempts: int
    last_error: str


@dataclass(frozen=True, slots=True)
class WaitingJob:
    """An outbox row that is not done: new, or in some worker's hands (sent). `last_error` of an attempt that failed."""

    id: UUID
    topic: str
    plugin: str
    state: str
    attempts: int
    available_at: datetime
    last_error: str


@dataclass(frozen=True, slots=True)
class ScheduleRow:
    """When a schedule runs next; `known` is whether this process has it (its plugin is on)."""

    name: str
    due_at: datetime
    running: bool
    known: bool
    every: timedelta | None
