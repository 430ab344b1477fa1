"""aethex migrate: bring the database to the state of the code."""

from __future__ import annotations

from pathlib import Path

import click

from aethex_live.cli.common import site_of, site_options, with_platform
from aethex_live.platform import Platform


@click.command()
@site_options
def migrate(config: Path | None, data: Path | None) -> None:
    """Apply pending migrations of the core and of the plugins that are on, under a lock, forward only."""

    async def work(platform: Platform) -> list[str]:
        return list(platform.migrated)

    done = with_platform(site_of(config=config, data=data), work)
    for name in done:
        print(f"applied {name}")
    print("The database is up to date." if not done else f"{len(done)} applied.")
