"""Where a restore goes: a folder with its stage and what is kept aside, or a database that somebody else runs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self
from urllib.parse import unquote, urlsplit

import asyncpg

from aethex_live.db._address import open_connection, with_database

from .errors import BackupError
from .folders import ASIDE, BACKUPS, STAGE

_LOOKS, _LOOK_S = 40, 0.05
_OTHERS = "select count(*) from pg_stat_activity where datname = $1 and pid <> pg_backend_pid()"
_EMPTY = """
select not exists (select 1 from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where c.relkind in ('r', 'p', 'v', 'm', 'S') and n.nspname not in ('information_schema', 'pg_catalog', 'pg_toast'))
"""


@dataclass(frozen=True, slots=True)
class Place:
    """A folder to restore into. Stage and aside lie in it, so that a rename moves what is in them."""

    target: Path
    stage: Path
    aside: Path

    @classmethod
    def of(cls, target: Path, stamp: str) -> Self:
        """The place at `target`."""
        return cls(target, target / f"{STAGE}{stamp}", target / f"before-{stamp}")


def spared(place: Place, path: Path) -> set[str]:
    """Names in a place that a restore leaves alone: backups, earlier sites, and what holds the backup itself."""
    names = {"lost+found", BACKUPS, ".writable"}
    if place.target.is_dir():
        names |= {entry.name for entry in place.target.iterdir() if ASIDE.fullmatch(entry.name)}
    backup, target = path.resolve(), place.target.resolve()
    if backup.is_relative_to(target):
        names.add(backup.relative_to(target).parts[0])
    return names


@asynccontextmanager
async def external(dsn: str, stamp: str, *, replace: bool) -> AsyncIterator[tuple[str, list[str]]]:
    """An empty database at the address. One that is not empty is renamed first, if `replace`.

    When the block fails, all is as before. Raises BackupError.
    """
    if await _is_empty(dsn):
        try:
            yield dsn, []
        except BaseException:
            await _clear(dsn)
            raise
        return
    name = unquote(urlsplit(dsn).path.lstrip("/"))
    if not replace:
        raise BackupError(f"The database {name} is not empty: name an empty one, or keep it aside with --replace.")
    aside = f"{name}_before_{stamp.lower()}"
    server = with_database(dsn, "postgres")
    await _swap(server, name, aside)
    try:
        yield dsn, [f"the database {aside}"]
    except BaseException:
        await _on(server, f"drop database {_quoted(name)} with (force)")
        await _on(server, f"alter database {_quoted(aside)} rename to {_quoted(name)}")
        raise


async def _others(connection: asyncpg.Connection[Any], name: str) -> int:
    """How many others are connected; the server lists one that has just closed for a moment longer."""
    for _ in range(_LOOKS - 1):
        if not await connection.fetchval(_OTHERS, name):
            return 0
        await asyncio.sleep(_LOOK_S)
    return int(await connection.fetchval(_OTHERS, name))


async def _swap(server: str, name: str, aside: str) -> None:
    connection = await open_connection(server)
    try:
        if others := await _others(connection, name):
            raise BackupError(f"{others} connections to the database {name} are open: stop the site first.")
        await connection.execute(f"alter database {_quoted(name)} rename to {_quoted(aside)}")
        try:
            await connection.execute(f"create database {_quoted(name)} template template0 encoding 'UTF8'")
        except asyncpg.PostgresError:
            await connection.execute(f"alter database {_quoted(aside)} rename to {_quoted(name)}")
            raise
    except asyncpg.PostgresError as error:
        raise BackupError(
            f"The database {name} can't be kept aside ({error}): let its account create databases"
            " (alter role … createdb), or restore into an empty database."
        ) from error
    finally:
        connection.terminate()


async def _is_empty(dsn: str) -> bool:
    connection = await open_connection(dsn)
    try:
        return bool(await connection.fetchval(_EMPTY))
    finally:
        connection.terminate()


async def _clear(dsn: str) -> None:
    """Make a database empty that was so before."""
    await _on(dsn, "drop schema public cascade; create schema public")


async def _on(dsn: str, sql: str) -> None:
    connection: asyncpg.Connection[Any] = await open_connection(dsn)
    try:
        await connection.execute(sql)
    finally:
        connection.terminate()


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
