"""Hooks of the event log: event types, consumers with a cursor of their own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from aethex_live.hookspecs._marker import spec

if TYPE_CHECKING:
    from aethex_live.events import Consumer, Event, Recorded


@spec("collect")
def event_types() -> Sequence[type[Event]]:  # type: ignore[empty-body]  # a declaration has no body
    """Events that the plugin records itself; their types begin with the plugin's name and a dot."""


@spec("collect")
def event_consumers() -> Sequence[Consumer]:  # type: ignore[empty-body]  # a declaration has no body
    """Readers of the log, each with its cursor; names begin with the plugin's name."""


@spec("notify")
async def event_recorded(event: Recorded) -> None:
    """Any event was committed and has its place in the log."""
