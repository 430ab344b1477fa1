"""Hooks of work outside requests: handlers of outbox rows, schedules."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from aethex_live.hookspecs._marker import spec

if TYPE_CHECKING:
    from aethex_live.jobs import OutboxHandler, Schedule


@spec("collect")
def outbox_handlers() -> Sequence[OutboxHandler]:  # type: ignore[empty-body]  # a declaration has no body
    """Who carries out outbox rows; topics begin with the plugin's name and a dot."""


@spec("collect")
def schedules() -> Sequence[Schedule]:  # type: ignore[empty-body]  # a declaration has no body
    """What is to be done again and again, by one process of the site."""
