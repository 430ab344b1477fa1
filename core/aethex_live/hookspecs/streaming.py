"""Hooks of broadcasts: who takes them in, and what became of them. Told by the dispatcher, after the commit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from aethex_live.hookspecs._marker import spec

if TYPE_CHECKING:
    from aethex_live.events import Recorded
    from aethex_live.providers import Offer
    from aethex_live.providers.streaming import StreamProvider


@spec("collect")
def streaming_providers() -> Sequence[Offer[StreamProvider]]:  # type: ignore[empty-body]  # a declaration has no body
    """Streaming providers on offer."""


@spec("notify")
async def ingest_connected(event: Recorded) -> None:
    """An encoder was let in: first, again, or in place of another; `events.types.IngestConnected`."""


@spec("notify")
async def ingest_disconnected(event: Recorded) -> None:
    """The encoder is gone, the reconnect window runs; `events.types.IngestDisconnected`."""


@spec("notify")
async def broadcast_started(event: Recorded) -> None:
    """A channel is live and can be watched; `events.types.BroadcastStarted`."""


@spec("notify")
async def broadcast_changed(event: Recorded) -> None:
    """Title or category of a live broadcast changed; `events.types.BroadcastChanged`."""


@spec("notify")
async def broadcast_ended(event: Recorded) -> None:
    """A broadcast is over; `events.types.BroadcastEnded`."""


@spec("notify")
async def recording_ready(event: Recorded) -> None:
    """A recording can be watched; `events.types.RecordingReady`."""


@spec("notify")
async def recording_deleted(event: Recorded) -> None:
    """A recording was deleted; `events.types.RecordingDeleted`."""
