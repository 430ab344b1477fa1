"""What a start does first, while the platform's code is still being read: port, data folder, embedded database.

This module stays light on purpose: reading all code takes as long as PostgreSQL takes to come up.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import gc
import importlib
import signal
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aethex_live._site.collector import settle
from aethex_live.errors import StartError
from aethex_live.settings import Role, Site

if TYPE_CHECKING:
    from aethex_live.db import EmbeddedPostgres

JOURNAL = ".restore.json"  # of the last step of a restore (backup/moves.py)


@dataclass(slots=True)
class Begun:
    """The listening socket (None for a worker), the event that SIGINT and SIGTERM set, and the database that is
    coming up (None where another one is named).
    """

    listener: socket.socket | None
    stop: asyncio.Event
    postgres: asyncio.Task[EmbeddedPostgres] | None = None

    def over(self) -> None:
        """The site is up: what was made so far stays."""
        settle()


@asynccontextmanager
async def begun(site: Site) -> AsyncIterator[Begun]:
    """Take the port, make the folder, start the database; all of it is given back at the end.

    Until `Begun.over` no garbage is collected: nearly all that a start makes stays, and looking for what does not
    takes a fifth of the time.

    Raises StartError when port or folder can't be had; for the database the task does, when it is awaited.
    """
    start = Begun(None if site.role is Role.WORKER else bind(site), stop_signal())
    server: EmbeddedPostgres | None = None
    gc.disable()
    try:
        make_folder(site)
        if site.database_url is None:
            database = await asyncio.to_thread(importlib.import_module, "aethex_live.db")
            server = database.EmbeddedPostgres(site.data / "postgres")
            start.postgres = asyncio.create_task(_started(server), name="postgres")
        yield start
    finally:
        gc.enable()
        await _end(start.postgres, server)
        if start.listener is not None:
            start.listener.close()


async def _started(server: EmbeddedPostgres) -> EmbeddedPostgres:
    await server.start()
    return server


async def _end(starting: asyncio.Task[EmbeddedPostgres] | None, server: EmbeddedPostgres | None) -> None:
    if starting is not None:
        starting.cancel()
        # what it said was heard by who awaited it; else another failure came first
        with contextlib.suppress(asyncio.CancelledError, Exception):
            await starting
    if server is not None:
        await server.stop()


def make_folder(site: Site) -> None:
    """Make the data folder. Raises StartError when it can't be written, or when a restore into it was cut short."""
    if (site.data / JOURNAL).exists():
        raise StartError(
            f"A restore into {site.data} was cut short in its last step: run the same `aethex backup restore` again,"
            " which finishes it."
        )
    try:
        site.data.mkdir(parents=True, exist_ok=True)
        probe = site.data / ".writable"
        probe.write_bytes(b"")
        probe.unlink()
    except OSError as error:
        raise StartError(
            f"The data folder {site.data} can't be written ({error.strerror}); choose another one: --data DIR"
        ) from error


def bind(site: Site) -> socket.socket:
    """Take the port before anything is written. Raises StartError with what to do when it can't be had."""
    family = socket.AF_INET6 if ":" in site.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((site.host, site.port))
    except OSError as error:
        listener.close()
        raise StartError(_why_not(site, error)) from error
    listener.setblocking(False)
    return listener


def stop_signal() -> asyncio.Event:
    """An event that SIGINT and SIGTERM set."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    return stop


def _why_not(site: Site, error: OSError) -> str:
    where = f"{site.host}:{site.port}"
    if error.errno == errno.EADDRINUSE:
        return f"Port {site.port} is taken by another program; stop it, or choose another port: --port {site.port + 1}"
    if error.errno == errno.EACCES:
        return f"This account may not listen on {where}; choose a port above 1023: --port 8000"
    return f"Can't listen on {where} ({error.strerror}); choose an address of this machine: --host 127.0.0.1"
