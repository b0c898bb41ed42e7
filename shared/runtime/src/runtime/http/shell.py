"""The one middleware around every app: request id, trace, limits, metrics, access log, and no exception gets out."""

import asyncio
import re
import time
from collections.abc import Mapping

import structlog
from opentelemetry import trace
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uuid_utils import uuid7

from runtime import tracing
from runtime.access_log import access_log
from runtime.http.metrics import observer
from runtime.http.route import is_form
from runtime.problems import Problem, response_to

log = structlog.get_logger()

_REQUEST_ID = re.compile(rb"[A-Za-z0-9][A-Za-z0-9._:-]{0,127}")
_QUIET = ("/healthz", "/readyz", "/metrics")
_LENGTH_DIGITS = 15
_CLIENT_GONE = 499
_UNMATCHED = "(none)"
_propagator = TraceContextTextMapPropagator()


class Shell:
    """Pure ASGI; one object per request instead of a stack of layers, because every request pays for it."""

    def __init__(
        self, app: ASGIApp, max_body_bytes: int, body_limits: Mapping[str, int], form_limits: Mapping[str, int]
    ) -> None:
        self._app = app
        self._form_limits = form_limits
        self._max_body_bytes = max_body_bytes
        self._body_limits = body_limits
        self._folders = tuple(path for path in body_limits if path.endswith("/"))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request from its first to its last byte."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        path: str = scope["path"]
        limit = self._body_limits.get(path, self._max_body_bytes)
        if path.startswith(self._folders):
            limit = self._limit_within(path)
        exchange = _Exchange(scope, receive, send, limit)
        if path in self._form_limits and is_form(exchange.headers.get(b"content-type", b"")):
            exchange.limit = self._form_limits[path]
        token = tracing.current_request.set(exchange.context)
        try:
            if tracing.is_exporting():
                await _in_span(self._app, exchange)
            else:
                await exchange.run(self._app)
        finally:
            exchange.finish()
            tracing.current_request.reset(token)

    def _limit_within(self, path: str) -> int:
        return next(self._body_limits[folder] for folder in self._folders if path.startswith(folder))


class _Exchange:
    """One request and its answer."""

    __slots__ = ("_read", "_receive", "_send", "_started_at", "context", "headers", "limit", "scope", "status")

    def __init__(self, scope: Scope, receive: Receive, send: Send, limit: int) -> None:
        self._started_at = time.perf_counter()
        self._receive = receive
        self._send = send
        self.limit = limit
        self._read = 0
        self.scope = scope
        self.status = 0
        self.headers: dict[bytes, bytes] = dict(reversed(scope["headers"]))  # of several the first, as everywhere
        self.context = self._context()

    async def run(self, app: ASGIApp) -> None:
        """Call the app; whatever goes wrong in it becomes an answer."""
        try:
            self._check_head()
            receive = self._receive if b"content-length" in self.headers else self._receive_counted
            await app(self.scope, receive, self._send_marked)
        except ClientDisconnect:
            self.status = self.status or _CLIENT_GONE
        except asyncio.CancelledError:  # the process stops and has waited for as long as it may
            if not self.status:
                await self._answer(
                    Problem(503, "service-stopping", headers={"Retry-After": "1", "Connection": "close"})
                )
            raise
        except Exception as error:
            if self.status:  # too late for another answer: the connection is cut, so that nobody takes half for all
                log.exception("answer_broken_off")
                raise
            await self._answer(error)

    async def _answer(self, error: Exception) -> None:
        answer = response_to(error, Request(self.scope, self._receive))
        await answer(self.scope, self._receive, self._send_marked)

    def finish(self) -> None:
        """Count and log the request."""
        seconds = time.perf_counter() - self._started_at
        scope = self.scope
        route = getattr(scope.get("route"), "path_format", _UNMATCHED)
        status = self.status or _CLIENT_GONE
        observer(scope["method"], route, status).observe(seconds)
        if access_log.is_on and not route.endswith(_QUIET):
            access_log.write(self.context, scope["method"], route, scope["path"], status, seconds)

    def _context(self) -> tracing.RequestContext:
        given = self.headers.get(b"x-request-id")
        is_usable = given is not None and _REQUEST_ID.fullmatch(given)
        request_id = str(given, "ascii") if given and is_usable else str(uuid7())
        traceparent = self.headers.get(b"traceparent")
        parent = str(traceparent, "latin-1") if traceparent else None
        return tracing.RequestContext(request_id, tracing.child_of(parent))

    def _check_head(self) -> None:
        if b"%00" in self.scope["query_string"] or "\0" in self.scope["path"]:
            raise Problem(400, "url-invalid")
        length = self.headers.get(b"content-length")
        if length is not None and (len(length) > _LENGTH_DIGITS or int(length) > self.limit):
            raise self._too_large()

    async def _receive_counted(self) -> Message:
        message = await self._receive()
        if message["type"] == "http.request":
            self._read += len(message.get("body", b""))
            if self._read > self.limit:
                raise self._too_large()
        return message

    def _too_large(self) -> Problem:
        return Problem(413, "body-too-large", limit=self.limit)

    async def _send_marked(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = message.setdefault("headers", [])
            headers.append((b"x-request-id", self.context.request_id.encode()))
            headers.append((b"x-content-type-options", b"nosniff"))
            if not any(name == b"cache-control" for name, _ in headers):
                headers.append((b"cache-control", b"no-store"))
        await self._send(message)


async def _in_span(app: ASGIApp, exchange: _Exchange) -> None:
    """Run the exchange in an exported server span; outbox rows written in it become its children."""
    carrier = {
        str(k, "latin-1"): str(v, "latin-1")
        for k, v in exchange.headers.items()
        if k in {b"traceparent", b"tracestate"}
    }
    scope = exchange.scope
    tracer = trace.get_tracer("runtime.http")
    with tracer.start_as_current_span(
        scope["method"], _propagator.extract(carrier), trace.SpanKind.SERVER, record_exception=False
    ) as span:
        own = tracing.RequestContext(exchange.context.request_id, tracing.of_span(span.get_span_context()))
        exchange.context = own
        tracing.current_request.set(own)
        await exchange.run(app)
        route = getattr(scope.get("route"), "path_format", _UNMATCHED)
        span.update_name(f"{scope['method']} {route}")
        span.set_attributes(
            {"http.request.method": scope["method"], "http.route": route, "http.response.status_code": exchange.status}
        )
        if exchange.status >= 500:
            span.set_status(trace.StatusCode.ERROR)
