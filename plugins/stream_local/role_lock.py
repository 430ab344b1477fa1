"""One process of a site takes streams in: whoever holds an advisory lock of its database."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, Final

from aethex_live.db import Database
from aethex_live.errors import StartError
from aethex_live.waiting import end_task

if TYPE_CHECKING:
    import asyncpg

    Connection = asyncpg.Connection[Any]

log = logging.getLogger(__name__)

LOCK: Final = 0x61657468_0004
_LOOK_S: Final = 5.0
_STATEMENT_S: Final = 5.0
_RETRY_S: Final = 0.5


class RoleLock:
    """Held by a connection of its own; PostgreSQL gives it back when the process or its line dies."""

    def __init__(self, db: Database, on_lost: Callable[[], Awaitable[None]]) -> None:
        self._db = db
        self._on_lost = on_lost
        self._connection: Connection | None = None
        self._task: asyncio.Task[None] | None = None

    async def take(self, wait: float = 10.0) -> None:
        """Take it, waiting `wait` seconds for a process that is ending. Raises StartError when another one has it."""
        try:
            async with asyncio.timeout(wait):
                # another process has no event for us
                while not await self._try():  # noqa: ASYNC110  (as said above)
                    await asyncio.sleep(_RETRY_S)
        except TimeoutError:
            raise StartError(
                "Another process of this site takes streams in already: stop it, or start this one as "
                "`aethex serve --role web`."
            ) from None
        self._task = asyncio.get_running_loop().create_task(self._watch(), name="ingest lock")

    async def give_back(self) -> None:
        """Let another process have it; may be called twice."""
        task, self._task = self._task, None
        if task is not asyncio.current_task():
            await end_task(task)
        await self._drop()

    async def _try(self) -> bool:
        if self._connection is None or self._connection.is_closed():
            self._connection = await self._db.open_connection()
        return bool(await self._connection.fetchval("select pg_try_advisory_lock($1)", LOCK, timeout=_STATEMENT_S))

    async def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            try:
                await connection.close(timeout=_STATEMENT_S)
            except (OSError, TimeoutError):
                connection.terminate()

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(_LOOK_S)
            if await self._held():
                continue
            log.warning("the line to the database that holds the ingest lock broke")
            if not await self._again():
                log.error("another process takes streams in now: this one lets go of its own")
                await self._on_lost()
                return

    async def _held(self) -> bool:
        try:
            assert self._connection is not None, "it was taken"
            await self._connection.fetchval("select 1", timeout=_STATEMENT_S)
        except Exception:  # noqa: BLE001  (whatever it is, the lock can't be relied on)
            return False
        return True

    async def _again(self) -> bool:
        """Take it anew, as soon as the database answers; False when another process was quicker."""
        while True:
            await self._drop()
            try:
                return await self._try()
            except Exception as error:  # noqa: BLE001  (the database is away: nobody else has the lock either)
                log.warning("the ingest lock can't be taken anew yet: %s", error)
                await asyncio.sleep(_LOOK_S)
