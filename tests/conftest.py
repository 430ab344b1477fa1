"""Fixtures for every test: a real PostgreSQL, and databases that are built from the migrations.

    postgres        the server, one a run, fsync off (`postgres.dsn("name")` is the address of a database)
    database        a fresh, migrated `Database` a test (about 0.15 s), bound to the test's task
    make_database   `await make_database("core", "chat")`: more of them, or other sets of apps
    fresh_dsn       `await fresh_dsn("core")`: the address of a fresh, migrated database, for child processes
    whole_dsn       `await whole_dsn()`: the same with all official plugins, for sites
    rolled_back     a `Database` shared by the run; what the test writes is rolled back (a few ms). For tests that need
                    neither a commit, nor a second connection, nor the event positions
    need            `need("chromium")` skips with the reason, or fails if AETHEX_REQUIRE names it (see needs.py)

Which apps a database has follows from the test's folder: tests/plugins/chat has core and chat, tests/core has core
alone, all others have every official plugin. AETHEX_PG_BIN runs the tests on another PostgreSQL.
"""

import asyncio
import contextlib
import itertools
import logging
import os
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import asyncpg
import pytest
import pytest_asyncio

sys.path.insert(0, str(Path(__file__).parent))

from aethex_live.db import AppModels, Database, EmbeddedPostgres
from aethex_live.db.database import CORE
from aethex_live.db.migrate import upgrade
from aethex_live.logs import Lines
from needs import need as find_need
from sites import open_site, site  # noqa: F401 - fixtures for all tests
from swap_report import pytest_terminal_summary  # noqa: F401 - a hook

PLUGINS = Path(__file__).parent.parent / "plugins"
LONGEST_FIRST = ("platform", "bench", "deploy", "pages")
MakeDatabase = Callable[..., Awaitable[Database]]
FreshDsn = Callable[..., Awaitable[str]]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that take minutes, so that no process ends up alone with one of them."""

    def place(item: pytest.Item) -> int:
        folder = item.path.relative_to(Path(__file__).parent).parts[0]
        return LONGEST_FIRST.index(folder) if folder in LONGEST_FIRST else len(LONGEST_FIRST)

    items.sort(key=place)


@pytest.fixture
def need() -> Callable[[str], Path]:
    return find_need


@pytest_asyncio.fixture(scope="session")
async def postgres() -> AsyncIterator[EmbeddedPostgres]:
    with tempfile.TemporaryDirectory(prefix="aethex-tests-", ignore_cleanup_errors=True) as folder:
        server = EmbeddedPostgres(Path(folder), fsync=False, max_connections=200)
        await server.start()
        yield server
        await server.stop()


def app_models(*labels: str) -> list[AppModels]:
    """The apps of these labels; without any, the core and every official plugin that has migrations."""
    names = labels or ("core", *sorted(path.parent.parent.name for path in PLUGINS.glob("*/migrations/0001_*.py")))
    apps = [CORE]
    for name in names:
        if name != "core":
            apps.append(AppModels(name, f"aethex_plugins.{name}.models", f"aethex_plugins.{name}.migrations"))
    return apps


def labels_of(path: Path) -> tuple[str, ...]:
    """The apps that a test file needs, by its folder."""
    parts = path.relative_to(Path(__file__).parent).parts
    if parts[0] == "core":
        return ("core",)
    if parts[0] == "plugins" and len(parts) > 2:
        return ("core", parts[1]) if any((PLUGINS / parts[1] / "migrations").glob("0001_*.py")) else ("core",)
    return tuple(app.label for app in app_models())


@pytest_asyncio.fixture(scope="session")
async def _templates(postgres: EmbeddedPostgres) -> Callable[[tuple[str, ...]], Awaitable[str]]:
    made: dict[tuple[str, ...], str] = {}
    lock = asyncio.Lock()

    async def template(labels: tuple[str, ...]) -> str:
        async with lock:
            if labels not in made:
                name = f"template_{len(made)}"
                await run_sql(postgres.dsn("postgres"), f'create database "{name}"')
                database = await Database.connect(postgres.dsn(name), app_models(*labels), pool=(1, 2))
                await upgrade(database)
                await database.close()
                made[labels] = name
            return made[labels]

    return template


async def run_sql(dsn: str, sql: str) -> None:
    connection = await asyncpg.connect(dsn, timeout=10)
    try:
        await connection.execute(sql)
    finally:
        await connection.close(timeout=5)


_numbers = itertools.count(1)


@pytest_asyncio.fixture
async def fresh_dsn(
    postgres: EmbeddedPostgres, _templates: Callable[[tuple[str, ...]], Awaitable[str]], request: pytest.FixtureRequest
) -> AsyncIterator[FreshDsn]:
    names: list[str] = []

    async def fresh(*labels: str) -> str:
        template = await _templates(labels or labels_of(request.path))
        name = f"test_{os.getpid()}_{next(_numbers)}"
        await run_sql(postgres.dsn("postgres"), f'create database "{name}" template "{template}"')
        names.append(name)
        return postgres.dsn(name)

    yield fresh
    for name in names:
        await run_sql(postgres.dsn("postgres"), f'drop database if exists "{name}" with (force)')


@pytest.fixture
def whole_dsn(fresh_dsn: FreshDsn) -> Callable[[], Awaitable[str]]:
    """The address of a fresh database with all official plugins, wherever the test stands: a site migrates no more."""

    async def whole() -> str:
        return await fresh_dsn(*(app.label for app in app_models()))

    return whole


@pytest_asyncio.fixture(scope="module")
async def database_copy(
    postgres: EmbeddedPostgres, _templates: Callable[[tuple[str, ...]], Awaitable[str]]
) -> AsyncIterator[Callable[[], Awaitable[str]]]:
    """Addresses of databases with all official plugins that live as long as the tests of a module."""
    names: list[str] = []

    async def copy() -> str:
        template = await _templates(tuple(app.label for app in app_models()))
        names.append(f"module_{os.getpid()}_{next(_numbers)}")
        await run_sql(postgres.dsn("postgres"), f'create database "{names[-1]}" template "{template}"')
        return postgres.dsn(names[-1])

    yield copy
    for name in names:
        await run_sql(postgres.dsn("postgres"), f'drop database if exists "{name}" with (force)')


@pytest_asyncio.fixture
async def make_database(fresh_dsn: FreshDsn, request: pytest.FixtureRequest) -> AsyncIterator[MakeDatabase]:
    made: list[Database] = []

    async def make(*labels: str, pool: tuple[int, int] = (1, 10)) -> Database:
        chosen = labels or labels_of(request.path)
        made.append(await Database.connect(await fresh_dsn(*chosen), app_models(*chosen), pool=pool))
        return made[-1]

    yield make
    for database in made:
        await database.close()


@pytest_asyncio.fixture
async def database(make_database: MakeDatabase) -> Database:
    made = await make_database()
    made.bind()
    return made


@pytest_asyncio.fixture(scope="session")
async def _shared_databases(
    postgres: EmbeddedPostgres, _templates: Callable[[tuple[str, ...]], Awaitable[str]]
) -> AsyncIterator[Callable[[tuple[str, ...]], Awaitable[Database]]]:
    made: dict[tuple[str, ...], Database] = {}

    async def shared(labels: tuple[str, ...]) -> Database:
        if labels not in made:
            name = f"shared_{os.getpid()}_{len(made)}"
            await run_sql(postgres.dsn("postgres"), f'create database "{name}" template "{await _templates(labels)}"')
            made[labels] = await Database.connect(postgres.dsn(name), app_models(*labels), pool=(1, 2))
        return made[labels]

    yield shared
    for database in made.values():
        await database.close()


class _RollBack(Exception):
    """Ends the transaction around a test."""


@pytest_asyncio.fixture
async def rolled_back(
    _shared_databases: Callable[[tuple[str, ...]], Awaitable[Database]], request: pytest.FixtureRequest
) -> AsyncIterator[Database]:
    database = await _shared_databases(labels_of(request.path))
    with contextlib.suppress(_RollBack):
        async with database.transaction():
            yield database
            raise _RollBack


@pytest.fixture(autouse=True)
def _log_levels_stay() -> Iterator[None]:
    """A command that runs in this process sets up the log; the next test has the levels that it expects."""
    names = ("", "aethex", "aethex_live", "aethex_plugins", "aethex.access")
    levels = {name: logging.getLogger(name).level for name in names}
    yield
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)
    root = logging.getLogger()
    root.handlers[:] = [handler for handler in root.handlers if not isinstance(handler.formatter, Lines)]
