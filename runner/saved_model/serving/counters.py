"""What a server has done, counted as Prometheus reads it."""

from __future__ import annotations

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Histogram,
    ProcessCollector,
    generate_latest,
)

OTHER = "other"  # any path that is none of the server's: a label of its own for each has no end


class Metrics:
    """Requests by path and status, how long they took, and rows.

    Args:
        paths: that the server answers.
    """

    def __init__(self, paths: list[str]) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self._paths = frozenset(paths)
        self._requests = Counter(
            "enet_requests", "Requests answered", ["path", "status"], registry=self.registry
        )
        self._seconds = Histogram(
            "enet_request_seconds", "Seconds that an answer took", ["path"], registry=self.registry
        )
        self._rows = Counter(
            "enet_rows", "Rows that were predicted or explained", ["path"], registry=self.registry
        )

    def answered(self, path: str, status: int, seconds: float) -> None:
        """Count a request."""
        path = path if path in self._paths else OTHER
        self._requests.labels(path, status).inc()
        self._seconds.labels(path).observe(seconds)

    def predicted(self, path: str, rows: int) -> None:
        """Count rows."""
        self._rows.labels(path).inc(rows)

    def text(self) -> bytes:
        """All of it in Prometheus' text format."""
        return generate_latest(self.registry)
