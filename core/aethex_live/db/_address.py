"""Addresses of databases: checking one, hiding its password, and saying in a sentence why it does not answer."""

from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

import asyncpg

from aethex_live.errors import ConfigError, StartError

from ._asyncpg import CONNECT_SECONDS, prepare

OLDEST_SERVER = 15


def socket_dsn(folder: str, user: str, database: str) -> str:
    """The address of a database behind a unix socket in `folder`."""
    return f"postgresql://{quote(user)}@/{quote(database)}?host={quote(folder)}"


def with_database(dsn: str, database: str) -> str:
    """The same server, another database."""
    return urlunsplit(urlsplit(dsn)._replace(path="/" + quote(database)))


def shown(dsn: str) -> str:
    """The address as it may stand in a log: without its password."""
    parts = urlsplit(dsn)
    if parts.password is None:
        return dsn
    return urlunsplit(parts._replace(netloc=parts.netloc.replace(f":{parts.password}@", ":***@")))


def check_dsn(dsn: str) -> str:
    """The address in the form that every driver takes; `ConfigError` when it is none."""
    scheme = dsn.split("://", 1)[0]
    if "://" not in dsn or scheme not in {"postgres", "postgresql"}:
        raise ConfigError(
            "DATABASE_URL is no PostgreSQL address: it must look like postgresql://user:password@host:5432/database"
            " (or be left out, then the platform runs its own PostgreSQL)."
        )
    return "postgresql://" + dsn.split("://", 1)[1]


async def open_connection(dsn: str, **options: Any) -> "asyncpg.Connection[Any]":
    """A connection outside of any pool; `StartError` in a sentence when there is none to be had."""
    try:
        connection: asyncpg.Connection[Any] = await asyncpg.connect(dsn, timeout=CONNECT_SECONDS, **options)
    except (OSError, TimeoutError, ValueError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise StartError(_reason(dsn, error)) from error
    await prepare(connection)
    return connection


async def check_server(dsn: str) -> None:
    """Prove that the database answers and is recent enough; `StartError` otherwise."""
    connection = await open_connection(dsn)
    major = connection.get_server_version().major
    await connection.close(timeout=CONNECT_SECONDS)
    if major < OLDEST_SERVER:
        raise StartError(
            f"The server of {shown(dsn)} is PostgreSQL {major}; the platform needs {OLDEST_SERVER} or newer."
            " Upgrade it, or leave DATABASE_URL out."
        )


def _reason(dsn: str, error: Exception) -> str:
    where = shown(dsn)
    match error:
        case asyncpg.InvalidCatalogNameError():
            return f"The database of {where} does not exist: create it (createdb), or correct DATABASE_URL."
        case asyncpg.InvalidAuthorizationSpecificationError():
            return f"PostgreSQL refuses the account of {where}: correct user and password in DATABASE_URL."
        case asyncpg.TooManyConnectionsError():
            return f"PostgreSQL at {where} has no free connection: raise max_connections or stop other clients."
        case TimeoutError():
            return f"PostgreSQL at {where} did not answer within {CONNECT_SECONDS:.0f} s: check host, port, firewall."
        case OSError():
            detail = error.strerror or str(error)
            return f"PostgreSQL at {where} can't be reached ({detail}): is it running, are host and port right?"
        case _:
            return f"The database at {where} can't be used: {error}."
