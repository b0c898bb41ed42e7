"""W3C trace context and request ids, with OpenTelemetry spans only where they are exported.

Without an exporter no span is made: a request costs a parsed header and a few random bits, and its `traceparent`
still runs through the outbox and Kafka to the ledger.
"""

import os
import re
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

from opentelemetry import trace

_ENDPOINT_VARIABLES = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
_TRACEPARENT = re.compile(r"[0-9a-e][0-9a-f]-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(?:-.*)?")


class TraceContext(NamedTuple):
    """Ids of the span that is running: 32, 16 and 2 lower-case hexadecimal digits."""

    trace_id: str
    span_id: str
    flags: str

    def traceparent(self) -> str:
        """Return the W3C header that makes the next step a child of this one."""
        return f"00-{self.trace_id}-{self.span_id}-{self.flags}"


@dataclass(frozen=True, slots=True)
class RequestContext:
    """What logs and events of one request share."""

    request_id: str
    trace: TraceContext


current_request: ContextVar[RequestContext | None] = ContextVar("current_request", default=None)


def configure(service_name: str) -> None:
    """Export spans over OTLP/HTTP if `OTEL_EXPORTER_OTLP_ENDPOINT` is set; otherwise leave the SDK out altogether."""
    if not any(os.environ.get(name) for name in _ENDPOINT_VARIABLES):
        return
    # The exporter brings protobuf and requests along, 20 MB that a process without export does not need.
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    provider = TracerProvider(resource=Resource.create({"service.name": service_name}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(provider)
    is_exporting.cache_clear()


@cache
def is_exporting() -> bool:
    """Say whether spans go anywhere, so that it is worth making them. Settled once: `configure` comes first."""
    return not isinstance(trace.get_tracer_provider(), trace.ProxyTracerProvider | trace.NoOpTracerProvider)


def flush() -> None:
    """Send the spans that wait, for at most a second; call it last of all."""
    force_flush = getattr(trace.get_tracer_provider(), "force_flush", None)
    if force_flush is not None:
        force_flush(1000)


def current_request_id() -> str | None:
    """Return the id of the request that is being handled, if one is."""
    request = current_request.get()
    return request.request_id if request else None


def current_traceparent() -> str:
    """Return the W3C `traceparent` of what is running now; the start of a new trace where nothing is."""
    request = current_request.get()
    if request is not None:
        return request.trace.traceparent()
    span = trace.get_current_span().get_span_context()
    if span.is_valid:
        return of_span(span).traceparent()
    return child_of(None).traceparent()


def child_of(traceparent: str | None) -> TraceContext:
    """Return new ids under a caller's `traceparent`; under none, or a malformed one, a new trace, not sampled."""
    parent = _TRACEPARENT.fullmatch(traceparent) if traceparent else None
    if parent is None:
        ids = os.urandom(24).hex()
        return TraceContext(ids[:32], ids[32:], "00")
    return TraceContext(parent[1], os.urandom(8).hex(), parent[3])


def of_span(span: trace.SpanContext) -> TraceContext:
    """Return the ids of an OpenTelemetry span."""
    return TraceContext(f"{span.trace_id:032x}", f"{span.span_id:016x}", f"{span.trace_flags:02x}")
