"""Realtime: topics that the platform publishes to and clients hear, over Socket.IO (docs/realtime.md)."""

from __future__ import annotations

from aethex_live.realtime.bus import Bus, LocalBus
from aethex_live.realtime.bus_redis import RedisBus
from aethex_live.realtime.contracts import (
    PUBLIC,
    Actor,
    Call,
    Handler,
    Handshake,
    Message,
    Position,
    SocketEvent,
    TopicClass,
)
from aethex_live.realtime.engine import Realtime
from aethex_live.realtime.errors import NoAnswer, Refused, UndeclaredTopic
from aethex_live.realtime.settings import RealtimeSettings

__all__ = [
    "PUBLIC",
    "Actor",
    "Bus",
    "Call",
    "Handler",
    "Handshake",
    "LocalBus",
    "Message",
    "NoAnswer",
    "Position",
    "Realtime",
    "RealtimeSettings",
    "RedisBus",
    "Refused",
    "SocketEvent",
    "TopicClass",
    "UndeclaredTopic",
]
