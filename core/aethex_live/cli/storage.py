"""aethex storage: stored files brought from one provider to another."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import click

from aethex_live.cli.common import site_of, site_options, with_platform
from aethex_live.domain.storage_journal import Journal
from aethex_live.domain.storage_moves import MoveReport, StorageMove
from aethex_live.domain.storage_rows import StorageRows, has_rows
from aethex_live.errors import AethexError
from aethex_live.hookspecs import storage as specs
from aethex_live.platform import Platform
from aethex_live.providers import Kind
from aethex_live.providers.storage import StorageProvider

FOLDER = "storage-moves"  # in the data folder
_TOLD_EVERY_S = 2.0


@click.group()
def storage() -> None:
    """Stored files: pictures, emotes, whatever plugins keep."""


@storage.command()
@click.option("--from", "source", required=True, help="the provider that has the files, as local")
@click.option("--to", "target", required=True, help="the provider that is to have them, as s3")
@click.option("--prefix", default="", help="only files whose key begins so, as public/avatars/")
@click.option("--jobs", type=click.IntRange(1, 64), default=8, show_default=True, help="how many files at once")
@click.option("--delete-source", is_flag=True, help="delete the old files whose copies are there, once rows know")
@site_options
def migrate(
    source: str, target: str, prefix: str, jobs: int, delete_source: bool, config: Path | None, data: Path | None
) -> None:
    """Copy all files from one provider to another while the site runs, read each back, and let its row know.

    Choose the new provider first, so that new files go there. A move that was ended goes on where it was when it is
    called again. Exit code 1: some files are left, and the report says why.
    """

    async def work(platform: Platform) -> MoveReport:
        return await move(platform, source, target, prefix=prefix, jobs=jobs, delete_source=delete_source)

    report = with_platform(site_of(config=config, data=data), work)
    for line in report.lines(source, target):
        print(line)
    if not report.whole:
        sys.exit(1)


async def move(
    platform: Platform, source: str, target: str, *, prefix: str, jobs: int, delete_source: bool
) -> MoveReport:
    """Do the move and write it into the audit. Raises AethexError for what can't be moved."""
    here, there = _provider(platform, source), _provider(platform, target)
    if source == target:
        raise AethexError("Files are moved from one provider to another: name two.")
    if delete_source:
        await _refuse_to_forget(platform)
    if platform.site.providers.storage == source:
        print(f'New files still go to {source}: set storage = "{target}" under [providers] first.', file=sys.stderr)
    platform.db.bind()
    declared = platform.hooks.collect(specs.storage_references)
    rows = StorageRows(platform.db, [(plugin, one) for plugin, offered in declared for one in offered])
    journal = Journal.open(platform.site.data / FOLDER, source, target)
    try:
        mover = StorageMove(here, there, journal, rows, jobs=jobs, told=_Progress())
        report = await mover.run(prefix, delete_source=delete_source)
    finally:
        journal.close()
    await platform.domain.audit.write(
        "storage.moved",
        actor=None,
        subject=f"storage:{source}",
        detail={"to": target, "prefix": prefix, "copied": report.copied, "deleted": report.deleted},
    )
    return report


def _provider(platform: Platform, name: str) -> StorageProvider:
    found = platform.providers.storage(name)
    if found is None:
        live = ", ".join(platform.providers.names(Kind.STORAGE)) or "none"
        raise AethexError(
            f"There is no storage provider {name} here (there is {live}): configure its plugin under "
            f"[plugins.storage_{name}]; `aethex plugins` says what it lacks."
        )
    return found


async def _refuse_to_forget(platform: Platform) -> None:
    """Rows of a plugin that is off can't be told, and would name files that are gone."""
    names = [name for name in platform.plugins.roster.entries if not platform.plugins.is_on(name)]
    if off := [name for name in names if await has_rows(platform.db, name)]:
        raise AethexError(
            f"--delete-source: {', '.join(sorted(off))} can't be asked which files it names, because it is off. "
            "Turn it on, or move without --delete-source."
        )


class _Progress:
    """A line now and then."""

    def __init__(self) -> None:
        self._next = time.monotonic() + _TOLD_EVERY_S

    def __call__(self, report: MoveReport) -> None:
        now = time.monotonic()
        if now < self._next:
            return
        self._next = now + _TOLD_EVERY_S
        told = f"{report.copied:,} copied, {report.known:,} known, {report.deleted:,} deleted"
        print(f"{told}, {len(report.failed):,} failed …", file=sys.stderr, flush=True)
