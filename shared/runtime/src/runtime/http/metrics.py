"""Prometheus metrics of requests. One registry for the process, however many services run in it."""

from functools import lru_cache
from typing import Protocol

from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, Histogram, generate_latest
from starlette.responses import Response

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_BUCKETS = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
_SERIES_KEPT = 4096

_requests = Histogram(
    "http_server_request_duration_seconds",
    "Time from the first byte of a request to the last of its answer",
    ("method", "route", "status"),
    buckets=_BUCKETS,
)


class Observer(Protocol):
    """What one request adds its seconds to."""

    def observe(self, amount: float) -> None:
        """Count one request of that many seconds."""


@lru_cache(_SERIES_KEPT)
def observer(method: str, route: str, status: int) -> Observer:
    """Return the series of a method, route template and status; unheard-of methods share one."""
    child: Observer = _requests.labels(method if method in _METHODS else "OTHER", route, str(status))
    return child


def exposition() -> Response:
    """Return all metrics of the process in Prometheus' text format."""
    return Response(generate_latest(REGISTRY), headers={"Content-Type": CONTENT_TYPE_LATEST})
