"""Backups: what is in one, what a restore brings back, and what is refused with nothing changed."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import random
import stat
import tarfile
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg
import pytest
from backup_support import FILES, SmallSite, embedded, tree
from hypothesis import given
from hypothesis import strategies as st

from aethex_live.backup import BackupError, Manifest, archive, check, create, facts, moves, restore, tools
from aethex_live.backup.manifest import SEAL, Member
from aethex_live.clock import Clock
from aethex_live.db import Database
from aethex_live.db._address import with_database
from aethex_live.domain.audit_chain import AuditChain, Head
from aethex_live.errors import StartError
from aethex_live.platform import Platform
from aethex_live.settings import Site


class At(Clock):
    """A clock that stands."""

    def __init__(self, now: datetime) -> None:
        self._now = now

    def now(self) -> datetime:
        return self._now


NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


async def rows_of(dsn: str) -> dict[str, object]:
    connection = await asyncpg.connect(dsn, timeout=10)
    try:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            return dict((await facts.gather(connection)).tables)
    finally:
        await connection.close(timeout=5)


async def test_a_restored_site_has_every_row_and_every_file(small_site: SmallSite, tmp_path: Path) -> None:
    # Given a backup, and a head of the audit in it
    made = await small_site.backup(tmp_path / "out")
    # When it is restored into a new folder
    done = await restore(Site(data=tmp_path / "new"), made.path)
    # Then all files are there, and no others
    secret = small_site.site.data / "secret"
    assert tree(done.data) == {k: v for k, v in tree(small_site.site.data).items() if k in {*FILES, "secret"}}
    assert stat.S_IMODE((done.data / "secret").stat().st_mode) == 0o600 == stat.S_IMODE(secret.stat().st_mode)
    # and all rows but for the epoch, which is new
    db = await Database.connect(embedded(done.data))
    try:
        there, before = await rows_of(db.dsn), await rows_of(small_site.db.dsn)
        assert {k for k in before if there[k] != before[k]} == {"core_site_fact", "core_topic"}
        epochs = await db.fetch(
            "select value from core_site_fact where key = 'epoch' union select epoch from core_topic"
        )
        assert len(epochs) == 1
        assert epochs[0]["value"] != "old-epoch"
        assert (await AuditChain(db).verify(Head.parse(made.manifest.audit_head))).broken is None
        with pytest.raises(asyncpg.RestrictViolationError):  # triggers are back
            await (await db.open_connection()).execute("delete from core_audit_entry")
    finally:
        await db.close()


async def test_a_backup_is_private_and_leaves_nothing_beside_it(small_site: SmallSite, tmp_path: Path) -> None:
    made = await small_site.backup(tmp_path / "out", clock=At(NOON))
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["aethex-20261122T120000Z.tar"]
    assert stat.S_IMODE(made.path.stat().st_mode) == 0o600
    assert check(made.path) == made.manifest
    assert made.manifest.rows > 500


async def test_the_database_is_seen_at_one_moment_while_people_write(small_site: SmallSite, tmp_path: Path) -> None:
    """Pairs of rows are written all the time; a backup has both or neither."""
    end = asyncio.Event()

    async def write() -> int:
        count = 0
        while not end.is_set():
            async with small_site.db.transaction():
                await small_site.db.execute(
                    "insert into core_event_cursor (consumer, position) values ($1, 0)", [f"c{count}"]
                )
                await asyncio.sleep(0)
                await small_site.db.execute("insert into core_topic (name, epoch) values ($1, 'x')", [f"pair:c{count}"])
            count += 1
        return count

    writing = asyncio.create_task(write())
    made = await small_site.backup(tmp_path / "out")
    end.set()
    assert await writing > 10
    await restore(Site(data=tmp_path / "new"), made.path)
    db = await Database.connect(embedded(tmp_path / "new"))
    try:
        single = await db.fetch(
            "select consumer from core_event_cursor full join core_topic on name = 'pair:' || consumer"
            " where consumer is null and name like 'pair:%' or name is null"
        )
    finally:
        await db.close()
    assert single == []


async def test_files_that_come_and_go_meanwhile_do_no_harm(small_site: SmallSite, tmp_path: Path) -> None:
    end = asyncio.Event()
    folder = small_site.site.data / "media" / "live"
    folder.mkdir()

    def churn() -> None:
        chance = random.Random(1)
        while not end.is_set():
            path = folder / f"{chance.randrange(40)}.m4s"
            path.write_bytes(bytes(chance.randrange(1, 200_000)))
            with contextlib.suppress(FileNotFoundError):
                (folder / f"{chance.randrange(40)}.m4s").unlink()

    churning = asyncio.create_task(asyncio.to_thread(churn))
    try:
        paths = [(await create(small_site.site, tmp_path / f"{n}.tar")).path for n in range(3)]
    finally:
        end.set()
        await churning
    for path in paths:
        check(path)


async def test_without_media_recordings_are_left_out(small_site: SmallSite, tmp_path: Path) -> None:
    made = await small_site.backup(tmp_path / "out", media=False)
    names = {member.name for member in made.manifest.members}
    assert not any("media" in name for name in names)
    assert any("storage" in name for name in names)
    assert not made.manifest.media


async def test_a_plugins_folder_elsewhere_is_kept_and_comes_back_where_the_settings_say(
    small_site: SmallSite, tmp_path: Path
) -> None:
    # Given a site whose media lies on another disk
    big = tmp_path / "big"
    (small_site.site.data / "media").rename(big)
    here = small_site.site.model_copy(update={"plugins": {"stream_local": {"media": str(big)}}})
    made = await create(here, tmp_path / "b.tar")
    # When it is restored for a site that has its media elsewhere again, and for one that has it in its folder
    other = Site(data=tmp_path / "a", plugins={"stream_local": {"media": str(tmp_path / "elsewhere")}})
    await restore(other, made.path)
    await restore(Site(data=tmp_path / "b"), made.path)
    # Then it is there
    assert tree(tmp_path / "elsewhere") == tree(big) == tree(tmp_path / "b" / "media")
    assert not (tmp_path / "a" / "media").exists()


async def test_only_the_newest_are_kept(small_site: SmallSite, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "of-somebody-else.tar").write_bytes(b"")
    for hour in range(3):
        made = await small_site.backup(tmp_path / "out", keep=2, clock=At(NOON + timedelta(hours=hour)))
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "aethex-20261122T130000Z.tar",
        "aethex-20261122T140000Z.tar",
        "of-somebody-else.tar",
    ]
    assert [path.name for path in made.removed] == ["aethex-20261122T120000Z.tar"]


@pytest.mark.parametrize("place", ["site", "site/media", "site/storage/x"])
async def test_a_backup_among_the_sites_own_files_is_refused(small_site: SmallSite, tmp_path: Path, place: str) -> None:
    with pytest.raises(BackupError, match="own files"):
        await create(small_site.site, tmp_path / place)


async def test_a_backup_over_a_file_and_one_of_no_site_are_refused(small_site: SmallSite, tmp_path: Path) -> None:
    (tmp_path / "there.tar").write_bytes(b"precious")
    with pytest.raises(BackupError, match="is there already"):
        await create(small_site.site, tmp_path / "there.tar")
    assert (tmp_path / "there.tar").read_bytes() == b"precious"
    with pytest.raises(BackupError, match="no site in"):
        await create(Site(data=tmp_path / "nothing"), tmp_path / "x.tar")
    assert not (tmp_path / "nothing").exists()


# --- refusals: nothing is changed


async def refused(site: Site, path: Path, sentence: str, *, replace: bool = False) -> None:
    before = tree(site.data) if site.data.exists() else None
    with pytest.raises(BackupError, match=sentence) as error:
        await restore(site, path, replace=replace)
    assert str(error.value).endswith((".", "--replace."))
    after = tree(site.data) if site.data.exists() else None
    assert after == before
    if site.data.exists():
        assert not [entry for entry in site.data.iterdir() if entry.name.startswith((".restore", "before"))]


async def test_a_backup_that_is_cut_off_anywhere_is_refused(small_site: SmallSite, tmp_path: Path) -> None:
    made = await small_site.backup(tmp_path / "out")
    whole = made.path.read_bytes()
    chance = random.Random(2)
    end = len(whole.rstrip(b"\0"))  # tar ends with zeros: without them the backup is whole
    bad = tmp_path / "bad.tar"
    for size in (0, 1, 511, 512, 513, end - 1, *(chance.randrange(end) for _ in range(40))):
        bad.write_bytes(whole[:size])
        with pytest.raises(BackupError):
            check(bad)
    await refused(Site(data=tmp_path / "new"), bad, "backup")


async def test_a_changed_byte_is_found_wherever_it_is(small_site: SmallSite, tmp_path: Path) -> None:
    """Padding behind files and fields of headers that nobody reads may change; then the same is restored."""
    made = await small_site.backup(tmp_path / "out")
    whole = made.path.read_bytes()
    chance = random.Random(3)
    bad = tmp_path / "bad.tar"
    found = 0
    for _ in range(150):
        at = chance.randrange(len(whole))
        bad.write_bytes(whole[:at] + bytes([whole[at] ^ (1 << chance.randrange(8))]) + whole[at + 1 :])
        try:
            assert check(bad) == made.manifest
        except BackupError:
            found += 1
    assert found > 120
    await refused(Site(data=tmp_path / "new"), tmp_path / "out", "is a folder")


async def test_a_backup_newer_than_the_code_is_refused(small_site: SmallSite, tmp_path: Path) -> None:
    await small_site.db.execute(
        "insert into tortoise_migrations (app, name, applied_at) values ('core', '0999_x', now())"
    )
    made = await small_site.backup(tmp_path / "out")
    await refused(Site(data=tmp_path / "new"), made.path, r"newer than this code.*core\.0999_x")


async def test_a_backup_of_a_plugin_that_is_not_here_is_restored(small_site: SmallSite, tmp_path: Path) -> None:
    await small_site.db.execute(
        "insert into tortoise_migrations (app, name, applied_at) values ('gone', '0001_x', now())"
    )
    made = await small_site.backup(tmp_path / "out")
    assert (await restore(Site(data=tmp_path / "new"), made.path)).manifest == made.manifest


async def test_an_occupied_folder_is_refused_and_kept_aside_when_asked(small_site: SmallSite, tmp_path: Path) -> None:
    made = await small_site.backup(tmp_path / "out")
    new = tmp_path / "new"
    (new / "media").mkdir(parents=True)
    (new / "media" / "mine").write_bytes(b"precious")
    await refused(Site(data=new), made.path, "not empty")
    done = await restore(Site(data=new), made.path, replace=True, clock=At(NOON))
    assert done.aside == (str(new / "before-20261122T120000Z"),)
    assert (new / "before-20261122T120000Z" / "media" / "mine").read_bytes() == b"precious"
    assert not (new / "media" / "mine").exists()


async def test_the_folder_of_backups_stays_where_it_is(small_site: SmallSite, tmp_path: Path) -> None:
    new = tmp_path / "new"
    (new / "backups").mkdir(parents=True)
    made = await create(small_site.site, new / "backups" / "b.tar")
    await restore(Site(data=new), made.path)
    assert check(made.path)


async def test_a_running_site_is_refused(small_site: SmallSite, tmp_path: Path) -> None:
    made = await small_site.backup(tmp_path / "out")
    await restore(Site(data=tmp_path / "new"), made.path)
    server = embedded(tmp_path / "new")
    await server.start()
    try:
        with pytest.raises(BackupError, match="A site runs on"):
            await restore(Site(data=tmp_path / "new"), made.path, replace=True)
    finally:
        await server.stop()


SECRET = "a secret of at least thirty-two letters"


async def test_another_secret_is_refused(small_site: SmallSite, tmp_path: Path) -> None:
    made = await small_site.backup(tmp_path / "out")
    other = Site.model_validate({"data": tmp_path / "new", "secret": SECRET})
    await refused(other, made.path, "AETHEX_SECRET is not the secret")


async def test_a_secret_of_the_environment_is_not_in_the_backup_and_is_needed(
    small_site: SmallSite, tmp_path: Path
) -> None:
    # Given a site with AETHEX_SECRET
    (small_site.site.data / "secret").unlink()
    site = Site.model_validate(small_site.site.model_dump() | {"secret": SECRET})
    await small_site.db.execute("delete from core_site_fact where key = 'secret_fingerprint'")
    made = await create(site, tmp_path / "b.tar")
    assert SECRET.encode() not in made.path.read_bytes()
    # Then a restore wants it
    await refused(Site(data=tmp_path / "new"), made.path, "set AETHEX_SECRET")
    await restore(Site.model_validate({"data": tmp_path / "new", "secret": SECRET}), made.path)
    assert not (tmp_path / "new" / "secret").exists()


async def test_a_dump_that_can_not_be_restored_changes_nothing(
    small_site: SmallSite, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = await small_site.backup(tmp_path / "out")

    async def lose_a_row(dsn: str, source: Path, *, whole: bool) -> None:
        await really(dsn, source, whole=whole)
        connection = await asyncpg.connect(dsn)
        await connection.execute("delete from core_event where subject = 'é7'")
        await connection.close()

    really = tools.restore
    monkeypatch.setattr(tools, "restore", lose_a_row)
    new = tmp_path / "new"
    await refused(Site(data=new), made.path, "core_event has 499 rows where 500 were saved")
    assert not new.exists()
    (new / "keep").mkdir(parents=True)
    await refused(Site(data=new), made.path, "core_event has 499", replace=True)


# --- a database that somebody else runs


async def test_a_named_database_is_restored_and_the_old_one_kept_aside(
    small_site: SmallSite, tmp_path: Path, fresh_dsn: Callable[..., Awaitable[str]], postgres: object
) -> None:
    made = await small_site.backup(tmp_path / "out")
    dsn = await fresh_dsn("core")  # migrated, so not empty
    site = Site.model_validate({"data": tmp_path / "new", "database_url": dsn})
    await refused(site, made.path, "is not empty")
    # somebody is connected: it can't be renamed
    watcher = await asyncpg.connect(dsn)
    await refused(site, made.path, "stop the site first", replace=True)
    await watcher.close()
    done = await restore(site, made.path, replace=True, clock=At(NOON))
    assert done.aside[0].endswith("_before_20261122t120000z")
    there = await rows_of(dsn)
    assert there["core_event"] == made.manifest.tables["core_event"]
    aside = done.aside[0].removeprefix("the database ")
    assert (await rows_of(with_database(dsn, aside)))["core_event"] != made.manifest.tables["core_event"]
    await _drop(dsn, aside)


async def test_a_restore_that_fails_leaves_the_named_database_as_it_was(
    small_site: SmallSite,
    tmp_path: Path,
    fresh_dsn: Callable[..., Awaitable[str]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = await small_site.backup(tmp_path / "out")
    dsn = await fresh_dsn("core")
    before = await rows_of(dsn)

    async def fail(*_: object, **__: object) -> None:
        raise BackupError("The restore failed.")

    monkeypatch.setattr(tools, "restore", fail)
    site = Site.model_validate({"data": tmp_path / "new", "database_url": dsn})
    await refused(site, made.path, "The restore failed", replace=True)
    assert await rows_of(dsn) == before


async def _drop(dsn: str, name: str) -> None:
    connection = await asyncpg.connect(dsn)
    await connection.execute(f'drop database "{name}" with (force)')
    await connection.close()


# --- the last step


def folder_of(path: Path, names: list[str], content: str) -> Path:
    path.mkdir(parents=True)
    for name in names:
        (path / name).mkdir()
        (path / name / "of").write_text(content)
    return path


@pytest.mark.parametrize("crash_at", range(7))
def test_a_crash_at_any_move_can_be_finished(tmp_path: Path, crash_at: int) -> None:
    target = folder_of(tmp_path / "site", ["media", "postgres", "cache"], "old")
    stage = folder_of(target / ".restore-x", ["media", "postgres", "secret"], "new")
    done = 0

    def rename(source: Path, goal: Path) -> None:
        nonlocal done
        if done == crash_at:
            raise KeyboardInterrupt
        done += 1
        os.rename(source, goal)

    with contextlib.suppress(KeyboardInterrupt):
        moves.put(target, stage, target / "before-20261122T120000Z", {"backups"}, rename)
    assert moves.unfinished(target) == (crash_at < 6)
    if moves.unfinished(target):
        moves.finish(target)
    content = {str(path.relative_to(target)): path.read_text() for path in target.rglob("of")}
    assert content == {
        **{f"before-20261122T120000Z/{name}/of": "old" for name in ("cache", "media", "postgres")},
        **{f"{name}/of": "new" for name in ("media", "postgres", "secret")},
    }
    assert not stage.exists()


async def test_a_site_does_not_start_on_a_half_made_move_and_the_next_restore_ends_it(tmp_path: Path) -> None:
    target = tmp_path / "site"
    stage = folder_of(target / ".restore-x", ["media"], "new")
    with contextlib.suppress(KeyboardInterrupt):
        moves.put(target, stage, None, set(), rename=_interrupt)
    with pytest.raises(StartError, match="cut short"):
        await Platform.open(Site(data=target))
    with pytest.raises(BackupError, match="is done now"):
        await restore(Site(data=target), tmp_path / "any")
    assert (target / "media" / "of").read_text() == "new"


def _interrupt(_: Path, __: Path) -> None:
    raise KeyboardInterrupt


# --- the file


@pytest.mark.parametrize(
    "name",
    ["/etc/passwd", "data/../x", "data", "data/", "folder/a.b", "data//x", "x", "data/./x", "data/postgres/cluster/x"],
)
def test_names_that_lead_elsewhere_are_refused(tmp_path: Path, name: str) -> None:
    path = tmp_path / "evil.tar"
    with tarfile.open(path, "w") as tar:
        tar.addfile(tarfile.TarInfo(name))
    with pytest.raises(BackupError, match="no backup of this platform"):
        check(path)


def test_links_and_devices_are_refused(tmp_path: Path) -> None:
    for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.DIRTYPE):
        info = tarfile.TarInfo("data/x")
        info.type, info.linkname = kind, "/etc/passwd"
        with tarfile.open(tmp_path / "evil.tar", "w") as tar:
            tar.addfile(info)
        with pytest.raises(BackupError, match="no backup of this platform"):
            check(tmp_path / "evil.tar")


def test_something_that_is_no_tar_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(random.Random(4).randbytes(5000))
    with pytest.raises(BackupError, match="no whole backup"):
        check(tmp_path / "x")
    with pytest.raises(BackupError, match="There is no file"):
        check(tmp_path / "nothing")


def manifest_of(**changes: object) -> bytes:
    base = Manifest(
        site="x",
        version="1",
        made_at=NOON,
        postgres=18,
        migrations=(),
        secret="",
        secret_included=True,
        media=True,
        folders={},
        tables={},
        audit_head="",
        members=(),
    )
    return json.dumps(json.loads(base.encoded()) | changes).encode()


def test_a_newer_format_is_refused_by_name(tmp_path: Path) -> None:
    import hashlib
    import io

    content = manifest_of(format=2, more="of it")
    with tarfile.open(tmp_path / "x.tar", "w") as tar:
        for name, data in (("manifest.json", content), (SEAL, hashlib.sha256(content).hexdigest().encode())):
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    with pytest.raises(BackupError, match="backup of format 2"):
        check(tmp_path / "x.tar")


names = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="/\0"), min_size=1, max_size=60).filter(
    lambda name: name not in {".", ".."} and len(name.encode()) < 200
)


@given(files=st.dictionaries(names, st.binary(max_size=2000), max_size=5))
def test_any_name_and_any_content_come_back(files: dict[str, bytes], tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("any")
    (folder / "in").mkdir()
    with (folder / "x.tar").open("wb") as file:
        writer = archive.Writer(file)
        for number, (name, content) in enumerate(files.items()):
            (folder / "in" / str(number)).write_bytes(content)
            writer.add(f"data/x/{name}", folder / "in" / str(number))
        manifest = Manifest.model_validate_json(manifest_of()).model_copy(update={"members": tuple(writer.members)})
        writer.close(manifest)
    found: dict[str, bytes] = {}
    read = archive.read(folder / "x.tar", lambda info, chunks: found.update({info.name: b"".join(chunks)}))
    assert found == {f"data/x/{name}": content for name, content in files.items()}
    assert read == manifest
    assert all(isinstance(member, Member) for member in read.members)


def test_a_file_that_shrinks_while_it_is_read_is_told(tmp_path: Path) -> None:
    reader = archive._Reader((tmp_path / "x").open("w+b"), 10)
    assert reader.read(4) == b"\0" * 4
    assert reader.short
