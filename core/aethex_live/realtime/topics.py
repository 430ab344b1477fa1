"""A topic in this process: its members, its place in the sequence, and the messages on their way."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from aethex_live.realtime.connection import Connection
from aethex_live.realtime.contracts import Message, Position, TopicClass
from aethex_live.realtime.metrics import Metrics
from aethex_live.realtime.packets import dumps
from aethex_live.realtime.ring import Ring
from aethex_live.realtime.settings import RealtimeSettings


class Wire(NamedTuple):
    """A message ready to be sent: `encoded` is the JSON `[seq, name, data]`; epoch "" is the current one."""

    seq: int | None
    epoch: str
    name: str
    encoded: bytes


def encode_message(seq: int | None, name: str, data: object) -> bytes:
    """What stands in a batch for one message."""
    return dumps([seq, name, data])


class Topic:
    """Puts messages in order and keeps them until the next flush.

    `seq` is the newest message taken, `flushed` the newest one that was given to the members. `wake` is
    called when there is something to flush, `recover` when a message is missing and the store must be asked.
    """

    __slots__ = (
        "_early",
        "_held",
        "_metrics",
        "_settings",
        "cost",
        "declared",
        "epoch",
        "flushed",
        "flushed_at",
        "hold_timer",
        "idle_since",
        "left",
        "members",
        "name",
        "order",
        "pending",
        "primed",
        "priming",
        "recover",
        "recovering",
        "ring",
        "seq",
        "sweeping",
        "timer",
        "wake",
    )

    def __init__(
        self,
        name: str,
        declared: TopicClass,
        settings: RealtimeSettings,
        metrics: Metrics,
        *,
        wake: Callable[[Topic], None],
        recover: Callable[[Topic], None],
    ) -> None:
        self.name = name
        self.declared = declared
        self._settings = settings
        self._metrics = metrics
        self.wake = wake
        self.recover = recover
        self.recovering = False
        self.seq = self.flushed = 0
        self.epoch = ""
        self.ring = Ring(settings.ring_messages, settings.ring_bytes)
        self.pending: dict[object, bytes] = {}
        self.primed = self.is_volatile
        self.priming: asyncio.Task[None] | None = None
        self._early: list[Wire] = []
        self._held: dict[int, bytes] = {}
        self.hold_timer: asyncio.TimerHandle | None = None
        self.members: set[Connection] = set()
        self.order: tuple[list[Connection], list[Connection]] | None = None
        self.left: set[Connection] = set()
        self.sweeping = False
        self.timer: asyncio.Handle | None = None
        self.flushed_at = float("-inf")
        self.cost = 0.0
        self.idle_since = 0.0

    @property
    def is_volatile(self) -> bool:
        """Whether the last value of a tick wins and nothing is numbered."""
        return self.declared.kind == "volatile"

    @property
    def newest_held(self) -> int:
        """The newest message that waits for one before it, or the newest one of all."""
        return max(self._held, default=self.seq)

    def add(self, connection: Connection) -> None:
        """From the next flush on this one hears the topic."""
        self.members.add(connection)
        self.order = None
        connection.topics += (self,)

    def remove(self, connection: Connection, now: float) -> None:
        """It hears no more, not even the rest of a sweep that goes on."""
        self.members.discard(connection)
        self.order = None
        connection.topics = tuple(topic for topic in connection.topics if topic is not self)
        if connection.skipped is not None:
            connection.skipped.pop(self, None)
        if self.sweeping:
            self.left.add(connection)
        if not self.members:
            self.idle_since = now

    def prime(self, position: Position, recent: Sequence[Message] = ()) -> None:
        """Begin where the store stands, knowing its newest messages; then take what was published meanwhile."""
        self._restart(position.seq, position.epoch)
        self._remember([row for row in recent if row.seq <= position.seq])
        self.primed = True
        early, self._early = self._early, []
        for wire in early:
            self.accept(wire)
        if len(early) >= self._settings.ring_messages:
            self.recover(self)

    def accept(self, wire: Wire) -> None:
        """Take a message that was published here or elsewhere."""
        if not self.primed:
            if len(self._early) < self._settings.ring_messages:
                self._early.append(wire)
        elif self.is_volatile:
            self._put(wire.name, wire.encoded)
        elif wire.seq is None:
            self._put(object(), wire.encoded)
        else:
            if wire.epoch and wire.epoch != self.epoch:
                self._restart(wire.seq - 1, wire.epoch)
            self._order(wire.seq, wire.encoded)

    def fill(self, rows: Iterable[Message]) -> None:
        """Take what the store had of a gap."""
        before = self.seq
        for row in rows:
            if row.seq > self.seq:
                if self.declared.kind == "chat" and row.seq != self.seq + 1:
                    self.ring.reset(row.seq - 1)
                self._held.pop(row.seq, None)
                self._take(row.seq, encode_message(row.seq, row.name, row.data))
        self._metrics.add("gaps_filled", int(self.seq > before))
        self._release()

    def give_up_gap(self, upto: int) -> None:
        """The store does not have what is missing before `upto`: go on behind the gap."""
        while self._held and min(self._held) <= upto:
            self._metrics.add("gaps_given_up")
            behind = max(min(self._held) - 1, self.seq)
            # a client that missed this must not be told that the ring has all
            self.ring.reset(behind)
            self.seq = behind
            self._release()
        self._wait_for_gap()

    def take_pending(self) -> list[bytes]:
        """What the members get now."""
        messages = list(self.pending.values())
        self.pending.clear()
        self.flushed = self.seq
        return messages

    def _remember(self, recent: Sequence[Message]) -> None:
        numbers = [row.seq for row in recent]
        if numbers != list(range(self.seq - len(numbers) + 1, self.seq + 1)):
            return  # with a hole in it, it would be no history
        self.ring.reset(self.seq - len(numbers))
        for row in recent:
            self.ring.add(row.seq, encode_message(row.seq, row.name, row.data))

    def _restart(self, seq: int, epoch: str) -> None:
        self.seq = self.flushed = seq
        self.epoch = epoch
        self.ring.reset(seq)
        self._held.clear()
        self.pending.clear()

    def _order(self, seq: int, encoded: bytes) -> None:
        if seq <= self.seq:
            self._metrics.add("duplicates_dropped")
        elif self.declared.kind == "log" or seq == self.seq + 1:
            self._take(seq, encoded)
            self._release()
        else:
            self._hold(seq, encoded)

    def _hold(self, seq: int, encoded: bytes) -> None:
        self._metrics.add("gaps_held")
        self._held[seq] = encoded
        if len(self._held) > self._settings.ring_messages:
            # too much to wait for: the store has all of it
            self._held.clear()
            self.recover(self)
        else:
            self._wait_for_gap()

    def _wait_for_gap(self) -> None:
        if self._held and self.hold_timer is None and not self.recovering:
            loop = asyncio.get_running_loop()
            self.hold_timer = loop.call_later(self._settings.gap_hold_ms / 1000, self._held_too_long)

    def _held_too_long(self) -> None:
        self.hold_timer = None
        if self._held:
            self.recover(self)

    def _release(self) -> None:
        while self._held and (encoded := self._held.pop(self.seq + 1, None)) is not None:
            self._take(self.seq + 1, encoded)
        if self.hold_timer is not None and not self._held:
            self.hold_timer.cancel()
            self.hold_timer = None

    def _take(self, seq: int, encoded: bytes) -> None:
        self.seq = seq
        self.ring.add(seq, encoded)
        self._put(seq, encoded)

    def _put(self, key: object, encoded: bytes) -> None:
        self.pending[key] = encoded
        if self.timer is None and not self.sweeping:
            self.wake(self)
