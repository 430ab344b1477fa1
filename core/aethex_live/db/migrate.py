"""Applying migrations: under a lock, forward only, each with its record in one transaction."""

import asyncio
import time
import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast

import asyncpg
from tortoise.backends.asyncpg.client import TransactionWrapper
from tortoise.exceptions import BaseORMException
from tortoise.migrations.executor import MigrationExecutor
from tortoise.migrations.graph import MigrationKey

from aethex_live.errors import AethexError, StartError

from .database import Database, tortoise_config

LOCK = zlib.crc32(b"aethex-migrate")
LOCK_SECONDS = 300.0
_POLL_SECONDS = 0.25


async def upgrade(db: Database) -> list[str]:
    """Apply what is pending and return its names ("core.0001_initial").

    Processes that start at once wait for one another. Raises `StartError` when the database was made by newer code, or
    when a migration fails, which is then rolled back whole.
    """
    if not await pending(db):  # the usual start: no lock, no replay of the history
        return []
    async with _locked_session(db) as executor:
        applied = await _applied(db)
        _refuse_newer(executor, applied)
        plan = executor._migration_plan(None, applied, executor.loader.graph)
        state = await executor._project_state(applied)
        done = []
        for step in plan:
            name = f"{step.migration.app_label}.{step.migration.name}"
            try:
                await _apply(db, executor, step.migration, state)
            except (asyncpg.PostgresError, BaseORMException, AethexError, ValueError) as error:
                raise StartError(f"Migration {name} failed and was rolled back: {error}") from error
            done.append(name)
        return done


async def _apply(db: Database, executor: MigrationExecutor, migration: Any, state: Any) -> None:
    """One migration and its record; Tortoise's own loop records it in a second transaction, which a crash can lose."""
    client = cast("TransactionWrapper", db.context.connections.get("default"))
    if not migration.atomic:
        await migration.apply(state, schema_editor=executor._schema_editor(atomic=False))
        await executor.recorder.record_applied(migration.app_label, migration.name)
        return
    async with client._in_transaction() as inner:
        editor = executor._schema_editor(atomic=True)
        editor.client = inner
        await migration.apply(state, schema_editor=editor)
        await executor.recorder.record_applied(migration.app_label, migration.name)


async def pending(db: Database) -> list[str]:
    """The names of migrations that the code has and the database has not."""
    executor = await _executor(db)
    applied = await _applied(db)
    _refuse_newer(executor, applied)
    missing = sorted(executor.loader.disk_migrations.keys() - applied)
    return [f"{key.app_label}.{key.name}" for key in missing]


async def wait_until_current(db: Database, seconds: float) -> None:
    """Wait for another process to migrate; `StartError` when that takes longer than `seconds`."""
    deadline = time.monotonic() + seconds
    while missing := await pending(db):
        if time.monotonic() > deadline:
            raise StartError(
                f"The database lacks {len(missing)} migrations (first {missing[0]}) after {seconds:.0f} s of waiting:"
                " run `aethex migrate`, then start this role again."
            )
        await asyncio.sleep(_POLL_SECONDS)


async def purge(db: Database, label: str) -> list[str]:
    """Drop the tables of a plugin and forget its migrations, in one transaction; returns the tables' names."""
    if label == "core":
        raise AethexError("The core's tables can't be purged: they are the site.")
    async with _locked_session(db) as executor:
        applied = await _applied(db)
        state = await executor._project_state(applied)
        tables = [str(model.options["table"]) for (app, _), model in state.models.items() if app == label]
        async with db.transaction():
            for table in tables:
                quoted = table.replace('"', '""')
                await db.execute(f'drop table if exists "{quoted}" cascade')
            if await _has_records(db):
                await db.execute("delete from tortoise_migrations where app = $1", [label])
        return tables


async def _applied(db: Database) -> set[MigrationKey]:
    """What is recorded as applied. (Tortoise's own reader takes every error for "nothing".)"""
    if not await _has_records(db):
        return set()
    rows = await db.fetch("select app, name from tortoise_migrations")
    return {MigrationKey(app_label=row["app"], name=row["name"]) for row in rows}


async def _has_records(db: Database) -> bool:
    return bool((await db.fetch("select to_regclass('tortoise_migrations') is not null as there"))[0]["there"])


def _refuse_newer(executor: MigrationExecutor, applied: set[MigrationKey]) -> None:
    labels = set(executor.loader.apps_config)
    unknown = sorted(key for key in applied - executor.loader.disk_migrations.keys() if key.app_label in labels)
    if unknown:
        named = f"{unknown[0].app_label}.{unknown[0].name}"
        raise StartError(
            f"The database is newer than this code: it has the migration {named}, which this version does not know."
            " Install the version that made it, or restore a backup."
        )


async def _executor(db: Database) -> MigrationExecutor:
    db.bind()
    config = tortoise_config(db.apps)["apps"]
    executor = MigrationExecutor(db.context.connections.get("default"), config)
    await executor.loader.build_graph()
    return executor


@asynccontextmanager
async def _locked_session(db: Database) -> AsyncIterator[MigrationExecutor]:
    """Tortoise on one connection that holds the lock and has no time limit on statements."""
    connection = await db.open_connection()
    db.bind()
    pooled = db.context.connections.get("default")
    session = TransactionWrapper(cast("Any", pooled))
    session._connection = cast("Any", connection)
    token = db.context.connections.set("default", session)
    try:
        await connection.execute("select pg_advisory_lock($1)", LOCK, timeout=LOCK_SECONDS)
        executor = await _executor(db)
        await executor.recorder.ensure_schema(executor._schema_editor(atomic=False))
        yield executor
    except TimeoutError as error:
        raise StartError(
            f"Another process has been migrating for {LOCK_SECONDS:.0f} s: wait for it or end it, then try again."
        ) from error
    finally:
        db.context.connections.reset(token)
        connection.terminate()
