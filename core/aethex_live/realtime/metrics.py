"""Counters of the engine: plain ints, shown by /metrics."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

NAMES = (
    "connections_opened",
    "connections_closed",
    "upgrades",
    "upgrades_refused",
    "connects_refused",
    "connect_timeouts",
    "ping_timeouts",
    "protocol_errors",
    "frames_received",
    "messages_published",
    "batches_sent",
    "batches_skipped",
    "bytes_batched",
    "clients_slowed",
    "clients_closed_slow",
    "events_handled",
    "events_refused",
    "events_failed",
    "events_timed_out",
    "rate_limited",
    "subscribed",
    "resumed",
    "reloads",
    "duplicates_dropped",
    "gaps_held",
    "gaps_filled",
    "gaps_given_up",
    "bus_sent",
    "bus_received",
    "bus_dropped",
    "bus_resyncs",
)


class Metrics(Mapping[str, int]):
    """Only ever growing numbers by name, since the process began."""

    __slots__ = ("_values",)

    def __init__(self) -> None:
        self._values = dict.fromkeys(NAMES, 0)

    def add(self, name: str, number: int = 1) -> None:
        """Count on; an unknown name is a mistake in the code and raises KeyError."""
        self._values[name] += number

    def __getitem__(self, name: str) -> int:
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)
