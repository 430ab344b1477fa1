"""Batches: a topic's messages of a tick are encoded once and written once to every member."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Iterator

from aethex_live.clock import Clock
from aethex_live.realtime.connection import Connection
from aethex_live.realtime.deflate import deflate
from aethex_live.realtime.frames import Opcode, encode
from aethex_live.realtime.metrics import Metrics
from aethex_live.realtime.packets import dumps
from aethex_live.realtime.settings import RealtimeSettings
from aethex_live.realtime.slow import Congestion
from aethex_live.realtime.topics import Topic

Chunk = tuple[bytes, list[Connection]]
# seconds over which the share of the loop that sending takes is averaged
LOAD_WINDOW = 1.0


def batch(topic: Topic, messages: list[bytes]) -> bytes:
    """The packet `batch [topic, epoch, [[seq, name, data], ...]]`."""
    head = b'42["batch",[' + dumps(topic.name) + b"," + dumps(topic.epoch) + b",["
    return head + b",".join(messages) + b"]]]"


class Flusher:
    """Decides when a topic is flushed, and does it in slices so that other work is not kept waiting.

    The first message after a silence goes at the end of the loop's turn; then there is at least a tick
    between two batches, and so much more that sending takes no more than its share of the loop.
    """

    def __init__(self, settings: RealtimeSettings, clock: Clock, metrics: Metrics, congestion: Congestion) -> None:
        self._settings = settings
        self._clock = clock
        self._metrics = metrics
        self._congestion = congestion
        self._load = 0.0
        self._load_at = clock.monotonic()

    def schedule(self, topic: Topic) -> None:
        """The topic has something to send: set its timer."""
        loop = asyncio.get_running_loop()
        delay = topic.flushed_at + self.interval(topic) - self._clock.monotonic()
        topic.timer = loop.call_later(delay, self._flush, topic) if delay > 0 else loop.call_soon(self._flush, topic)

    def interval(self, topic: Topic) -> float:
        """Seconds between two batches of the topic at the present load."""
        tick, share = self._settings.tick_ms / 1000, self._settings.loop_share
        wanted = max(tick, topic.cost / share, tick * self._load / share)
        return min(wanted, max(tick, self._settings.longest_tick_ms / 1000))

    def _flush(self, topic: Topic) -> None:
        topic.timer = None
        topic.flushed_at = self._clock.monotonic()
        messages = topic.take_pending()
        if not topic.members or not messages:
            return
        payload = batch(topic, messages)
        self._metrics.add("batches_sent", len(topic.members))
        self._metrics.add("bytes_batched", len(payload) * len(topic.members))
        topic.sweeping = True
        topic.cost = 0.0
        self._sweep(topic, self._chunks(topic, payload))

    def _chunks(self, topic: Topic, payload: bytes) -> Iterator[Chunk]:
        if topic.order is None:
            plain = [member for member in topic.members if not member.compressed]
            topic.order = plain, [member for member in topic.members if member.compressed]
        plain, compressed = topic.order
        yield from self._slices(encode(Opcode.TEXT, payload), plain)
        if not compressed:
            return
        if len(payload) > self._settings.compress_above:
            frame = encode(Opcode.TEXT, deflate(payload), compressed=True)
        else:
            frame = encode(Opcode.TEXT, payload)
        yield from self._slices(frame, compressed)

    def _slices(self, frame: bytes, members: list[Connection]) -> Iterator[Chunk]:
        size = self._settings.sweep_slice
        for start in range(0, len(members), size):
            yield frame, members[start : start + size]

    def _sweep(self, topic: Topic, chunks: Iterator[Chunk]) -> None:
        began = self._clock.monotonic()
        chunk = next(chunks, None)
        if chunk is None:
            self._end(topic)
            return
        frame, members = chunk
        if topic.left:
            members = [member for member in members if member not in topic.left]
        self._congestion.sweeping = topic
        for member in members:
            try:
                member.push(frame)
            except RuntimeError:
                # its transport is closed, and tells us so in a moment; the others must not miss the batch
                continue
        self._congestion.sweeping = None
        topic.cost += self._clock.monotonic() - began
        asyncio.get_running_loop().call_soon(self._sweep, topic, chunks)

    def _end(self, topic: Topic) -> None:
        topic.sweeping = False
        topic.left.clear()
        now = self._clock.monotonic()
        self._load = self._load * math.exp((self._load_at - now) / LOAD_WINDOW) + topic.cost
        self._load_at = now
        if topic.pending and topic.timer is None:
            self.schedule(topic)
