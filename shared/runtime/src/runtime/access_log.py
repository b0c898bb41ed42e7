"""One line for each request, written past the logging pipeline, which would cost more than most of the request."""

import json
from collections.abc import Callable
from functools import lru_cache

import structlog

from runtime.clock import now
from runtime.scrubbing import scrub_text
from runtime.stderr import write_line
from runtime.tracing import RequestContext

_MAX_PATH = 200


class AccessLog:
    """Where the lines of requests go; `runtime.logging.configure` sets it."""

    def __init__(self) -> None:
        self.is_on = True
        self.write: Callable[[RequestContext, str, str, str, int, float], None] = write_through_structlog


def write_json(context: RequestContext, method: str, route: str, path: str, status: int, seconds: float) -> None:
    """Write a line of the same form as those of the pipeline; the path is left out where it is the route itself."""
    where = "" if path == route else f'"path": {json.dumps(_shown(path))}, '
    at = now().isoformat(timespec="microseconds").removesuffix("+00:00")
    write_line(
        f'{{"method": {_quoted(method)}, "route": {_quoted(route)}, {where}"status": {status}, '
        f'"ms": {seconds * 1000:.2f}, "event": "request", "request_id": "{context.request_id}", '
        f'"trace_id": "{context.trace.trace_id}", "level": "info", "timestamp": "{at}Z"}}'
    )


def write_through_structlog(
    context: RequestContext, method: str, route: str, path: str, status: int, seconds: float
) -> None:
    """Write the line as any other, for the console."""
    structlog.get_logger().info(
        "request",
        request_id=context.request_id,
        method=method,
        route=route,
        path=_shown(path),
        status=status,
        ms=round(seconds * 1000, 2),
    )


access_log = AccessLog()


def _shown(path: str) -> str:
    return scrub_text(path[:_MAX_PATH])


@lru_cache(1024)
def _quoted(text: str) -> str:
    return json.dumps(text[:_MAX_PATH])
