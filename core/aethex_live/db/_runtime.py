"""The server's socket folder, its start lock, and the server that another process already runs."""

import asyncio
import fcntl
import hashlib
import os
import signal
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from aethex_live.errors import StartError

_LONGEST_SOCKET_FOLDER = 80  # a socket's path may have 107 bytes, "/.s.PGSQL.5432.lock" takes 19


def runtime_folder(folder: Path, *, private: bool = True) -> Path:
    """A short folder for the sockets of the server of `folder`: the folder's own path may be too long for a socket.

    `private=False` for a server that runs as another user, who can't reach XDG_RUNTIME_DIR.
    """
    name = "aethex-" + hashlib.sha256(os.fsencode(folder.resolve())).hexdigest()[:12]
    given = os.environ.get("XDG_RUNTIME_DIR") if private else None
    if given and len(given) < _LONGEST_SOCKET_FOLDER - len(name) and os.access(given, os.W_OK | os.X_OK):
        return Path(given) / name
    base = tempfile.gettempdir()
    return Path(base if len(base) < _LONGEST_SOCKET_FOLDER - len(name) else "/tmp") / name  # noqa: S108 - made 0700


@dataclass(frozen=True)
class ForeignServer:
    """A server that some process runs on our cluster."""

    pid: int
    sockets: Path
    orphaned: bool

    def nudge(self) -> None:
        """Ask a server whose owner is gone to stop, should its death signal have been lost."""
        if self.orphaned:
            try:
                os.kill(self.pid, signal.SIGINT)
            except (ProcessLookupError, PermissionError):
                return


def owner_file(cluster: Path) -> Path:
    """Where the process that starts the server leaves its id."""
    return cluster.with_name("owner.pid")


def foreign_server(cluster: Path) -> ForeignServer | None:
    """The living server named by the cluster's postmaster.pid, if there is one."""
    try:
        lines = (cluster / "postmaster.pid").read_text().splitlines()
        pid, sockets = abs(int(lines[0])), Path(lines[4])
    except (OSError, ValueError, IndexError):
        return None
    if not _is_server_of(pid, cluster):
        return None
    return ForeignServer(pid, sockets, _is_orphan(pid, owner_file(cluster)))


def _is_server_of(pid: int, cluster: Path) -> bool:
    """Whether the process serves the cluster: a stale file may name an id that somebody else has now."""
    process = Path(f"/proc/{pid}")
    if not process.parent.joinpath("self").exists():  # no /proc here: trust the file if the process lives
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return False
        except PermissionError:
            return True
        return True
    try:
        return os.fsencode(cluster) in (process / "cmdline").read_bytes().split(b"\0")
    except OSError:
        return False


def _is_orphan(pid: int, owner_file: Path) -> bool:
    """Whether the process that started the server is gone: the server's parent is then another one."""
    try:
        parent = int(Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[1])
        return parent != int(owner_file.read_text())
    except (OSError, ValueError, IndexError):
        return False


@asynccontextmanager
async def hold(path: Path, seconds: float) -> AsyncIterator[int]:
    """Hold a file lock, waited for at most `seconds`; a child that gets the descriptor holds it while it lives."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        deadline = time.monotonic() + seconds
        while not _locked(descriptor):
            if time.monotonic() > deadline:
                raise StartError(
                    f"Another process has held {path} for {seconds:.0f} s, so PostgreSQL can't be started:"
                    " wait for it or end it, then try again."
                )
            await asyncio.sleep(0.05)
        yield descriptor
    finally:
        os.close(descriptor)


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
