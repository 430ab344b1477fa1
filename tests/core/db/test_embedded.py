"""Our own PostgreSQL: started, attached to, killed, refused with a sentence."""

import asyncio
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from aethex_live.db import Database, EmbeddedPostgres, embedded
from aethex_live.db import _cluster as cluster
from aethex_live.db._child import ChildMode
from aethex_live.db._runtime import hold, runtime_folder
from aethex_live.errors import StartError

OWNER = """
import asyncio, sys
from pathlib import Path
from aethex_live.db import EmbeddedPostgres

async def main():
    server = EmbeddedPostgres(Path(sys.argv[1]))
    await server.start()
    print(server.owned, server.pid, flush=True)
    await asyncio.sleep(60)

asyncio.run(main())
"""


class Owner:
    """A process that runs the server of a folder."""

    def __init__(self, folder: Path, *, wrap: tuple[str, ...] = ()) -> None:
        self.process = subprocess.Popen(
            [*wrap, sys.executable, "-c", OWNER, str(folder)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    def answer(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def end(self) -> str:
        self.process.kill()
        _, errors = self.process.communicate(timeout=30)
        return errors


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "database"
    shutil.rmtree(runtime_folder(tmp_path / "database"), ignore_errors=True)


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return "Z" not in Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]


async def gone(pid: int, seconds: float = 15.0) -> bool:
    deadline = time.monotonic() + seconds
    while alive(pid):
        if time.monotonic() > deadline:
            return False
        await asyncio.sleep(0.02)
    return True


async def test_data_outlives_a_stop_and_a_start(folder: Path) -> None:
    for count in (0, 1):
        server = EmbeddedPostgres(folder, fsync=False)
        database = await Database.connect(server)
        await database.execute("create table if not exists kept (n int)")
        assert len(await database.fetch("select n from kept")) == count
        await database.execute("insert into kept values (1)")
        await database.close()
        assert not server.owned


async def test_letters_beyond_ascii_are_letters(postgres: EmbeddedPostgres) -> None:
    database = await Database.connect(postgres.dsn("postgres"))
    rows = await database.fetch("select lower('ÉCO') as low, 'École' ilike 'école' as same")
    await database.close()
    assert rows == [{"low": "éco", "same": True}]


async def test_the_server_listens_on_no_tcp_port_and_to_us_alone(postgres: EmbeddedPostgres) -> None:
    database = await Database.connect(postgres.dsn("postgres"))
    assert (await database.fetch("show listen_addresses"))[0]["listen_addresses"] == ""
    await database.close()
    assert postgres.sockets.stat().st_mode & 0o777 == 0o700
    assert (postgres.cluster.stat().st_mode & 0o077) == 0


async def test_a_second_process_attaches_and_leaves_the_server_alone(folder: Path) -> None:
    owner = EmbeddedPostgres(folder, fsync=False)
    await owner.start()
    guest = Owner(folder)
    try:
        assert guest.answer() == "False None"
    finally:
        guest.end()
    assert owner.pid is not None
    assert alive(owner.pid)
    await owner.stop()


@pytest.mark.slow
async def test_the_data_is_whole_after_the_owner_is_killed(folder: Path) -> None:
    # Given a process that owns the server, and an acknowledged row
    owner = Owner(folder)
    owned, pid = owner.answer().split()
    assert owned == "True"
    attached = await Database.connect(EmbeddedPostgres(folder))
    await attached.execute("create table kept (n int)")
    await attached.execute("insert into kept values (7)")
    await attached.close()

    # When it is killed in mid-life and another start follows at once
    owner.end()
    heir = EmbeddedPostgres(folder)
    database = await Database.connect(heir)

    # Then the old server is gone, the new one is ours, the row is there
    assert heir.owned
    assert heir.pid != int(pid)
    assert await gone(int(pid))
    assert await database.fetch("select n from kept") == [{"n": 7}]
    await database.close()


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="the death signal is Linux's")
async def test_the_server_ends_by_itself_when_its_owner_is_killed(folder: Path) -> None:
    owner = Owner(folder)
    pid = int(owner.answer().split()[1])
    owner.end()
    assert await gone(pid)


@pytest.mark.slow
async def test_a_server_that_is_killed_itself_recovers_at_the_next_start(folder: Path) -> None:
    server = EmbeddedPostgres(folder)
    database = await Database.connect(server)
    await database.execute("create table kept (n int)")
    await database.execute("insert into kept values (7)")
    assert server.pid is not None
    os.kill(server.pid, signal.SIGKILL)
    await database.close()

    database = await Database.connect(EmbeddedPostgres(folder))
    assert await database.fetch("select n from kept") == [{"n": 7}]
    await database.close()


async def test_a_path_that_is_too_long_for_a_socket_is_none_for_us(tmp_path: Path) -> None:
    deep = tmp_path / ("long" * 20) / ("path" * 20)
    server = EmbeddedPostgres(deep, fsync=False)
    database = await Database.connect(server)
    assert len(str(server.sockets)) < 80
    await database.close()


async def test_a_cluster_of_another_version_is_refused_by_name(folder: Path) -> None:
    made = folder / "cluster"
    made.mkdir(parents=True)
    (made / "PG_VERSION").write_text("12\n")
    with pytest.raises(
        StartError, match=r"made by PostgreSQL 12, .* Set AETHEX_PG_BIN to the programs of PostgreSQL 12"
    ):
        await EmbeddedPostgres(folder).start()


async def test_an_init_that_was_cut_short_is_begun_anew(folder: Path) -> None:
    half = folder / "cluster.new"
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("18\n")
    server = EmbeddedPostgres(folder, fsync=False)
    await server.start()
    await server.stop()
    assert not half.exists()


async def test_a_folder_that_can_not_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StartError, match=r"The data folder .*file/database can't be written"):
        await EmbeddedPostgres(tmp_path / "file" / "database").start()


@pytest.mark.parametrize(
    ("options", "sentence"),
    [("size=1m", "is full: free some space"), ("ro", "can't be written (Read-only file system)")],
    ids=["full disk", "read-only disk"],
)
async def test_a_disk_that_takes_nothing_is_named(tmp_path: Path, options: str, sentence: str) -> None:
    # Given a file system of its own, in a namespace of its own (needs the right to mount)
    place = tmp_path / "disk"
    place.mkdir()
    mount = f'mount -t tmpfs -o {options} none {place} && exec "$@"'
    wrap = ("unshare", "-m", "sh", "-c", mount, "sh")
    if subprocess.run([*wrap, "true"], capture_output=True, check=False).returncode != 0:
        pytest.skip("needs the right to mount a file system (root, or an unprivileged mount namespace)")

    # When a start is tried on it, it ends with the sentence
    owner = Owner(place / "database", wrap=wrap)
    assert owner.answer() == ""
    assert sentence in owner.end()


async def test_a_start_that_goes_on_elsewhere_is_waited_for_and_then_named(tmp_path: Path) -> None:
    lock = tmp_path / "start.lock"
    async with hold(lock, 1):
        with pytest.raises(StartError, match=r"Another process has held .*start\.lock"):
            await hold(lock, 0.1).__aenter__()
    async with hold(lock, 0.1):
        pass


async def test_the_id_of_a_server_that_is_gone_may_be_another_process_now(folder: Path) -> None:
    # Given the traces of a server that ended with its machine, whose id a process of ours has today
    server = EmbeddedPostgres(folder, fsync=False)
    await server.start()
    left = (server.cluster / "postmaster.pid").read_text()
    await server.stop()
    other = subprocess.Popen(["sleep", "60"])
    (server.cluster / "postmaster.pid").write_text(left.replace(left.splitlines()[0], str(other.pid), 1))

    # Then the next start is not misled
    try:
        assert await server.start()
    finally:
        other.kill()
        other.wait(10)
        await server.stop()


async def test_while_any_process_of_the_server_lives_no_second_one_is_started(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = EmbeddedPostgres(folder, fsync=False)
    await server.start()
    (server.cluster / "postmaster.pid").rename(folder / "hidden")  # as if it ran in another container
    monkeypatch.setattr(embedded, "START_SECONDS", 0.2)
    with pytest.raises(StartError, match=r"Another process has held .*server\.lock"):
        await EmbeddedPostgres(folder, fsync=False).start()
    (folder / "hidden").rename(server.cluster / "postmaster.pid")
    await server.stop()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs the server as another user")
async def test_where_namespaces_are_forbidden_root_runs_it_as_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedded, "child_mode", lambda: ChildMode.NOBODY)
    with tempfile.TemporaryDirectory(dir="/tmp") as place:
        os.chmod(place, 0o755)
        server = EmbeddedPostgres(Path(place) / "database", fsync=False)
        database = await Database.connect(server)
        assert server.pid is not None
        assert Path(f"/proc/{server.pid}").stat().st_uid == pwd.getpwnam("nobody").pw_uid
        assert await database.fetch("select 1 as one") == [{"one": 1}]
        await database.close()


async def test_a_socket_folder_of_somebody_else_is_refused(folder: Path, tmp_path: Path) -> None:
    server = EmbeddedPostgres(folder, fsync=False)
    server.sockets.symlink_to(tmp_path)
    try:
        with pytest.raises(StartError, match="belongs to somebody else"):
            await server.start()
    finally:
        server.sockets.unlink()


def test_missing_programs_are_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    cluster.binaries.cache_clear()
    monkeypatch.setenv("AETHEX_PG_BIN", str(tmp_path))
    with pytest.raises(StartError, match="there is no program `postgres` in it"):
        cluster.binaries()
    cluster.binaries.cache_clear()


@pytest.mark.parametrize(
    ("printed", "sentence"),
    [
        ("FATAL:  could not write: No space left on device", "is full: free some space"),
        ('FATAL:  lock file "postmaster.pid" already exists', "Another PostgreSQL runs on"),
        ('FATAL:  data directory "/x" has wrong ownership', "belongs to another user"),
        ("FATAL:  could not create shared memory segment", "gets no shared memory"),
        ("LOG: a\nFATAL:  something new", "did not start in .*: FATAL:  something new"),
        ("", "it printed nothing"),
    ],
)
def test_what_the_server_prints_becomes_one_sentence(printed: str, sentence: str) -> None:
    import re

    assert re.search(sentence, cluster.explain(Path("/data/cluster"), printed, Path("/data/server.log")))
