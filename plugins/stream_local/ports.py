"""What the streaming server needs from outside: who may publish, and who writes down what happened."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal, Protocol
from uuid import UUID

EndReason = Literal["unpublish", "timeout", "creator", "limit", "moderation", "crash"]
RefusalCode = Literal["BadName", "Rejected"]


@dataclass(frozen=True, slots=True)
class Admission:
    """The key is right: this ingest may publish. `version` is the key's; `record`: keep what it sends.

    `rehearsal`: what it sends is for the channel's own people alone.
    """

    ingest_id: str
    record: bool = True
    version: int = 1
    rehearsal: bool = False


@dataclass(frozen=True, slots=True)
class Refusal:
    """The publisher may not; `sentence` is what the encoder shows."""

    sentence: str
    code: RefusalCode = "Rejected"


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that happened to an ingest. A repeat of a fact carries the same ids. `rehearsal`: it is private."""

    ingest_id: str
    broadcast_id: UUID
    at: datetime
    rehearsal: bool = field(default=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class Connected(Fact):
    """A publisher was accepted; `continues` when its broadcast was there before."""

    publish_id: UUID
    continues: bool


@dataclass(frozen=True, slots=True)
class Disconnected(Fact):
    """The publisher is gone; unless one comes back within `window_s` seconds, the broadcast ends."""

    publish_id: UUID
    clean: bool
    window_s: float


@dataclass(frozen=True, slots=True)
class Started(Fact):
    """The first segment is there: the broadcast can be watched. `at` is the time of its first frame."""

    audio_only: bool = field(default=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class Ended(Fact):
    """The broadcast is over. `at` is the end of its last frame."""

    reason: EndReason


@dataclass(frozen=True, slots=True)
class RecordingReady(Fact):
    """The recording is whole on disk. `duration` in s, `size` in bytes; `incomplete`: it stopped early."""

    duration: float
    size: int
    width: int | None
    height: int | None
    has_audio: bool
    incomplete: bool


class Gate(Protocol):
    """Decides on stream keys."""

    async def admit(self, key: str, peer: str) -> Admission | Refusal:
        """Whether `key`, given by the address `peer`, may publish. The key is secret: never log it."""


class Journal(Protocol):
    """Writes facts down. Called in order, one at a time per ingest, and again when a call fails."""

    async def connected(self, fact: Connected) -> None: ...

    async def disconnected(self, fact: Disconnected) -> None: ...

    async def started(self, fact: Started) -> None: ...

    async def ended(self, fact: Ended) -> None: ...

    async def recording_ready(self, fact: RecordingReady) -> None: ...


class Timer(Protocol):
    """A call that is due later and can be taken back."""

    def cancel(self) -> object: ...


class Time(Protocol):
    """The clock and the alarm of the server; tests put their own here and need no sleep."""

    def monotonic(self) -> float:
        """Seconds that only grow."""

    def wall(self) -> float:
        """Seconds since 1970 in UTC."""

    def later(self, delay: float, call: Callable[[], None]) -> Timer:
        """Make `call` after `delay` seconds."""


class LoopTime:
    """The time of the running event loop and of this machine."""

    def monotonic(self) -> float:
        return time.monotonic()

    def wall(self) -> float:
        return time.time()

    def later(self, delay: float, call: Callable[[], None]) -> Timer:
        return asyncio.get_running_loop().call_later(delay, call)


def instant(wall: float) -> datetime:
    """`wall` seconds since 1970 as an aware time."""
    return datetime.fromtimestamp(wall, UTC)
