"""The control channel: what every process must hear (bans, logouts, gates, suspensions), also without Redis."""

import asyncio
import inspect
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import asyncpg
from tortoise.exceptions import BaseORMException

from aethex_live.db import Database
from aethex_live.ids import uuid7
from aethex_live.waiting import end_task, wait_at_most

CHANNEL = "aethex_control"
POLL_SECONDS = 5.0  # behind NOTIFY, should one be lost
HANDLER_SECONDS = 5.0

_SEND = """
with counted as (update core_control_version set version = version + 1 where id = 1 returning version),
written as (
  insert into core_control_message (id, version, kind, data, sent_at)
  select $1, version, $2, $3, now() from counted returning version)
select version, pg_notify('aethex_control', '') from written
"""
_FORGET = "delete from core_control_message where sent_at < now() - interval '1 hour'"

ControlHandler = Callable[[dict[str, Any]], Awaitable[None] | None]
log = logging.getLogger(__name__)


class Control:
    """Messages to every process of the site, this one included, in one order."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._handlers: dict[str, list[ControlHandler]] = {}
        self._seen = 0
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._deaf: Callable[[], None] | None = None

    def on(self, kind: str, handler: ControlHandler) -> None:
        """Call `handler` with the data of every message of this kind; it may take 5 s at most."""
        self._handlers.setdefault(kind, []).append(handler)

    async def send(self, kind: str, data: Mapping[str, Any]) -> int:
        """Tell every process, within 2 s of the commit; returns the message's number.

        Inside a transaction the message goes out with its commit. Messages wait for one another, so send as late in the
        transaction as you can.
        """
        async with self._db.transaction():
            rows = await self._db.fetch(_SEND, [uuid7(), kind, dict(data)])
            await self._db.execute(_FORGET)
        return int(rows[0]["version"])

    async def start(self) -> None:
        """Hear what is sent from now on."""
        if self._task is not None:
            return
        self._seen = await self._version()
        self._deaf = self._db.listen(CHANNEL, lambda _payload: self._wake.set())
        self._task = asyncio.create_task(self._run(), name="control")

    async def stop(self) -> None:
        """Hear nothing more."""
        task, self._task = self._task, None
        if self._deaf is not None:
            self._deaf()
        await end_task(task)

    async def _version(self) -> int:
        rows = await self._db.fetch("select version from core_control_version where id = 1")
        return int(rows[0]["version"])

    async def _run(self) -> None:
        self._db.bind()
        while True:
            self._wake.clear()
            try:
                await self._read()
            except (
                BaseORMException,
                OSError,
                TimeoutError,
                asyncpg.PostgresError,
                asyncpg.InterfaceError,
            ) as error:
                log.warning("The control channel can't be read (%s), trying again.", error)
            await wait_at_most(self._wake, POLL_SECONDS)

    async def _read(self) -> None:
        if await self._version() <= self._seen:
            return
        rows = await self._db.fetch(
            "select version, kind, data from core_control_message where version > $1 order by version",
            [self._seen],
        )
        for row in rows:
            if row["version"] != self._seen + 1:
                log.warning("Control messages %d to %d were missed.", self._seen + 1, row["version"] - 1)
            self._seen = row["version"]
            handlers = self._handlers.get(row["kind"], ())
            await asyncio.gather(*(_call(row["kind"], handler, row["data"]) for handler in handlers))


async def _call(kind: str, handler: ControlHandler, data: dict[str, Any]) -> None:
    try:
        async with asyncio.timeout(HANDLER_SECONDS):
            answer = handler(dict(data))
            if inspect.isawaitable(answer):
                await answer
    except Exception:
        log.exception("A handler of the control message %s failed.", kind)
