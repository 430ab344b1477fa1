"""Restoring a backup: proved first, built beside, compared row by row, and only then put in place."""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets as chance
import shutil
import tarfile
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncpg

from aethex_live._runtime.discovery import Found, discover
from aethex_live.clock import Clock, SystemClock
from aethex_live.db import EmbeddedPostgres
from aethex_live.db._address import check_dsn, open_connection
from aethex_live.secrets import FILE_NAME
from aethex_live.settings import Site

from . import archive, facts, moves, tools
from .errors import BackupError
from .folders import of_plugins
from .manifest import DATA, DUMP, FOLDER, Manifest
from .refusals import refuse_newer, refuse_occupied, refuse_other_secret, refuse_running
from .target import Place, external, spared

STAGE_MODE = 0o700


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """A restore that is done: what was restored, where, how long it took in seconds, what was kept aside."""

    manifest: Manifest
    data: Path
    seconds: float
    aside: tuple[str, ...]


def check(path: Path) -> Manifest:
    """Read a backup from end to end. Raises BackupError when it is not whole."""
    return archive.read(path)


async def restore(site: Site, path: Path, *, replace: bool = False, clock: Clock | None = None) -> Restored:
    """Restore the backup at `path` as `site`: into its data folder, its plugins' folders and its database.

    Raises BackupError before anything is touched when the backup is not whole, newer than the code or of another
    secret, when the site runs, or when something is there already; with `replace` that is kept aside.
    """
    begun = time.monotonic()
    _finish_earlier(site)
    manifest = await asyncio.to_thread(check, path)
    found = discover(site)
    refuse_newer(manifest, found)
    refuse_other_secret(site, manifest)
    stamp = (clock or SystemClock()).now().strftime("%Y%m%dT%H%M%SZ")
    places = _places(site, found, manifest, stamp)
    refuse_running(site)
    for place in places.values():
        refuse_occupied(place.target, spared(place, path), replace=replace)
    made = [place.target for place in places.values() if not place.target.exists()]
    try:
        aside = await _build(site, path, manifest, places, stamp, replace)
        for place in reversed(places.values()):  # the data folder last: it is what makes a site
            target_aside = place.aside if replace and spared_rest(place, path) else None
            await asyncio.to_thread(moves.put, place.target, place.stage, target_aside, spared(place, path))
            aside += [str(target_aside)] if target_aside else []
    except OSError as error:
        raise BackupError(f"The backup can't be restored into {site.data}: {error.strerror or error}.") from error
    finally:
        for place in places.values():
            if not moves.unfinished(place.target):
                shutil.rmtree(place.stage, ignore_errors=True)
        for target in made:
            with contextlib.suppress(OSError):  # it holds what was restored
                target.rmdir()
    return Restored(manifest=manifest, data=site.data, seconds=time.monotonic() - begun, aside=tuple(aside))


def spared_rest(place: Place, path: Path) -> bool:
    """Whether the place holds anything that is to be kept aside."""
    spare = {*spared(place, path), place.stage.name}
    return any(entry.name not in spare for entry in place.target.iterdir())


def _finish_earlier(site: Site) -> None:
    if moves.unfinished(site.data):
        moves.finish(site.data)
        raise BackupError(
            f"An earlier restore into {site.data} had been cut short in its last step; that step is done now, and the"
            " site can be started. To restore another backup, run this again with --replace."
        )


def _places(site: Site, found: Mapping[str, Found], manifest: Manifest, stamp: str) -> dict[str, Place]:
    """Where the members go, by the beginning of their names: the data folder first."""
    places = {DATA: Place.of(site.data, stamp)}
    here = {folder.key: folder.path for folder in of_plugins(site, found)}
    for key, path in here.items():
        if key in manifest.folders and not path.is_relative_to(site.data.resolve()):
            places[f"{FOLDER}{key}/"] = Place.of(path, stamp)
    return places


async def _build(
    site: Site, path: Path, manifest: Manifest, places: Mapping[str, Place], stamp: str, replace: bool
) -> list[str]:
    """Everything beside its place: files, database; compared with the manifest. Returns what is kept aside."""
    for place in places.values():
        place.stage.mkdir(mode=STAGE_MODE, parents=True)
    dump = places[DATA].stage / DUMP
    again = await asyncio.to_thread(archive.read, path, _Extractor(places, _defaults(site, manifest)).take)
    if again != manifest:
        raise BackupError(f"{path} was changed while it was read: make sure nobody writes to it, then try again.")
    _own_secret(site, places[DATA].stage)
    async with _database(site, places[DATA].stage, stamp, replace=replace) as (dsn, whole, aside):
        await tools.restore(dsn, dump, whole=whole)
        await _prove(dsn, manifest)
        await _begin_epoch(dsn)
    dump.unlink()
    await asyncio.to_thread(os.sync)
    return aside


def _defaults(site: Site, manifest: Manifest) -> dict[str, str]:
    """Where a plugin's folder lies inside the data folder: where the settings say, else at its usual place."""
    here = {folder.key: folder.path for folder in of_plugins(site, discover(site))}
    data = site.data.resolve()
    inside = {key: str(path.relative_to(data)) for key, path in here.items() if path.is_relative_to(data)}
    return {**manifest.folders, **inside}


def _own_secret(site: Site, stage: Path) -> None:
    """With AETHEX_SECRET the backup's file is of no use, and would only lie about."""
    if site.secret is not None:
        (stage / FILE_NAME).unlink(missing_ok=True)


class _Extractor:
    """Writes members into their places' stages."""

    def __init__(self, places: Mapping[str, Place], defaults: Mapping[str, str]) -> None:
        self._places, self._defaults = places, defaults

    def take(self, info: tarfile.TarInfo, chunks: Iterator[bytes]) -> None:
        path = self._path(info.name)
        path.parent.mkdir(parents=True, exist_ok=True)
        mode = 0o600 if path.name == FILE_NAME else (info.mode & 0o755) | 0o600
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
            for data in chunks:
                file.write(data)
        os.utime(path, (info.mtime, info.mtime))

    def _path(self, name: str) -> Path:
        stage = self._places[DATA].stage
        if name.startswith(DATA):
            return stage / name.removeprefix(DATA)
        if not name.startswith(FOLDER):
            return stage / name
        key, _, rest = name.removeprefix(FOLDER).partition("/")
        if (place := self._places.get(f"{FOLDER}{key}/")) is not None:
            return place.stage / rest
        return stage / self._defaults.get(key, f"plugins/{key}") / rest


@asynccontextmanager
async def _database(
    site: Site, stage: Path, stamp: str, *, replace: bool
) -> AsyncIterator[tuple[str, bool, list[str]]]:
    """An empty database to restore into, which counts only when the block ends well."""
    if site.database_url is not None:
        async with external(check_dsn(site.database_url.get_secret_value()), stamp, replace=replace) as (dsn, aside):
            yield dsn, True, aside
        return
    # not waiting for the disk is safe here: the server is stopped in good order and all is synced before it counts
    server = EmbeddedPostgres(stage / "postgres", fsync=False)
    try:
        await server.start()
        yield server.dsn(), False, []
    finally:
        await server.stop()


async def _prove(dsn: str, manifest: Manifest) -> None:
    """Every table has the rows that it had."""
    connection = await open_connection(dsn)
    try:
        await connection.execute("begin read only")
        there = await facts.gather(connection)
    finally:
        connection.terminate()
    if set(there.tables) != set(manifest.tables):
        odd = sorted(set(there.tables) ^ set(manifest.tables))[0]
        raise BackupError(f"The restored database differs: the table {odd} is only on one side. Nothing was changed.")
    for name, table in manifest.tables.items():
        if there.tables[name] != table:
            raise BackupError(
                f"The restored database differs: {name} has {there.tables[name].rows} rows where {table.rows} were"
                " saved, or other ones. Nothing was changed."
            )


async def _begin_epoch(dsn: str) -> None:
    """Numbers of realtime topics begin a new epoch: what pages saw after the backup was made is no longer so."""
    connection = await open_connection(dsn)
    try:
        async with connection.transaction():
            epoch = chance.token_hex(6)
            await connection.execute("update core_site_fact set value = $1 where key = 'epoch'", epoch)
            await connection.execute("update core_topic set epoch = $1", epoch)
    except asyncpg.PostgresError as error:
        raise BackupError(f"The restored database can't be written: {error}. Nothing was changed.") from error
    finally:
        connection.terminate()
