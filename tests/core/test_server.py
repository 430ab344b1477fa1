"""Starting and stopping as a process: one clear line and exit code 2 for what can't start, nothing left behind."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import asyncpg
import pytest
import pytest_asyncio

from aethex_live.db import EmbeddedPostgres
from sites import free_port

Start = Callable[..., "asyncio.Future[asyncio.subprocess.Process]"]
LIMIT_S = 60


class Served:
    """A command that runs, and what it says."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.said = ""

    async def until(self, words: str) -> None:
        """Wait until it says the words."""
        assert self.process.stderr is not None
        async with asyncio.timeout(LIMIT_S):
            while words not in self.said:
                line = await self.process.stderr.readline()
                assert line, f"it ended without saying {words!r}: {self.said}"
                self.said += line.decode()

    async def end(self) -> int:
        """Wait for its end; the exit code."""
        assert self.process.stderr is not None
        async with asyncio.timeout(LIMIT_S):
            self.said += (await self.process.stderr.read()).decode()
            return await self.process.wait()


@pytest_asyncio.fixture
async def aethex(tmp_path: Path) -> AsyncIterator[Callable[..., object]]:
    """`await aethex("serve", DATABASE_URL=…)`: the command in an empty folder."""
    started: list[asyncio.subprocess.Process] = []

    async def run(*arguments: str, **environ: str) -> Served:
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("AETHEX_", "DATABASE_"))}
        defaults = {"AETHEX_PORT": str(free_port()), "AETHEX_STREAM_LOCAL__RTMP_PORT": str(free_port())}
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "aethex_live.cli", *arguments),
            cwd=tmp_path,
            env=clean | defaults | environ,
            stderr=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.DEVNULL,
        )
        started.append(process)
        return Served(process)

    yield run
    for process in started:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def refusal(served: Served) -> str:
    """The one line that a refused start says."""
    assert await served.end() == 2
    lines = served.said.strip().splitlines()
    assert len(lines) == 1, served.said
    assert lines[0].startswith("aethex: ")
    assert "Traceback" not in served.said
    return lines[0]


async def test_a_busy_port_is_named_and_another_one_proposed(aethex: Callable[..., object], tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        said = await refusal(await aethex("serve", AETHEX_PORT=str(port)))  # type: ignore[misc]  # a coroutine function
    assert f"Port {port} is taken" in said
    assert not (tmp_path / "data").exists()


async def test_a_busy_rtmp_port_is_named_with_its_setting(aethex: Callable[..., object]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        said = await refusal(await aethex("serve", AETHEX_STREAM_LOCAL__RTMP_PORT=str(port)))  # type: ignore[misc]  # as above
    assert f"The RTMP port {port}" in said
    assert "AETHEX_STREAM_LOCAL__RTMP_PORT" in said


async def test_a_data_folder_that_can_not_be_written_is_named(aethex: Callable[..., object], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    said = await refusal(await aethex("serve", AETHEX_DATA=str(tmp_path / "file" / "data")))  # type: ignore[misc]  # as above
    assert "data folder" in said
    assert "--data" in said


async def test_a_wrong_database_url_is_told_without_its_password(aethex: Callable[..., object]) -> None:
    url = f"postgresql://aethex:very-secret@127.0.0.1:{free_port()}/aethex"
    said = await refusal(await aethex("serve", DATABASE_URL=url))  # type: ignore[misc]  # as above
    assert "can't be reached" in said
    assert "very-secret" not in said


async def test_a_database_that_is_newer_than_the_code_is_left_alone(
    aethex: Callable[..., object], fresh_dsn: Callable[..., object]
) -> None:
    dsn = await fresh_dsn("core")  # type: ignore[misc]  # a coroutine function
    connection = await asyncpg.connect(dsn)
    await connection.execute(
        "insert into tortoise_migrations (app, name, applied_at) values ('core', '9999_of_tomorrow', now())"
    )
    await connection.close()
    said = await refusal(await aethex("serve", DATABASE_URL=dsn))  # type: ignore[misc]  # as above
    assert "newer than this code" in said
    assert "9999_of_tomorrow" in said


async def test_a_misspelt_setting_suggests_the_right_one(aethex: Callable[..., object], tmp_path: Path) -> None:
    (tmp_path / "aethex.toml").write_text("prot = 8001\n")
    said = await refusal(await aethex("serve"))  # type: ignore[misc]  # as above
    assert "prot" in said
    assert "port" in said
    assert "aethex.toml" in said


async def test_split_roles_without_their_servers_say_which_lines_to_add(aethex: Callable[..., object]) -> None:
    said = await refusal(await aethex("serve", "--role", "web"))  # type: ignore[misc]  # as above
    assert "DATABASE_URL" in said
    assert "REDIS_URL" in said


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_ends_the_site_in_good_order_and_postgres_with_it(
    aethex: Callable[..., object], tmp_path: Path, number: signal.Signals
) -> None:
    # Given a site that is up
    served: Served = await aethex("serve")  # type: ignore[misc]  # as above
    await served.until("is up at")
    database = EmbeddedPostgres(tmp_path / "data" / "postgres")
    assert (database.cluster / "postmaster.pid").exists()
    # When it is told to stop
    served.process.send_signal(number)
    # Then it ends with success, and its database has shut down cleanly
    assert await served.end() == 0, served.said
    assert not (database.cluster / "postmaster.pid").exists()
    assert "Traceback" not in served.said
