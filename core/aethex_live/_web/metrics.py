"""Counters and gauges of one process, in Prometheus' text form at /metrics."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping
from itertools import accumulate

from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest
from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.process_collector import ProcessCollector

BUCKETS = (0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)


class Metrics:
    """The metrics of one platform object: a registry of its own, so that several live in one process."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self._answered: dict[tuple[str, int], int] = {}
        self._times = [0] * (len(BUCKETS) + 1)
        self._spent = 0.0
        self.registry.register(self)
        self.failures = Counter("aethex_http_failures", "Requests that failed on our side", registry=self.registry)
        self.webhooks = Counter(
            "aethex_webhooks",
            "Webhooks of vendors by what became of them",
            ["kind", "provider", "outcome"],
            registry=self.registry,
        )
        self._gauges: dict[str, Gauge] = {}

    def answered(self, method: str, status: int, seconds: float) -> None:
        """Count a request; plain numbers, because the library's own counters cost as much as a hot answer."""
        key = (method, status // 100)
        self._answered[key] = self._answered.get(key, 0) + 1
        self._times[bisect_left(BUCKETS, seconds)] += 1
        self._spent += seconds

    def collect(self) -> Iterator[Metric]:
        """The counted requests, for the registry."""
        requests = CounterMetricFamily(
            "aethex_http_requests", "Requests by method and class of status", labels=["method", "status"]
        )
        for (method, status), count in self._answered.items():
            requests.add_metric([method, f"{status}xx"], count)
        names = [*map(str, BUCKETS), "+Inf"]
        buckets = list(zip(names, accumulate(self._times), strict=True))
        yield requests
        yield HistogramMetricFamily(
            "aethex_http_seconds", "Time to answer in seconds", buckets=buckets, sum_value=self._spent
        )

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
