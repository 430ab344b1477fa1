"""The first moments of a start: light, and everything is given back when it ends early."""

from __future__ import annotations

import gc
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from aethex_live._site.beginning import begun, bind
from aethex_live.errors import StartError
from aethex_live.settings import Role, Site
from sites import free_port

HEAVY = ("quart", "tortoise", "asyncpg", "psycopg", "redis", "uvicorn", "jinja2", "PIL", "webauthn")


def test_reading_the_command_reads_nothing_heavy() -> None:
    code = f"import sys, aethex_live.cli.serving; print(*(name for name in {HEAVY} if name in sys.modules))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert found.stdout.strip() == ""


def test_a_start_reads_no_library_that_only_some_requests_need() -> None:
    code = (
        "import sys, aethex_live.server, aethex_plugins.auth_local;"
        "print(*(name for name in ('webauthn', 'cryptography.x509') if name in sys.modules))"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert found.stdout.strip() == ""


async def test_the_port_is_taken_first_and_given_back(tmp_path: Path) -> None:
    site = Site(port=free_port(), data=tmp_path / "data", database_url="postgresql://a:b@127.0.0.1/c")
    async with begun(site) as start:
        assert start.listener is not None
        assert start.postgres is None
        start.listener.listen()
        with pytest.raises(StartError, match="is taken"):
            bind(site)
    socket.create_server(("127.0.0.1", site.port)).close()
    assert gc.isenabled()


async def test_garbage_is_collected_again_once_the_site_is_up(tmp_path: Path) -> None:
    site = Site(
        role=Role.WORKER, data=tmp_path / "data", database_url="postgresql://a:b@127.0.0.1/c", redis_url="redis://x"
    )
    before = gc.get_threshold()
    try:
        async with begun(site) as start:
            assert start.listener is None
            assert not gc.isenabled()
            start.over()
            assert gc.isenabled()
            # what serves makes few cycles: it is looked for them less often
            assert gc.get_threshold() > before
    finally:
        gc.unfreeze()
        gc.set_threshold(*before)


async def test_a_database_that_is_still_coming_up_is_stopped_when_the_start_fails(tmp_path: Path) -> None:
    site = Site(port=free_port(), data=tmp_path / "data")
    pids: list[int | None] = []

    async def fail_later() -> None:
        async with begun(site) as start:
            assert start.postgres is not None
            pids.append((await start.postgres).pid)
            raise RuntimeError("something else")

    with pytest.raises(RuntimeError, match="something else"):
        await fail_later()
    (pid,) = pids
    assert pid is not None
    assert not Path(f"/proc/{pid}").exists()
    assert not (tmp_path / "data" / "postgres" / "cluster" / "postmaster.pid").exists()
