"""Hooks of a plugin's life: start, stop, what it offers to others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from aethex_live.hookspecs._marker import spec

if TYPE_CHECKING:
    import click

    from aethex_live.services import ServiceKey


@spec("notify", limit=60.0)
async def startup() -> None:
    """The site starts; database, cache and services are there. Warned about after 10 s, given up after 60 s."""


@spec("notify", limit=10.0)
async def shutdown() -> None:
    """The site stops; requests are over. Give back what startup took."""


@spec("collect")
def services() -> Mapping[ServiceKey[Any], object]:  # type: ignore[empty-body]  # a declaration has no body
    """What this plugin offers to other plugins, by key."""


@spec("collect")
def commands() -> Sequence[click.Command]:  # type: ignore[empty-body]  # a declaration has no body
    """Commands that stand under `aethex <plugin name>`."""
