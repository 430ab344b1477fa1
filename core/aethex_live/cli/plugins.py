"""aethex plugins and aethex plugin: what is installed, in which state and why."""

from __future__ import annotations

from pathlib import Path

import click

from aethex_live._runtime.report import PluginRow
from aethex_live.cli.common import site_of, site_options, with_platform
from aethex_live.platform import Platform


@click.command()
@site_options
def plugins(config: Path | None, data: Path | None) -> None:
    """List all plugins with their state, its reason and the next step."""

    async def work(platform: Platform) -> list[str]:
        return [line for row in platform.plugins.rows() for line in lines_of(row)]

    for line in with_platform(site_of(config=config, data=data), work):
        print(line)


def lines_of(row: PluginRow) -> list[str]:
    """A plugin in two lines: what it is, and why it is in its state."""
    head = f"{row.name:16} {row.state.value:14} phase {row.phase}  {row.title}"
    said = " ".join(part for part in (row.reason, row.next_step) if part)
    return [head, f"    {said}"] if said else [head]


@click.group()
def plugin() -> None:
    """One plugin."""


@plugin.command()
@click.argument("name")
@site_options
def resume(name: str, config: Path | None, data: Path | None) -> None:
    """End the suspension of the plugin NAME in all processes."""

    async def work(platform: Platform) -> str:
        return await platform.switch_plugin(name, "resume", None)

    print(with_platform(site_of(config=config, data=data), work))
