"""Hooks of realtime: topics that pages may hear, events that pages may send."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from aethex_live.hookspecs._marker import spec

if TYPE_CHECKING:
    from aethex_live.actor import Actor
    from aethex_live.realtime import SocketEvent, TopicClass


@spec("collect")
def topics() -> Sequence[TopicClass]:  # type: ignore[empty-body]  # a declaration has no body
    """Classes of topic that the plugin publishes to; a topic's name is `<prefix>:<id>`."""


@spec("collect")
def socket_events() -> Sequence[SocketEvent]:  # type: ignore[empty-body]  # a declaration has no body
    """What a page may send over its socket; names begin with the plugin's name and a dot."""


@spec("ask")
async def may_subscribe(topic: str, actor: Actor) -> bool | None:
    """Whether the actor may hear the topic. None: not mine. One True and no False lets in; no answer refuses."""
