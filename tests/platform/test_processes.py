"""One site in several processes: a suspension reaches them all, and no role but the whole one makes tables."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
import urllib.request
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from uuid import uuid4

import aiohttp
import asyncpg
import pytest
import pytest_asyncio
import socketio

from sites import free_port

LIMIT_S = 90.0
WAIT_S = 30.0
HEARD_S = 2.0  # in which a control message reaches every process
RIGHT_S = 15.0  # in which the viewers of a killed process are out of the count
SECRET = "s" * 40
PLUGIN = '''"""A plugin whose part of the home page fails."""

from aethex_live import Plugin, hookimpl
from aethex_live.hookspecs.web import Slot, SlotContribution


class Shaky(Plugin):
    @hookimpl
    def slots(self):
        return [SlotContribution(slot=Slot.HOME_SECTIONS, template="shaky/part.html", context=self.fail)]

    async def fail(self, context):
        raise RuntimeError("boom")
'''
TOML = 'name = "shaky"\ntitle = "Shaky"\nsummary = "Fails on every page."\n'


class Process:
    """A role of the site that runs."""

    def __init__(self, child: asyncio.subprocess.Process, port: int) -> None:
        self.child, self.port = child, port
        self.said = ""

    async def until(self, words: str) -> None:
        """Wait until it says the words."""
        assert self.child.stderr is not None
        async with asyncio.timeout(LIMIT_S):
            while words not in self.said:
                line = await self.child.stderr.readline()
                assert line, f"it ended without saying {words!r}: {self.said}"
                self.said += line.decode()

    async def end(self) -> int:
        assert self.child.stderr is not None
        async with asyncio.timeout(LIMIT_S):
            self.said += (await self.child.stderr.read()).decode()
            return await self.child.wait()

    async def home(self) -> str:
        def read() -> str:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/", timeout=20) as answer:
                text: str = answer.read().decode()
                return text

        return await asyncio.to_thread(read)


Start = Callable[..., Awaitable[Process]]


@pytest_asyncio.fixture
async def start(tmp_path: Path, fresh_dsn: Callable[..., Awaitable[str]], redis_url: str) -> AsyncIterator[Start]:
    """`await start("serve", "--role", "web")`: a process over the test's own database, with the plugin above."""
    place = tmp_path / "plugins" / "shaky"
    (place / "templates" / "shaky").mkdir(parents=True)
    (place / "plugin.toml").write_text(TOML)
    (place / "__init__.py").write_text(PLUGIN)
    (place / "templates" / "shaky" / "part.html").write_text("<p>never</p>")
    (tmp_path / "aethex.toml").write_text('[providers]\nstreaming = "none"\n')
    started: list[Process] = []
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("AETHEX_", "DATABASE_"))}

    async def one(*arguments: str, dsn: str) -> Process:
        port = free_port()
        child = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "aethex_live.cli", *arguments),
            cwd=tmp_path,
            env=clean
            | {"AETHEX_PORT": str(port), "DATABASE_URL": dsn, "REDIS_URL": redis_url, "AETHEX_SECRET": SECRET},
            stderr=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.DEVNULL,
        )
        started.append(Process(child, port))
        return started[-1]

    yield one
    for process in started:
        if process.child.returncode is None:
            process.child.kill()
            await process.child.wait()


@pytest_asyncio.fixture
async def redis_url(need: Callable[[str], Path], tmp_path: Path) -> AsyncIterator[str]:
    """A Redis of the test's own."""
    port = free_port()
    command = [str(need("redis")), "--port", str(port), "--save", "", "--dir", str(tmp_path)]
    child = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.DEVNULL)
    async with asyncio.timeout(20):
        while not await asyncio.to_thread(_listens, port):
            await asyncio.sleep(0.02)
    yield f"redis://127.0.0.1:{port}/0"
    child.kill()
    await child.wait()


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.mark.slow
async def test_the_fifth_failure_in_one_process_suspends_the_plugin_in_the_other(
    start: Start, fresh_dsn: Callable[..., Awaitable[str]]
) -> None:
    # Given two web processes over one database
    dsn = await fresh_dsn()
    first, second = [await start("serve", "--role", "web", dsn=dsn) for _ in range(2)]
    for process in (first, second):
        await process.until("is up at")
    # When the plugin fails five times in the first one
    for _ in range(5):
        assert "never" not in await first.home()
    await first.until("plugin shaky is suspended")
    # Then the second one, in which it has not failed yet, does not call it any more
    await asyncio.sleep(HEARD_S)
    for _ in range(3):
        await second.home()
    second.child.terminate()
    await second.end()
    assert "plugin shaky failed" not in second.said


@pytest.mark.slow
async def test_roles_wait_for_the_tables_and_then_say_what_is_missing(
    start: Start, fresh_dsn: Callable[..., Awaitable[str]]
) -> None:
    # Given a database in which the newest migration of the core is not applied
    dsn = await fresh_dsn()
    connection = await asyncpg.connect(dsn)
    newest = await connection.fetchval("select max(name) from tortoise_migrations where app = 'core'")
    await connection.execute("delete from tortoise_migrations where app = 'core' and name = $1", newest)
    # When the roles start that make no tables
    begun = asyncio.get_running_loop().time()
    roles = [await start(*words, dsn=dsn) for words in (("serve", "--role", "web"), ("worker",), ("ingest",))]
    codes = await asyncio.gather(*(role.end() for role in roles))
    # Then they wait for half a minute, say in one line what to run, and leave the database as it is
    assert codes == [2, 2, 2], [role.said for role in roles]
    assert asyncio.get_running_loop().time() - begun >= WAIT_S
    for role in roles:
        line = role.said.strip().splitlines()[-1]
        assert line.startswith("aethex: The database lacks")
        assert "aethex migrate" in line
    query = "select count(*) from tortoise_migrations where app = 'core' and name = $1"
    assert await connection.fetchval(query, newest) == 0
    await connection.close()


@pytest.mark.slow
async def test_a_role_goes_on_when_the_tables_are_there_in_time(
    start: Start, fresh_dsn: Callable[..., Awaitable[str]]
) -> None:
    # Given a web process that waits for the newest migration
    dsn = await fresh_dsn()
    connection = await asyncpg.connect(dsn)
    row = await connection.fetchrow(
        "delete from tortoise_migrations where app = 'core' and name = "
        "(select max(name) from tortoise_migrations where app = 'core') returning app, name, applied_at"
    )
    web = await start("serve", "--role", "web", dsn=dsn)
    waits = (
        "select count(*) from pg_stat_activity where application_name like 'aethex%' and datname = current_database()"
    )
    async with asyncio.timeout(LIMIT_S):
        while not await connection.fetchval(waits):
            await asyncio.sleep(0.05)
    # When it is applied
    await connection.execute("insert into tortoise_migrations (app, name, applied_at) values ($1, $2, $3)", *row)
    await connection.close()
    # Then the process comes up
    await web.until("is up at")


async def go_live(dsn: str) -> tuple[str, str]:
    """A channel that is on the air, as rows; its id and its address."""
    user, channel = uuid4(), uuid4()
    connection = await asyncpg.connect(dsn)
    await connection.execute(
        "insert into core_user (id, username, username_key, display_name, created_at) "
        "values ($1, 'nova', 'nova', 'Nova', now())",
        user,
    )
    await connection.execute(
        "insert into core_channel (id, owner_id, slug, name, created_at) values ($1, $2, 'nova', 'Nova', now())",
        *(channel, user),
    )
    slug = "insert into core_channel_slug (slug, channel_id, created_at) values ('nova', $1, now())"
    await connection.execute(slug, channel)
    await connection.execute(
        "insert into core_broadcast (id, channel_id, provider, provider_id, started_at, playback) "
        "values ($1, $2, 'none', 'b1', now(), '{}')",
        *(uuid4(), channel),
    )
    await connection.close()
    return str(channel), "nova"


async def watch(process: Process, channel: str) -> socketio.AsyncClient:
    client = socketio.AsyncClient(reconnection=False)
    await client.connect(f"http://127.0.0.1:{process.port}", transports=["websocket"], wait_timeout=WAIT_S)
    assert (await client.call("subscribe", {"topic": f"watching:{channel}"}, timeout=WAIT_S))["ok"]
    return client


@pytest.mark.slow
async def test_after_kill_9_of_a_web_process_the_viewer_count_is_right_within_15_seconds(
    start: Start, fresh_dsn: Callable[..., Awaitable[str]]
) -> None:
    # Given a live channel with three viewers at one web process and one at another
    dsn = await fresh_dsn()
    channel, slug = await go_live(dsn)
    killed, left = [await start("serve", "--role", "web", dsn=dsn) for _ in range(2)]
    for process in (killed, left):
        await process.until("is up at")
    viewers = [await watch(killed, channel) for _ in range(3)] + [await watch(left, channel)]

    async def count() -> int:
        address = f"http://127.0.0.1:{left.port}/api/v1/channels/{slug}/viewers"
        async with aiohttp.ClientSession() as web, web.get(address) as answer:
            return int((await answer.json())["viewers"])

    async def until(wanted: int, seconds: float) -> None:
        async with asyncio.timeout(seconds):
            while await count() != wanted:
                await asyncio.sleep(0.2)

    await until(4, WAIT_S)
    # When the first process is killed, and one of its viewers comes back to the second
    killed.child.kill()
    viewers.append(await watch(left, channel))
    # Then the count is that of who is there
    await until(2, RIGHT_S)
    for viewer in viewers:
        await viewer.disconnect()
