"""Counters and gauges of one process, in Prometheus' text form at /metrics."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.process_collector import ProcessCollector

BUCKETS = (0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)


class Metrics:
    """The metrics of one platform object: a registry of its own, so that several live in one process."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self.requests = Counter(
            "aethex_http_requests",
            "Requests by method and class of status",
            ["method", "status"],
            registry=self.registry,
        )
        self.seconds = Histogram(
            "aethex_http_seconds", "Time to answer in seconds", buckets=BUCKETS, registry=self.registry
        )
        self.failures = Counter("aethex_http_failures", "Requests that failed on our side", registry=self.registry)
        self._gauges: dict[str, Gauge] = {}

    def gauge(self, name: str, text: str, read: Callable[[], float]) -> None:
        """A value that is read when the metrics are asked for."""
        gauge = Gauge(f"aethex_{name}", text, registry=self.registry)
        gauge.set_function(read)
        self._gauges[name] = gauge

    def watch(self, prefix: str, text: str, read: Callable[[], Mapping[str, float]]) -> None:
        """A gauge for every value of a mapping of plain numbers."""
        for name in read():
            self.gauge(f"{prefix}_{name}", text, lambda key=name: float(read().get(key, 0)))  # type: ignore[misc]  # the default binds the name

    def text(self) -> bytes:
        """All of it, as Prometheus reads it."""
        return generate_latest(self.registry)
