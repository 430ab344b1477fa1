"""LISTEN on one connection of its own, which is replaced when it is lost."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from typing import Any

import asyncpg

from aethex_live.errors import StartError
from aethex_live.waiting import end_task, wait_at_most

_RETRY_SECONDS = 0.5
_PROBE_SECONDS = 15.0

Heard = Callable[[str], None]
log = logging.getLogger(__name__)


class Listener:
    """Channels and who hears them. The connection is opened with the first listener."""

    def __init__(self, connect: Callable[[], Awaitable["asyncpg.Connection[Any]"]]) -> None:
        self._connect = connect
        self._heard: dict[str, list[Heard]] = {}
        self._changed = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def add(self, channel: str, heard: Heard) -> Callable[[], None]:
        """Hear a channel from (nearly) now on; the returned function ends it."""
        self._heard.setdefault(channel, []).append(heard)
        self._changed.set()
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run(), name="db-listener")

        def remove() -> None:
            with contextlib.suppress(ValueError):
                self._heard[channel].remove(heard)

        return remove

    async def close(self) -> None:
        """Stop hearing."""
        task, self._task = self._task, None
        await end_task(task)

    async def _run(self) -> None:
        while True:
            try:
                await self._listen_until_lost()
            except (StartError, OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                log.warning("The connection for notifications is lost (%s), trying again.", error)
            await asyncio.sleep(_RETRY_SECONDS)

    async def _listen_until_lost(self) -> None:
        connection = await self._connect()
        connection.add_termination_listener(lambda _connection: self._changed.set())
        known: set[str] = set()
        try:
            while not connection.is_closed():
                self._changed.clear()
                for channel in self._heard.keys() - known:
                    await connection.add_listener(channel, self._pass_on)
                    known.add(channel)
                    self._tell(channel, "")
                await wait_at_most(self._changed, _PROBE_SECONDS)
                # a dead peer is noticed only by talking to it
                await connection.execute("select 1", timeout=_PROBE_SECONDS)
        finally:
            connection.terminate()

    def _pass_on(self, _connection: Any, _pid: int, channel: str, payload: object) -> None:
        self._tell(channel, str(payload))

    def _tell(self, channel: str, payload: str) -> None:
        for heard in tuple(self._heard.get(channel, ())):
            try:
                heard(payload)
            except Exception:
                log.exception("A listener of the database channel %s failed.", channel)
