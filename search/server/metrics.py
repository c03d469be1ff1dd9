"""What a Prometheus server asks at /metrics: how much, how long, how well. Nothing of it tells what was asked."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from newsdex.errors import IndexFolderError
from newsdex.search.index import Index
from newsdex.search.server.settings import COUNTED
from newsdex.store.manifest import read_manifest, read_pointer
from newsdex.values import seconds_of

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_SECONDS = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.15, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
_SIZES = (1, 2, 4, 8, 16)


class _IndexNumbers(Collector):
    def __init__(self, index: Index) -> None:
        self._index = index

    def collect(self) -> Iterator[Metric]:
        """The size of the open version, and whether it is the newest one: to open a newer one would take time."""
        manifest = self._index.open_manifest
        yield GaugeMetricFamily("newsdex_articles", "Articles in the index", manifest.articles)
        yield GaugeMetricFamily("newsdex_passages", "Passages in the index", manifest.passages)
        yield GaugeMetricFamily(
            "newsdex_index_committed_timestamp_seconds", "When the newest version was committed, since 1970", self._committed()
        )
        yield GaugeMetricFamily(
            "newsdex_index_current", "1 while the newest version of the index answers", float(self._index.problem is None)
        )
        info = GaugeMetricFamily("newsdex_index_info", "The version of the index that answers", labels=["generation", "commit", "model"])
        info.add_metric([manifest.generation, str(manifest.commit), manifest.model.name], 1)
        yield info

    def _committed(self) -> float:
        """Also of a version that is not open yet because nobody has asked since."""
        folder, newest = self._index.folder, self._index.open_manifest
        with suppress(OSError, IndexFolderError):  # such as one that is in Milvus
            newest = read_manifest(folder, read_pointer(folder))
        return seconds_of(newest.created)


class Metrics:
    """The numbers of one server: requests that are ``in_flight``, sizes of ``batches``, and those that ``ended``."""

    def __init__(self, index: Index) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self._registry = CollectorRegistry()
        self._told = self._registry
        if os.environ.get(COUNTED):
            self._told = CollectorRegistry()
            MultiProcessCollector(self._told)  # type: ignore[no-untyped-call]
        self._told.register(_IndexNumbers(index))
        self._requests = Counter(
            "newsdex_requests", "Requests by route, method and status", ["route", "method", "status"], registry=self._registry
        )
        self._seconds = Histogram(
            "newsdex_request_seconds",
            "From a request's headers to the end of its answer",
            ["route"],
            buckets=_SECONDS,
            registry=self._registry,
        )
        self.batches = Histogram("newsdex_batch_size", "Questions that were answered together", buckets=_SIZES, registry=self._registry)
        self.in_flight = Gauge(
            "newsdex_requests_in_flight", "Requests that are being answered", registry=self._registry, multiprocess_mode="livesum"
        )

    def ended(self, route: str, method: str, status: int, seconds: float) -> None:
        """A request was answered."""
        self.in_flight.dec()
        self._requests.labels(route, method, str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def text(self) -> bytes:
        """All numbers in Prometheus' text format."""
        return generate_latest(self._told)
