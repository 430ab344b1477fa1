"""Making a backup while the site runs: the database at one moment, then the files."""

from __future__ import annotations

import asyncio
import contextlib
import importlib.metadata
import os
import re
import shutil
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import asyncpg

from aethex_live._runtime.discovery import discover
from aethex_live._site.opening import address_of_database
from aethex_live.clock import Clock, SystemClock
from aethex_live.db._address import check_dsn, open_connection
from aethex_live.secrets import FILE_NAME, load_secrets
from aethex_live.settings import Site

from . import facts, tools
from .archive import Writer
from .errors import BackupError
from .facts import Facts
from .folders import BACKUPS, Folder, files, of_plugins
from .manifest import DUMP, Manifest

_NAME = re.compile(r"aethex-\d{8}T\d{6}Z\.tar")


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A backup that was made: where, what is in it, how long it took in seconds, which older ones were removed."""

    path: Path
    manifest: Manifest
    seconds: float
    removed: tuple[Path, ...] = ()


async def create(
    site: Site, target: Path, *, media: bool = True, keep: int | None = None, clock: Clock | None = None
) -> Made:
    """Make a backup at `target`, a file or a folder that gives it a name by the time.

    `keep` removes all but the newest of those in the folder, once the new one is whole. Raises BackupError or
    StartError; then nothing is left behind.
    """
    begun = time.monotonic()
    clock = clock or SystemClock()
    _refuse_no_site(site)
    folders = of_plugins(site, discover(site))
    path = _path(target, clock.now())
    _refuse_inside(site, folders, path)
    draft = path.with_name(f".{path.name}.{os.getpid()}.part")
    dump = draft.with_suffix(".dump")
    try:
        await _refuse_full(site, folders, path, media=media)
        found = await _dump(site, dump)
        manifest = await asyncio.to_thread(_write, site, found, folders, draft, dump, media, clock.now())
        _put(draft, path)
    except OSError as error:
        raise BackupError(f"The backup {path} can't be written: {error.strerror or error}.") from error
    finally:
        dump.unlink(missing_ok=True)
        draft.unlink(missing_ok=True)
    removed = rotate(path.parent, keep) if keep else ()
    return Made(path=path, manifest=manifest, seconds=time.monotonic() - begun, removed=removed)


def rotate(folder: Path, keep: int) -> tuple[Path, ...]:
    """Remove all but the newest `keep` backups that bear a name of ours; returns them."""
    old = sorted(path for path in folder.iterdir() if _NAME.fullmatch(path.name))[:-keep]
    for path in old:
        path.unlink()
    return tuple(old)


def _refuse_no_site(site: Site) -> None:
    if site.database_url is None and not (site.data / "postgres" / "cluster" / "PG_VERSION").is_file():
        raise BackupError(
            f"There is no site in {site.data}: name its data folder with --data, or its database with DATABASE_URL."
        )


def _refuse_inside(site: Site, folders: list[Folder], path: Path) -> None:
    """A backup must not lie among the files that the next one keeps."""
    place, data = path.parent.resolve(), site.data.resolve()
    if place.is_relative_to(data / BACKUPS):
        return
    for folder in (data, *(folder.path for folder in folders)):
        if place.is_relative_to(folder):
            raise BackupError(
                f"{place} is among the site's own files: write backups to {site.data / BACKUPS}, or better elsewhere."
            )


def _path(target: Path, now: datetime) -> Path:
    if target.is_dir() or target.suffix == "":
        target.mkdir(parents=True, exist_ok=True)
        target = target / f"aethex-{now:%Y%m%dT%H%M%SZ}.tar"
    if target.exists():
        raise BackupError(f"{target} is there already: remove it or choose another name.")
    if not target.parent.is_dir():
        raise BackupError(f"There is no folder {target.parent} to write the backup in.")
    return target.absolute()


async def _refuse_full(site: Site, folders: list[Folder], path: Path, *, media: bool) -> None:
    """A disk that can't take it is better told at once than after an hour."""

    def needed() -> int:
        total = 0
        for _, file in files(site, folders, media=media):
            with contextlib.suppress(FileNotFoundError):
                total += file.stat().st_size
        return total

    size = await asyncio.to_thread(needed)
    free = shutil.disk_usage(path.parent).free
    if size > free:
        raise BackupError(
            f"The files of the site have {size / 1e9:.1f} GB, but {path.parent} has room for {free / 1e9:.1f} GB:"
            " choose another place, or leave recordings out with --no-media."
        )


async def _dump(site: Site, target: Path) -> Facts:
    async with AsyncExitStack() as closing:
        dsn = check_dsn(await address_of_database(site, closing))
        async with _snapshot(dsn) as (connection, snapshot):
            os.close(os.open(target, os.O_WRONLY | os.O_CREAT, 0o600))
            dumping = asyncio.create_task(tools.dump(dsn, snapshot, target), name="pg-dump")
            try:
                found = await facts.gather(connection)
            except BaseException:
                dumping.cancel()
                await asyncio.gather(dumping, return_exceptions=True)
                raise
            await dumping
    if not found.migrations:
        raise BackupError("The database holds no site yet: there is nothing to back up.")
    return found


@asynccontextmanager
async def _snapshot(dsn: str) -> AsyncIterator[tuple[asyncpg.Connection[Any], str]]:
    """A connection that sees the database at one moment, and the name by which others see the same."""
    connection = await open_connection(dsn)
    try:
        await connection.execute("begin isolation level repeatable read read only")
        yield connection, str(await connection.fetchval("select pg_export_snapshot()"))
    except asyncpg.PostgresError as error:
        raise BackupError(f"The database can't be read: {error}.") from error
    finally:
        connection.terminate()


def _write(
    site: Site, found: Facts, folders: list[Folder], draft: Path, dump: Path, media: bool, now: datetime
) -> Manifest:
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        writer = Writer(file)
        writer.add(DUMP, dump)
        for name, path in files(site, folders, media=media):
            writer.add(name, path)
        manifest = Manifest(
            site=site.name,
            version=importlib.metadata.version("aethex-live"),
            made_at=now,
            postgres=found.postgres,
            migrations=found.migrations,
            secret=found.secret or load_secrets(site, SystemClock()).fingerprint,
            secret_included=site.secret is None and (site.data / FILE_NAME).is_file(),
            media=media,
            folders={folder.key: folder.default for folder in folders},
            tables=found.tables,
            audit_head=found.audit_head,
            members=tuple(writer.members),
            changed=tuple(writer.changed),
        )
        writer.close(manifest)
        file.flush()
        os.fsync(file.fileno())
    return manifest


def _put(draft: Path, path: Path) -> None:
    """Give the whole backup its name, unless somebody else took it meanwhile."""
    try:
        os.link(draft, path)
    except FileExistsError:
        raise BackupError(f"{path} is there already: remove it or choose another name.") from None
    except OSError:  # a file system without links
        draft.rename(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
