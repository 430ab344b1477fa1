"""SAQ on PostgreSQL: wakes a worker for each leased row. It may lose a job; the row's lease brings it back."""

import asyncio
import logging
import math
import zlib
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg_pool import AsyncConnectionPool
from saq.queue.postgres import PostgresQueue
from saq.worker import Worker

from aethex_live.db import Database
from aethex_live.db.migrate import LOCK

from .outbox import Lease

NAME = "aethex"
_KEYSPACE = zlib.crc32(b"aethex-saq") & 0x7FFFFFFF
_STOP_SECONDS = 10.0
_CANCELS, _CANCEL_SECONDS = 20, 0.25  # SAQ swallows a cancellation now and then, so it gets more of them
_OPEN_SECONDS = 15.0

log = logging.getLogger(__name__)


class _Worker(Worker[Any]):
    SIGNALS: list[Any] = []  # noqa: RUF012 - SAQ's name; signals are the server's, not the worker's

    async def stop(self) -> None:
        """Cancel the takers at once: what ran was waited for before, and SAQ would warn of idle ones at every stop."""
        self.event.set()
        takers, self.tasks = set(self.tasks), set()
        for _ in range(_CANCELS):
            if not takers:
                break
            for taker in takers:
                taker.cancel()
            _, takers = await asyncio.wait(takers, timeout=_CANCEL_SECONDS)
        self.pool.shutdown(wait=False, cancel_futures=True)


class WakeQueue:
    """The queue of this process: it puts leases in, and its worker runs them."""

    def __init__(self, db: Database, run: Callable[[Lease], Awaitable[None]], concurrency: int) -> None:
        self._db = db
        self._run = run
        self._concurrency = concurrency
        self._queue: PostgresQueue | None = None
        self._worker: _Worker | None = None
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Connect, make SAQ's tables if need be, and begin to work."""
        pool = AsyncConnectionPool(
            self._db.dsn,
            check=AsyncConnectionPool.check_connection,
            open=False,
            min_size=2,
            max_size=4,
            timeout=_OPEN_SECONDS,
            name="saq",
            kwargs={"autocommit": True, "application_name": "aethex-jobs"},
        )
        await pool.open(wait=True, timeout=_OPEN_SECONDS)
        self._queue = PostgresQueue(pool=pool, name=NAME, saq_lock_keyspace=_KEYSPACE, manage_pool_lifecycle=False)
        await self._connect(self._queue)
        self._worker = _Worker(
            self._queue,
            functions=[("run_outbox", self._run_outbox)],
            concurrency=self._concurrency,
            timers={"schedule": 5, "sweep": 30, "worker_info": 60, "abort": 60},
        )
        self._task = asyncio.create_task(self._worker.start(), name="saq-worker")

    async def _connect(self, queue: PostgresQueue) -> None:
        """SAQ lets a second process go on before the tables exist, so one at a time makes them."""
        connection = await self._db.open_connection()
        try:
            await connection.execute("select pg_advisory_lock($1)", LOCK, timeout=60)
            await queue.connect()
        finally:
            connection.terminate()

    async def stop(self) -> None:
        """End the worker; what still runs is cancelled."""
        task, self._task = self._task, None
        if self._worker is not None and task is not None:
            self._worker.event.set()
            await asyncio.wait({task}, timeout=_STOP_SECONDS)
        if self._queue is not None:
            await self._queue.disconnect()
            await self._queue.pool.close(_STOP_SECONDS)

    async def waiting(self) -> int:
        """How many rows wait for a worker. (Those that SAQ calls active may be those of a worker that was killed.)"""
        rows = await self._db.fetch(
            "select count(*) as n from saq_jobs where queue = $1 and status in ('new', 'queued')", [NAME]
        )
        return int(rows[0]["n"])

    async def put(self, lease: Lease) -> None:
        """Have a lease run by some worker."""
        assert self._queue is not None
        await self._queue.enqueue(
            "run_outbox",
            row=str(lease.id),
            until=lease.until.isoformat(),
            key=f"ob:{lease.id}:{lease.until.timestamp():.6f}",
            retries=1,
            timeout=math.ceil(lease.seconds),
            ttl=60,
        )

    async def _run_outbox(self, _context: Any, *, row: str, until: str) -> None:
        await self._run(Lease(UUID(row), datetime.fromisoformat(until)))
