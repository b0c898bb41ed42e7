import json
import re
from collections.abc import Callable
from typing import Annotated, Any

import httpx
import pytest
from fastapi import APIRouter, Depends, FastAPI
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from prometheus_client import REGISTRY
from starlette.responses import StreamingResponse
from structlog.testing import capture_logs

from runtime import tracing
from runtime.auth import TokenVerifier
from runtime.health import Readiness
from runtime.http import CompositeApp, create_app
from runtime.http.route import StrictRoute
from runtime.settings import RuntimeSettings
from runtime.tracing import current_request_id, current_traceparent

Token = Callable[..., str]
UUID7 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def requests_counted(**labels: str) -> float:
    return REGISTRY.get_sample_value("http_server_request_duration_seconds_count", labels) or 0.0


def another_app(settings: RuntimeSettings, verifier: TokenVerifier, prefix: str, readiness: Readiness) -> FastAPI:
    return create_app(title="X", version="1", prefix=prefix, settings=settings, verifier=verifier, readiness=readiness)


def client_of(app: Any) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://demo")


async def test_a_usable_request_id_is_kept(client: httpx.AsyncClient) -> None:
    answer = await client.get("/demo/healthz", headers={"x-request-id": "abc-1.2:3_4"})
    assert answer.headers["x-request-id"] == "abc-1.2:3_4"


@pytest.mark.parametrize("given", [None, "", "a b", "x" * 129, "-a", 'a"b', "a\\n", "路".encode(), b"\x1b[31m"])
async def test_any_other_is_replaced(client: httpx.AsyncClient, given: str | bytes | None) -> None:
    raw = given.encode() if isinstance(given, str) else given
    headers = {} if raw is None else {b"x-request-id": raw}
    answer = await client.get("/demo/healthz", headers=headers)
    assert UUID7.fullmatch(answer.headers["x-request-id"])


async def test_what_was_answered_500_is_counted_from_the_first_on(client: httpx.AsyncClient) -> None:
    name = "http_server_failed_requests_total"
    before = REGISTRY.get_sample_value(name)
    assert before is not None
    assert (await client.get("/demo/v1/troubles/bug")).status_code == 500
    assert (await client.get("/demo/v1/nothing")).status_code == 404
    assert REGISTRY.get_sample_value(name) == before + 1


async def test_a_trace_runs_through(app: FastAPI) -> None:
    router = APIRouter()

    @router.get("/demo/trace")
    async def trace() -> dict[str, str | None]:
        return {"traceparent": current_traceparent(), "request_id": current_request_id()}

    app.include_router(router)
    async with client_of(app) as client:
        child = (await client.get("/demo/trace", headers={"traceparent": PARENT})).json()
        fresh = (await client.get("/demo/trace", headers={"traceparent": "00-zz-1-1"})).json()
    assert child["traceparent"].startswith(PARENT[:36])
    assert child["traceparent"].endswith("-01")
    assert child["traceparent"] != PARENT
    assert re.fullmatch("00-[0-9a-f]{32}-[0-9a-f]{16}-00", fresh["traceparent"])
    assert UUID7.fullmatch(fresh["request_id"])
    assert current_request_id() is None


async def test_spans_are_made_where_they_are_exported(app: FastAPI, monkeypatch: pytest.MonkeyPatch) -> None:
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(tracing, "is_exporting", lambda: True)
    monkeypatch.setattr(trace, "get_tracer", provider.get_tracer)

    @app.get("/demo/traced/{number}")
    async def traced(number: int) -> dict[str, str]:
        return {"traceparent": current_traceparent()}

    async with client_of(app) as client:
        inner = (await client.get("/demo/traced/7", headers={"traceparent": PARENT})).json()["traceparent"]
        assert (await client.get("/demo/v1/troubles/bug")).status_code == 500
    fine, failed = exporter.get_finished_spans()
    assert fine.name == "GET /demo/traced/{number}"
    own = fine.get_span_context()
    assert fine.parent is not None
    assert own is not None
    assert f"{fine.parent.span_id:016x}" == PARENT[36:52]
    assert tracing.of_span(own).traceparent() == inner
    assert dict(fine.attributes or {})["http.response.status_code"] == 200
    assert failed.status.status_code is trace.StatusCode.ERROR
    assert not failed.events


async def test_answers_carry_the_usual_headers(client: httpx.AsyncClient) -> None:
    answer = await client.get("/demo/v1/things")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"


async def test_a_route_may_set_its_own_caching(app: FastAPI) -> None:
    @app.get("/demo/cached")
    async def cached() -> StreamingResponse:
        return StreamingResponse(iter(["x"]), headers={"cache-control": "max-age=60"})

    async with client_of(app) as client:
        assert (await client.get("/demo/cached")).headers.get_list("cache-control") == ["max-age=60"]


async def test_requests_are_counted_by_route_template(client: httpx.AsyncClient, token: Token) -> None:
    route = "/demo/v1/things/{number}/closing"
    before = requests_counted(method="POST", route=route, status="200")
    for number in range(3):
        await client.post(f"/demo/v1/things/{number}/closing", headers={"authorization": f"Bearer {token('officer')}"})
    assert requests_counted(method="POST", route=route, status="200") == before + 3


async def test_what_does_not_exist_is_one_series(client: httpx.AsyncClient) -> None:
    before = requests_counted(method="OTHER", route="(none)", status="404")
    for number in range(3):
        await client.request(f"BREW{number}", f"/demo/pot/{number}")
    assert requests_counted(method="OTHER", route="(none)", status="404") == before + 3


async def test_metrics_are_shown_once_for_all_services(
    client: httpx.AsyncClient, settings: RuntimeSettings, verifier: TokenVerifier
) -> None:
    another_app(settings, verifier, "/other", Readiness({}, frozenset()))
    await client.get("/demo/v1/things")
    text = (await client.get("/demo/metrics")).text
    assert text.count("# TYPE http_server_request_duration_seconds histogram") == 1
    assert 'route="/demo/v1/things",status="200"' in text


async def test_one_line_a_request_without_its_query(client: httpx.AsyncClient) -> None:
    with capture_logs() as lines:
        await client.get("/demo/v1/things?cursor=CANARY", headers={"x-request-id": "r1"})
        await client.get("/demo/healthz")
    assert len(lines) == 1
    line = dict(lines[0])
    assert line.pop("ms") >= 0
    assert line == {
        "event": "request",
        "log_level": "info",
        "request_id": "r1",
        "method": "GET",
        "route": "/demo/v1/things",
        "path": "/demo/v1/things",
        "status": 200,
    }


async def test_an_answer_that_breaks_off_is_not_completed(app: FastAPI) -> None:
    @app.get("/demo/broken")
    async def broken() -> StreamingResponse:
        def half() -> Any:
            yield "half"
            raise RuntimeError("no more")

        return StreamingResponse(half())

    async with client_of(app) as client:
        with capture_logs() as lines, pytest.raises(RuntimeError, match="no more"):
            await client.get("/demo/broken")
    assert "answer_broken_off" in {line["event"] for line in lines}


async def test_included_routes_are_strict_and_found_once(app: FastAPI, client: httpx.AsyncClient) -> None:
    outer, inner = APIRouter(prefix="/demo/outer"), APIRouter(prefix="/inner")

    @inner.post("/{name}")
    async def echo(name: str, body: dict[str, float]) -> dict[str, Any]:
        return {"name": name, **body}

    outer.include_router(inner)
    app.include_router(outer)
    assert any(isinstance(route, StrictRoute) and route.path == "/demo/outer/inner/{name}" for route in app.routes)
    headers = {"content-type": "application/json"}
    assert (await client.post("/demo/outer/inner/x", content=b'{"a":1}', headers=headers)).json()["a"] == 1
    assert (await client.post("/demo/outer/inner/x", content=b'{"a":NaN}', headers=headers)).status_code == 400


def test_only_api_routes_can_be_included(app: FastAPI) -> None:
    router = APIRouter()
    router.mount("/files", FastAPI())
    with pytest.raises(TypeError, match="/files"):
        app.include_router(router)


async def test_documentation_is_under_the_prefix(client: httpx.AsyncClient) -> None:
    document = (await client.get("/demo/openapi.json")).json()
    assert "/demo/v1/things" in document["paths"]
    assert (await client.get("/demo/docs")).status_code == 200
    assert (await client.get("/docs")).status_code == 404
    assert (await client.get("/demo/v1/things/")).status_code == 404


async def test_ready_and_not(settings: RuntimeSettings, verifier: TokenVerifier) -> None:
    async def away() -> str:
        return "connection refused"

    async def well() -> None:
        return None

    first = Readiness({"database": well, "kafka": away}, frozenset({"database"}))
    second = Readiness({"database": away}, frozenset({"database"}))
    apps = {
        "one": another_app(settings, verifier, "/one", first),
        "two": another_app(settings, verifier, "/two", second),
    }
    async with client_of(CompositeApp(apps)) as client:
        one, two, both = [await client.get(path) for path in ("/one/readyz", "/two/readyz", "/readyz")]
    assert (one.status_code, two.status_code, both.status_code) == (200, 503, 503)
    refused = {"ok": False, "detail": "connection refused"}
    assert one.json() == {"status": "ready", "checks": {"database": {"ok": True}, "kafka": refused}}
    assert both.json()["status"] == "not_ready"
    assert both.json()["checks"] == {"one.database": {"ok": True}, "one.kafka": refused, "two.database": refused}


async def test_one_origin_for_several_services(
    app: FastAPI, settings: RuntimeSettings, verifier: TokenVerifier
) -> None:
    other = another_app(settings, verifier, "/other", Readiness({}, frozenset()))
    async with client_of(CompositeApp({"demo": app, "other": other})) as client:
        assert (await client.get("/")).json()["demo"] == {"docs": "/demo/docs", "openapi": "/demo/openapi.json"}
        for path in ("/healthz", "/readyz", "/metrics", "/demo/healthz", "/other/healthz", "/demo/v1/things"):
            assert (await client.get(path)).status_code == 200, path
        for path in ("/nowhere", "/demo", "/DEMO/healthz"):
            assert (await client.get(path)).status_code == 404, path


async def test_a_process_without_the_api_serves_only_its_own_operations(app: FastAPI) -> None:
    async with client_of(CompositeApp({"demo": app}, operations_only=True)) as client:
        assert (await client.get("/readyz")).json()["checks"] == {"demo.database": {"ok": True}}
        assert (await client.get("/demo/v1/things")).status_code == 404


async def test_a_stored_answer_is_given_again(client: httpx.AsyncClient) -> None:
    answer = await client.get("/demo/v1/troubles/twin")
    assert answer.status_code == 201
    assert answer.headers["location"] == "/demo/v1/things/1"
    assert answer.headers["idempotency-replayed"] == "true"
    assert json.loads(answer.content) == {"id": "1"}


async def test_a_path_may_have_its_own_limit(settings: RuntimeSettings, verifier: TokenVerifier) -> None:
    app = create_app(
        title="X",
        version="1",
        prefix="/x",
        settings=settings,
        verifier=verifier,
        readiness=Readiness({}, frozenset()),
        body_limits={"/x/small": 10, "/x/folder/": 20},
    )
    async with client_of(app) as client:
        assert (await client.post("/x/small", content=b"x" * 11)).status_code == 413
        assert (await client.post("/x/large", content=b"x" * 11)).status_code == 404
        assert (await client.post("/x/folder/7", content=b"x" * 21)).status_code == 413
        assert (await client.post("/x/folder/7", content=b"x" * 20)).status_code == 404
        assert (await client.post("/x/folder", content=b"x" * 21)).status_code == 404


def test_a_dependency_that_would_run_in_a_thread_is_refused(app: FastAPI) -> None:
    def plain() -> int:
        return 1

    with pytest.raises(TypeError, match="has to be an async function"):

        @app.get("/demo/v1/threads")
        async def threads(number: Annotated[int, Depends(plain)]) -> int:
            return number
