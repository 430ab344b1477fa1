"""aethex backup: the whole site in a file, and back."""

from __future__ import annotations

import asyncio
from pathlib import Path

import click

from aethex_live import logs
from aethex_live.backup import Manifest, check, create, restore
from aethex_live.cli.common import site_of, site_options
from aethex_live.settings import Site


@click.group()
def backup() -> None:
    """Backups of the whole site: database, files, secret."""


@backup.command("create")
@click.argument("target", type=click.Path(path_type=Path), required=False)
@click.option("--no-media", is_flag=True, help="leave recordings out")
@click.option("--keep", type=click.IntRange(1), help="remove all but the newest so many in the folder")
@site_options
def create_backup(
    target: Path | None, no_media: bool, keep: int | None, config: Path | None, data: Path | None
) -> None:
    """Write a backup to TARGET, a file or a folder (backups in the data folder), while the site runs.

    It holds the site's secret and all that people wrote: keep it as safe as the site itself, on another machine.
    """
    site = site_of(config=config, data=data)
    logs.set_up("WARNING")
    made = asyncio.run(create(site, target or site.data / "backups", media=not no_media, keep=keep))
    print(f"{made.path}: {_words(made.manifest)}, in {made.seconds:.1f} s.")
    for name in made.manifest.changed:
        print(f"  {name} was shortened while it was read; the rest of it is zeros.")
    for path in made.removed:
        print(f"  removed {path}")


@backup.command("verify")
@click.argument("file", type=click.Path(path_type=Path))
def verify_backup(file: Path) -> None:
    """Read FILE from end to end and prove every byte of it. Touches nothing."""
    manifest = check(file)
    print(f"{file} is whole: {_words(manifest)}.")
    print(f"  of “{manifest.site}”, made {manifest.made_at:%Y-%m-%d %H:%M:%S} UTC by version {manifest.version},")
    print(f"  PostgreSQL {manifest.postgres}, head of the audit {manifest.audit_head}")


@backup.command("restore")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--into", metavar="DIR|DATABASE", help="a data folder with its own database, or postgresql://… alone")
@click.option("--replace", is_flag=True, help="keep what is there aside, in before-<time>")
@site_options
def restore_backup(file: Path, into: str | None, replace: bool, config: Path | None, data: Path | None) -> None:
    """Restore FILE, after it is proved. The site must not run."""
    site = _target(site_of(config=config, data=data), into)
    logs.set_up("WARNING")
    done = asyncio.run(restore(site, file, replace=replace))
    print(f"Restored and verified into {done.data}: {_words(done.manifest)}, in {done.seconds:.1f} s.")
    for name in done.aside:
        print(f"  what was there is kept as {name}")
    if not done.manifest.media:
        print("  The backup was made without recordings: they are listed, but their media is missing.")


def _target(site: Site, into: str | None) -> Site:
    """The site to restore. A folder is one by itself: its own database, all files in it."""
    if into is None:
        return site
    if "://" in into:
        return site_of(config=site.config, data=site.data, database_url=into)
    # without the plugins' settings: folders that they name belong to the site that is not to be touched
    return Site(data=Path(into).absolute(), secret=site.secret)


def _words(manifest: Manifest) -> str:
    files = f"{len(manifest.members) - 1} files" if len(manifest.members) != 2 else "1 file"
    return f"{manifest.rows:,} rows and {files}, {manifest.size / 1e6:,.1f} MB"
