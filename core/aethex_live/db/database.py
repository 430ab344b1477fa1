"""The face of the database: one pool, Tortoise's context, transactions, raw queries, notifications."""

from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Self

import asyncpg
from tortoise.backends.base.client import BaseDBAsyncClient

# a private name: tortoise is pinned exactly, and a test binds it from many tasks at once
from tortoise.context import TortoiseContext, _current_context

from ._address import check_dsn, check_server, open_connection
from ._listener import Listener
from .embedded import EmbeddedPostgres

ASGIApp = Callable[[MutableMapping[str, Any], Any, Any], Awaitable[None]]
_CONNECTION = "default"
_CLIENT = "aethex_live.db._asyncpg"


@dataclass(frozen=True)
class AppModels:
    """The rows of the core or of one plugin: a Tortoise app, its module of models and its package of migrations."""

    label: str
    models_module: str
    migrations_module: str


CORE = AppModels("core", "aethex_live.models", "aethex_live.migrations")


class Database:
    """An open database. Make one with `connect`, end it with `close`."""

    def __init__(self, dsn: str, apps: Sequence[AppModels], embedded: EmbeddedPostgres | None) -> None:
        self.dsn = dsn
        self.apps = tuple(apps)
        self.context = TortoiseContext()
        self._embedded = embedded
        self._listener = Listener(self.open_connection)

    @classmethod
    async def connect(
        cls,
        source: str | EmbeddedPostgres,
        apps: Sequence[AppModels] = (CORE,),
        *,
        pool: tuple[int, int] = (1, 10),
        name: str = "aethex",
    ) -> Self:
        """Open the database at an address, or the one of our own server (started here, and then stopped by `close`).

        `pool` is the least and the most connections; `name` is what the server's list of clients shows. Raises
        `StartError` in a sentence when the database can't be used.
        """
        embedded = None
        if isinstance(source, EmbeddedPostgres):
            embedded = source if await source.start() else None
            source = source.dsn()
        database = cls(check_dsn(source), apps, embedded)
        try:
            await check_server(database.dsn)
            await database._open(pool, name)
        except BaseException:
            await database.close()
            raise
        return database

    async def _open(self, pool: tuple[int, int], name: str) -> None:
        credentials = {"dsn": self.dsn, "minsize": pool[0], "maxsize": pool[1], "application_name": name}
        self.bind()
        await self.context.init(config=tortoise_config(self.apps, credentials))
        # Tortoise opens the pool on first use, which under load would be in the middle of a request
        await self._client().execute_query_dict("select 1")

    def bind(self) -> None:
        """Make Tortoise use this database in the current task: the first line of every task that ASGI did not start."""
        _current_context.set(self.context)

    def middleware(self, inner: ASGIApp) -> ASGIApp:
        """The outermost ASGI layer: binds the task of every request and socket."""

        async def bound(scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:
            if scope["type"] != "lifespan":
                self.bind()
            await inner(scope, receive, send)

        return bound

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[None]:
        """A transaction around the block; inside another one a savepoint. Start no task and call no network in it."""
        self.bind()
        async with self._client()._in_transaction():
            yield

    async def fetch(self, sql: str, args: Sequence[Any] = ()) -> list[dict[str, Any]]:
        """The rows of a query (also of INSERT ... RETURNING), JSON columns decoded; takes part in the transaction."""
        return await self._client().execute_query_dict(sql, list(args))

    async def execute(self, sql: str, args: Sequence[Any] = ()) -> int:
        """Run a statement; the number of rows that it touched. Takes part in the transaction."""
        count, _ = await self._client().execute_query(sql, list(args))
        return int(count)

    def listen(self, channel: str, heard: Callable[[str], None]) -> Callable[[], None]:
        """Call `heard` with the payload of every NOTIFY on `channel`; returns what ends it.

        `heard` is also called with an empty payload when listening begins, and begins anew after a lost connection:
        something may have been missed.
        """
        return self._listener.add(channel, heard)

    async def open_connection(self) -> "asyncpg.Connection[Any]":
        """A connection of one's own, for session locks and LISTEN; the caller closes it."""
        return await open_connection(self.dsn)

    @property
    def in_transaction(self) -> bool:
        """Whether the current task is inside `transaction()`."""
        return hasattr(self._client(), "_finalized")

    async def close(self) -> None:
        """Close all connections; stop the server if `connect` started it."""
        await self._listener.close()
        if self.context.inited:
            self.bind()
            await self.context.connections.close_all(discard=True)
        if self._embedded is not None:
            await self._embedded.stop()

    def _client(self) -> BaseDBAsyncClient:
        return self.context.connections.get(_CONNECTION)


def tortoise_config(apps: Sequence[AppModels], credentials: dict[str, Any] | None = None) -> dict[str, Any]:
    """Tortoise's configuration for these apps over our client."""
    return {
        "connections": {_CONNECTION: {"engine": _CLIENT, "credentials": credentials or {"dsn": ""}}},
        "apps": {app.label: {"models": [app.models_module], "migrations": app.migrations_module} for app in apps},
    }
