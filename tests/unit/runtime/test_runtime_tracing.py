import re

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider

from runtime import tracing

PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
ANY = re.compile("00-[0-9a-f]{32}-[0-9a-f]{16}-00")


def test_a_child_keeps_trace_and_flags() -> None:
    child = tracing.child_of(PARENT)
    assert (child.trace_id, child.flags) == (PARENT[3:35], "01")
    assert child.span_id != PARENT[36:52]
    assert tracing.child_of("cc" + PARENT[2:] + "-later-versions-add").trace_id == PARENT[3:35]


@pytest.mark.parametrize(
    "given",
    [
        None,
        "",
        "x",
        PARENT.upper(),
        PARENT[:-1],
        PARENT + "0",
        "ff" + PARENT[2:],
        PARENT.replace("0af7651916cd43dd8448eb211c80319c", "0" * 32),
        PARENT.replace("b7ad6b7169203331", "0" * 16),
        PARENT + "\n",
        "0" * 100_000,
    ],
)
def test_anything_else_starts_a_trace(given: str | None) -> None:
    fresh = tracing.child_of(given)
    assert ANY.fullmatch(fresh.traceparent())
    assert fresh.trace_id != PARENT[3:35]


def test_outside_of_everything_there_is_still_a_traceparent() -> None:
    assert ANY.fullmatch(tracing.current_traceparent())
    assert tracing.current_traceparent() != tracing.current_traceparent()
    assert tracing.current_request_id() is None


def test_a_span_of_the_event_bus_is_what_runs() -> None:
    with TracerProvider().get_tracer("test").start_as_current_span("consume") as span:
        expected = tracing.of_span(span.get_span_context()).traceparent()
        assert tracing.current_traceparent() == expected


def test_without_an_endpoint_nothing_is_set_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OTEL_EXPORTER_OTLP_ENDPOINT", raising=False)
    monkeypatch.delenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", raising=False)
    before = trace.get_tracer_provider()
    tracing.configure("demo")
    assert trace.get_tracer_provider() is before
    assert not tracing.is_exporting()
    tracing.flush()
