"""Tortoise's asyncpg client, taking a whole DSN and a time limit on the wait for a connection.

Its name holds "asyncpg" because Tortoise picks the schema editor of a connection by its module's name.
"""

from typing import TYPE_CHECKING, Any

import asyncpg
import orjson
from asyncpg.pool import Pool
from tortoise.backends.asyncpg.client import AsyncpgDBClient

if TYPE_CHECKING:
    from asyncpg.pool import PoolAcquireContext

    AnyPool = Pool[asyncpg.Record]
else:
    AnyPool = Pool  # generic in the stubs alone

ACQUIRE_SECONDS = 30.0
CONNECT_SECONDS = 10.0
STATEMENT_SECONDS = 60.0


def encode_json(value: Any) -> str:
    """JSON text of a value; text is taken to be JSON already, because Tortoise encodes before it sends."""
    return value if isinstance(value, str) else orjson.dumps(value).decode()


async def prepare(connection: "asyncpg.Connection[Any]") -> None:
    """Make a fresh connection speak JSON: columns come as Python values (Tortoise takes them as they are).

    A column whose whole value is a JSON string can't be read through Tortoise, which would decode it once more.
    """
    for name in ("json", "jsonb"):
        await connection.set_type_codec(name, schema="pg_catalog", encoder=encode_json, decoder=orjson.loads)


async def leave_as_it_is(_connection: "asyncpg.Connection[Any]") -> None:
    """No statement between two users of a connection: it would cost as much as a query.

    asyncpg has rolled back what was open before it calls this. What else asyncpg's own reset would undo is never done
    here: session settings, LISTEN and session locks have connections of their own (`Database.open_connection`).
    """


class BoundedPool(AnyPool):
    """A pool whose callers wait a bounded time for a connection."""

    def acquire(self, *, timeout: float | None = None) -> "PoolAcquireContext[asyncpg.Record]":
        return super().acquire(timeout=ACQUIRE_SECONDS if timeout is None else timeout)


class Client(AsyncpgDBClient):
    """Tortoise's client over a `BoundedPool`; `dsn` comes with the credentials."""

    def __init__(self, *, dsn: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._dsn = dsn  # kept out of the parameters, which Tortoise logs

    async def create_pool(self, **kwargs: Any) -> BoundedPool:
        pool = BoundedPool(
            self._dsn,
            min_size=kwargs["min_size"],
            max_size=kwargs["max_size"],
            max_queries=50_000,
            max_inactive_connection_lifetime=300.0,
            connect=None,
            setup=None,
            init=prepare,
            reset=leave_as_it_is,
            loop=None,
            connection_class=asyncpg.Connection,
            record_class=asyncpg.Record,
            timeout=CONNECT_SECONDS,
            command_timeout=STATEMENT_SECONDS,
            server_settings=kwargs["server_settings"],
        )
        return await pool


client_class = Client
