"""aethex channel: channels and their stream keys from the command line."""

from __future__ import annotations

from pathlib import Path

import click

from aethex_live.cli.common import site_of, site_options, with_platform
from aethex_live.platform import Platform


@click.group()
def channel() -> None:
    """Channels."""


@channel.command()
@click.argument("slug")
@click.option("--owner", required=True, help="user name of the owner")
@click.option("--name", help="name that is shown; the address if left out")
@site_options
def create(slug: str, owner: str, name: str | None, config: Path | None, data: Path | None) -> None:
    """Make the channel /SLUG."""

    async def work(platform: Platform) -> str:
        user = await platform.domain.accounts.get(owner)
        made = await platform.domain.channels.create(user.id, slug, name or slug)
        return made.slug

    made = with_platform(site_of(config=config, data=data), work)
    print(f"Channel /{made} is made.")


@channel.command()
@click.argument("slug")
@click.option("--rotate", is_flag=True, help="make a new key first; the old one is refused then")
@site_options
def key(slug: str, rotate: bool, config: Path | None, data: Path | None) -> None:
    """Print server and stream key of the channel /SLUG, a line each."""

    async def work(platform: Platform) -> tuple[str, str]:
        found = await platform.domain.channels.by_slug(slug)
        if rotate:
            await platform.domain.ingests.rotate_key(found, None)
        endpoint = (await platform.domain.ingests.show_key(found, None))[0]
        return endpoint.url, endpoint.key or ""

    server, secret = with_platform(site_of(config=config, data=data), work)
    print(server)
    print(secret)
