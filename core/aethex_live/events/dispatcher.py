"""The dispatcher: one process at a time gives committed events their positions and feeds the consumers."""

import asyncio
import logging
import zlib
from collections.abc import Iterable
from typing import Any
from uuid import UUID

import asyncpg

from aethex_live.clock import Clock
from aethex_live.db import Database
from aethex_live.errors import AethexError, StartError
from aethex_live.waiting import end_task, wait_at_most

from . import _cursors as cursors
from .consumers import Consumer, Feed, Recorded
from .log import CHANNEL
from .registry import EventTypes

LOCK = zlib.crc32(b"aethex-dispatcher")
BATCH = 1000
POLL_SECONDS = 0.25  # behind NOTIFY, should one be lost
CANDIDATE_SECONDS = 1.0
_STATEMENT_SECONDS = 10.0

_PLACE = """
with batch as (
  select id, row_number() over (order by number) as nth
  from (select id, number from core_event where position is null order by number limit $1) as unplaced),
head as (select coalesce(max(position), 0) as last from core_event)
update core_event as event set position = head.last + batch.nth from batch, head where event.id = batch.id
"""

log = logging.getLogger(__name__)


class Dispatcher:
    """Runs in every process that may lead; the one that holds the lock works, the others wait for it to fall.

    Positions are given on the connection that holds the lock, so that a leader that lost it can give none.
    """

    def __init__(
        self, db: Database, consumers: Iterable[Consumer], clock: Clock, types: EventTypes | None = None
    ) -> None:
        self._db = db
        self._types = types or EventTypes()
        self._consumers = {consumer.name: consumer for consumer in consumers}
        self._clock = clock
        self._feeds: dict[str, Feed] = {}
        self._task: asyncio.Task[None] | None = None
        self._leading = asyncio.Event()

    @property
    def leading(self) -> bool:
        """Whether this process is the leader."""
        return self._leading.is_set()

    @property
    def consumers(self) -> tuple[Consumer, ...]:
        """Who is fed."""
        return tuple(self._consumers.values())

    def start(self) -> None:
        """Begin to lead, or to wait for that."""
        if self._task is None:
            self._task = asyncio.create_task(self._run(), name="dispatcher")

    async def stop(self) -> None:
        """Stop; handlers that run are cancelled and hear their event again later."""
        task, self._task = self._task, None
        await end_task(task)

    async def wait_leading(self, seconds: float = 10.0) -> None:
        """Wait until this process leads; `TimeoutError` after `seconds`."""
        if not await wait_at_most(self._leading, seconds):
            raise TimeoutError(f"this process did not become the leader within {seconds:g} s")

    async def settle(self, seconds: float = 5.0) -> None:
        """Wait until all that is committed now has been heard by every consumer; `TimeoutError` after `seconds`."""
        async with asyncio.timeout(seconds):
            await self._leading.wait()
            while await self._unplaced():  # noqa: ASYNC110 - another process may give the positions
                await asyncio.sleep(0.01)
            goal = await cursors.head(self._db)
            while any(feed.position < goal for feed in self._feeds.values()):  # noqa: ASYNC110 - for tests alone
                await asyncio.sleep(0.01)

    async def lag(self) -> dict[str, int]:
        """How many positions each consumer's cursor is behind the head of the log (saved cursors, from any process)."""
        head = await cursors.head(self._db)
        rows = await self._db.fetch("select consumer, position from core_event_cursor order by consumer")
        return {row["consumer"]: head - row["position"] for row in rows}

    async def retry(self, letter_id: UUID) -> None:
        """Hand a dead letter to its consumer, here and now; it is removed when that works, else the error is raised."""
        rows = await self._db.fetch("select consumer, event_id from core_event_dead_letter where id = $1", [letter_id])
        if not rows:
            raise AethexError(f"There is no dead letter {letter_id}.")
        consumer = self._consumers.get(rows[0]["consumer"])
        row = await cursors.one(self._db, rows[0]["event_id"])
        if consumer is None or row is None:
            raise AethexError(f"The consumer {rows[0]['consumer']} or its event is gone: is its plugin on?")
        recorded = Recorded(**row, event=self._types.decode(row["type"], row["version"], row["payload"]))
        async with asyncio.timeout(consumer.timeout_s):
            await consumer.handle(recorded)
        await self._db.execute("delete from core_event_dead_letter where id = $1", [letter_id])

    async def _unplaced(self) -> bool:
        return bool(await self._db.fetch("select 1 from core_event where position is null limit 1"))

    async def _run(self) -> None:
        self._db.bind()
        while True:
            try:
                await self._candidate()
            except (AethexError, OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                log.warning("The dispatcher stopped leading (%s), trying again.", error)
            except BaseExceptionGroup as group:
                log.warning("The dispatcher stopped leading (%s), trying again.", group.exceptions[0], exc_info=group)
            await asyncio.sleep(CANDIDATE_SECONDS)

    async def _candidate(self) -> None:
        """Wait for the lock on a connection of our own, then lead for as long as the connection lives."""
        connection = await self._db.open_connection()
        try:
            while not await _locked(connection):  # noqa: ASYNC110 - a lock that falls tells nobody
                await asyncio.sleep(CANDIDATE_SECONDS)
            await self._lead(connection)
        except asyncpg.InternalClientError as error:  # asyncpg's word for a connection that broke in mid-statement
            raise StartError(f"the leader's connection broke: {error}") from error
        finally:
            self._leading.clear()
            connection.terminate()

    async def _lead(self, connection: "asyncpg.Connection[Any]") -> None:
        self._feeds = {
            name: Feed(self._db, consumer, self._types, self._clock) for name, consumer in self._consumers.items()
        }
        for name, consumer in self._consumers.items():  # new cursors stand before anything is placed
            await cursors.load(self._db, name, consumer.catch_up)
        async with asyncio.TaskGroup() as group:
            for name, feed in self._feeds.items():
                group.create_task(feed.run(), name=f"consumer-{name}")
            group.create_task(self._place(connection), name="positions")
            self._leading.set()

    async def _place(self, connection: "asyncpg.Connection[Any]") -> None:
        """Give positions in batches, woken by NOTIFY, until the connection breaks."""
        wake = asyncio.Event()
        connection.add_termination_listener(lambda _: wake.set())
        await connection.add_listener(CHANNEL, lambda *_: wake.set())
        while True:
            wake.clear()
            placed = int((await connection.execute(_PLACE, BATCH, timeout=_STATEMENT_SECONDS)).split()[1])
            if placed:
                for feed in self._feeds.values():
                    feed.wake()
            if placed < BATCH:
                await wait_at_most(wake, POLL_SECONDS)


async def _locked(connection: "asyncpg.Connection[Any]") -> bool:
    return bool(await connection.fetchval("select pg_try_advisory_lock($1)", LOCK, timeout=_STATEMENT_SECONDS))
