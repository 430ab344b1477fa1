"""Migrations: written in the right order, applied once by whoever comes first, never half."""

import asyncio
import itertools
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from aethex_live.db import AppModels, Database, EmbeddedPostgres
from aethex_live.db.database import CORE
from aethex_live.db.make import make
from aethex_live.db.migrate import pending, purge, upgrade, wait_until_current
from aethex_live.errors import AethexError, StartError

_numbers = itertools.count(1)
Package = Callable[..., AppModels]
HEAD = "from tortoise import fields\nfrom tortoise.migrations.constraints import *\nfrom aethex_live.db import Row\n\n"
NOTE = HEAD + (
    "class Note(Row):\n"
    "    user = fields.ForeignKeyField('core.User', related_name='{label}_notes', on_delete=fields.CASCADE)\n"
    "    text = fields.TextField()\n"
    "    state = fields.CharField(max_length=9, default='new')\n"
    "    class Meta:\n"
    "        table = '{label}_note'\n"
    "        constraints = (\n"
    "            CheckConstraint(check=\"state <> ''\", name='{label}_note_state'),\n"
    "            UniqueConstraint(fields=('text',), name='{label}_note_open', condition=\"state = 'open'\"),\n"
    "        )\n"
)


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Package:
    """A plugin's package with models and an empty folder of migrations; `{label}` stands for its name."""
    monkeypatch.syspath_prepend(tmp_path)

    def write(models: str, *migrations: tuple[str, str]) -> AppModels:
        label = f"plug{next(_numbers)}"
        folder = tmp_path / label / "migrations"
        folder.mkdir(parents=True)
        (tmp_path / label / "__init__.py").write_text("")
        (folder / "__init__.py").write_text("")
        (tmp_path / label / "models.py").write_text(models.format(label=label))
        for name, text in migrations:
            (folder / f"{name}.py").write_text(text.format(label=label))
        return AppModels(label, f"{label}.models", f"{label}.migrations")

    return write


async def empty(postgres: EmbeddedPostgres, *apps: AppModels) -> Database:
    name = f"empty_{next(_numbers)}"
    admin = await Database.connect(postgres.dsn("postgres"))
    await admin.execute(f'create database "{name}"')
    await admin.close()
    return await Database.connect(postgres.dsn(name), apps or (CORE,))


async def tables(database: Database) -> set[str]:
    rows = await database.fetch("select tablename::text as name from pg_tables where schemaname = 'public'")
    return {row["name"] for row in rows}


async def test_the_core_has_a_migration_for_each_of_its_models() -> None:
    assert await make([CORE], write=False) == []


async def test_a_database_is_built_once_and_then_left_alone(postgres: EmbeddedPostgres) -> None:
    database = await empty(postgres)
    wanted = ["core.0001_initial", "core.0002_event_numbers", "core.0003_seed"]
    assert (await pending(database))[:3] == wanted
    assert (await upgrade(database))[:3] == wanted
    assert await upgrade(database) == []
    assert await pending(database) == []
    await database.close()


async def test_the_first_categories_are_there(database: Database) -> None:
    rows = await database.fetch("select name from core_category order by name")
    assert [row["name"] for row in rows][:3] == ["Art", "Creative", "Games"]
    assert len(rows) == 10


async def test_plugins_made_and_applied_with_the_core_depend_on_it(
    postgres: EmbeddedPostgres, package: Package
) -> None:
    # Given two plugins without migrations, listed before the core
    apps = (package(NOTE), package(NOTE), CORE)

    # When their migrations are written and applied
    written = await make(apps)
    database = await empty(postgres, *apps)
    await upgrade(database)

    # Then each depends on the core, its constraints exist, and nothing more is to be written
    assert [path.name for path in written] == ["0001_initial.py"] * 2
    assert all("('core'," in path.read_text() for path in written)
    names = {row["name"] for row in await database.fetch("select conname::text as name from pg_constraint")}
    indexes = {row["d"] for row in await database.fetch("select indexdef as d from pg_indexes")}
    assert f"{apps[0].label}_note_state" in names
    assert any(f"{apps[1].label}_note_open" in index and "WHERE" in index for index in indexes)
    assert await make(apps, write=False) == []
    await database.close()


async def test_a_plugin_of_somebody_else_depends_on_the_named_baseline(package: Package) -> None:
    app = package(NOTE)
    written = await make((CORE, app), core_baseline="0001_initial")
    assert "dependencies = [('core', '0001_initial')]" in written[0].read_text()


@pytest.mark.parametrize(
    ("models", "sentence"),
    [
        (NOTE.replace("fields.CASCADE", "fields.RESTRICT"), "must be on_delete CASCADE or SET NULL"),
        (NOTE.replace("'{label}_notes'", "'notes'"), "needs related_name=plug"),
    ],
    ids=["on delete", "related name"],
)
async def test_foreign_keys_that_would_hold_up_the_core_are_refused(
    package: Package, models: str, sentence: str
) -> None:
    with pytest.raises(AethexError, match=sentence):
        await make((CORE, package(models)))


async def test_a_foreign_key_to_another_plugin_is_refused(package: Package) -> None:
    other = package(NOTE)
    models = NOTE.replace("core.User", f"{other.label}.Note").replace("{label}_notes", "{label}_of_note")
    with pytest.raises(AethexError, match=f"points to the plugin {other.label}"):
        await make((CORE, other, package(models)))


async def test_a_new_column_without_a_value_for_old_rows_is_refused(package: Package) -> None:
    # no foreign key: the model is imported three times, and its name on the core's model stays
    app = package("".join(line + "\n" for line in NOTE.splitlines() if "ForeignKey" not in line))
    await make((CORE, app))
    module = sys.modules[app.models_module]
    file = Path(str(module.__file__))
    file.write_text(file.read_text().replace("    text =", "    more = fields.IntField(default=3)\n    text ="))
    del sys.modules[app.models_module]
    with pytest.raises(AethexError, match=r"Note.more is a new NOT NULL column: it needs db_default="):
        await make((CORE, app))

    file.write_text(file.read_text().replace("default=3", "default=3, db_default=3"))
    del sys.modules[app.models_module]
    assert [path.name for path in await make((CORE, app))] == ["0002_add_note_more.py"]


UPGRADER = """
import asyncio, sys
from aethex_live.db import Database
from aethex_live.db.migrate import upgrade

async def main():
    database = await Database.connect(sys.argv[1])
    print(len(await upgrade(database)))
    await database.close()

asyncio.run(main())
"""


@pytest.mark.slow
async def test_of_four_processes_that_start_at_once_one_migrates(postgres: EmbeddedPostgres) -> None:
    database = await empty(postgres)
    started = [
        subprocess.Popen([sys.executable, "-c", UPGRADER, database.dsn], stdout=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    applied = sorted(int(process.communicate(timeout=60)[0]) for process in started)
    assert applied[:3] == [0, 0, 0]
    assert applied[3] >= 3
    assert [process.returncode for process in started] == [0, 0, 0, 0]
    await database.close()


async def test_a_database_that_is_newer_than_the_code_is_left_alone(database: Database) -> None:
    await database.execute(
        "insert into tortoise_migrations (app, name, applied_at) values ('core', '9999_future', now())"
    )
    for attempt in (upgrade, pending):
        with pytest.raises(StartError, match=r"newer than this code: it has the migration core.9999_future"):
            await attempt(database)


async def test_migrations_of_a_plugin_that_is_off_are_nobodys_business(database: Database) -> None:
    await database.execute("insert into tortoise_migrations (app, name, applied_at) values ('tips', '0001_x', now())")
    assert await upgrade(database) == []


BROKEN = """
from tortoise import migrations
from tortoise.migrations import operations as ops

class Migration(migrations.Migration):
    dependencies = [("core", "0001_initial")]
    operations = [ops.RunSQL("create table {label}_half (n int)"), ops.RunSQL("select no_such_column")]
"""


async def test_a_migration_that_fails_is_rolled_back_whole(postgres: EmbeddedPostgres, package: Package) -> None:
    app = package(NOTE, ("0001_broken", BROKEN))
    database = await empty(postgres, CORE, app)
    with pytest.raises(StartError, match=rf"Migration {app.label}.0001_broken failed and was rolled back"):
        await upgrade(database)
    assert f"{app.label}_half" not in await tables(database)
    assert await pending(database) == [f"{app.label}.0001_broken"]
    await database.close()


async def test_a_role_that_only_waits_ends_with_the_command_to_run(postgres: EmbeddedPostgres) -> None:
    database = await empty(postgres)
    with pytest.raises(StartError, match="run `aethex migrate`"):
        await wait_until_current(database, 0.1)

    waiting = asyncio.create_task(wait_until_current(database, 30))
    await upgrade(database)
    await waiting
    await database.close()


async def test_a_purged_plugin_leaves_nothing_and_can_come_back(postgres: EmbeddedPostgres, package: Package) -> None:
    app = package(NOTE)
    apps = (CORE, app)
    await make(apps)
    database = await empty(postgres, *apps)
    await upgrade(database)

    assert await purge(database, app.label) == [f"{app.label}_note"]
    assert f"{app.label}_note" not in await tables(database)
    assert "core_user" in await tables(database)
    assert await upgrade(database) == [f"{app.label}.0001_initial"]
    await database.close()


async def test_the_core_can_not_be_purged(database: Database) -> None:
    with pytest.raises(AethexError, match="can't be purged"):
        await purge(database, "core")
