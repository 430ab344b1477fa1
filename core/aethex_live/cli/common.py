"""What the commands share: options of the site, running against its database."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from aethex_live import logs
from aethex_live.settings import Site, load_site

if TYPE_CHECKING:
    from aethex_live.db import Database
    from aethex_live.platform import Platform

T = TypeVar("T")
F = TypeVar("F", bound=Callable[..., Any])


def site_options(command: F) -> F:
    """The options by which every command finds the site."""
    command = click.option("--config", type=click.Path(path_type=Path), help="configuration file (aethex.toml)")(
        command
    )
    return click.option("--data", type=click.Path(path_type=Path), help="data folder (data)")(command)


def site_of(**options: object) -> Site:
    """The site's settings; options that were given beat everything else."""
    given = {name: value for name, value in options.items() if value is not None}
    return load_site(os.environ, overrides=given)


def with_platform(site: Site, work: Callable[[Platform], Awaitable[T]]) -> T:
    """Open the site without serving it, do the work, close it."""
    from aethex_live.platform import Platform  # late: a command that only prints its help needs none of it

    logs.set_up("WARNING")

    async def run() -> T:
        platform = await Platform.open(site)
        try:
            return await work(platform)
        finally:
            await platform.close()

    return asyncio.run(run())


def with_database(site: Site, work: Callable[[Database], Awaitable[T]]) -> T:
    """Do the work on the core's rows alone: no plugin is loaded, nothing is migrated."""
    from aethex_live._site import opening
    from aethex_live.db import Database

    logs.set_up("WARNING")

    async def run() -> T:
        async with AsyncExitStack() as closing:
            database = await Database.connect(await opening.address_of_database(site, closing), pool=(1, 4))
            closing.push_async_callback(database.close)
            return await work(database)

    return asyncio.run(run())
