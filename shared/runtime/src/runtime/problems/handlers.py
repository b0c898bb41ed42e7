"""Turning exceptions into answers, in one place."""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, tzinfo

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError, ResponseValidationError
from prometheus_client import Counter
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Match

from runtime.outages import is_outage, is_refused_value
from runtime.problems.catalogue import field_text, problem_text
from runtime.problems.language import preferred_language
from runtime.problems.problem import Problem
from runtime.problems.validation import problem_of
from runtime.tracing import current_request_id

log = structlog.get_logger()
_failed = Counter("http_server_failed_requests", "Requests, or parts of them, that ended in an error of the code")
"""Without labels, and so at 0 from the start: a series that begins with its first failure has no increase."""

_CODES: Mapping[int, str] = {
    400: "bad-request",
    401: "token-invalid",
    404: "not-found",
    405: "method-not-allowed",
    409: "conflict",
    415: "media-type-unsupported",
    429: "too-many-requests",
}


def install(app: FastAPI) -> None:
    """Make every error of the app a problem+json answer; nothing a caller sent comes back in it."""
    for kind in (Problem, RequestValidationError, HTTPException, Exception):
        app.add_exception_handler(kind, _answer)


Renderer = Callable[[Problem, Request], Response]


def render_below(app: FastAPI, prefix: str, renderer: Renderer) -> None:
    """Let problems at addresses that begin with `prefix` be answered in another form than problem+json."""
    app.state.renderers = {**getattr(app.state, "renderers", {}), prefix: renderer}


def response_to(error: Exception, request: Request) -> Response:
    """Return the answer to an exception; what is not the caller's doing is logged here."""
    renderers: Mapping[str, Renderer] = getattr(request.app.state, "renderers", {}) if "app" in request.scope else {}
    render = next((each for prefix, each in renderers.items() if request.scope["path"].startswith(prefix)), _render)
    return render(_problem_for(error, request), request)


async def _answer(request: Request, error: Exception) -> Response:
    return response_to(error, request)


def _problem_for(error: Exception, request: Request) -> Problem:
    if isinstance(error, Problem):
        return error
    if isinstance(error, RequestValidationError):
        return problem_of(error.errors())
    if isinstance(error, HTTPException):
        return _of_http_exception(error, request)
    return unforeseen(error)


def unforeseen(error: Exception) -> Problem:
    """Return what callers are told of an error that is none of their doing, unless they gave what no database takes.

    It is logged and counted here.
    """
    if is_outage(error):
        log.warning("database_unavailable", error=type(error).__name__)
        return Problem(503, "database-unavailable", headers={"Retry-After": "2"})
    if is_refused_value(error):
        log.warning("value_refused_by_database", error=type(error).__name__)
        return Problem(422, "value-refused")
    _failed.inc()
    _log_failure(error)
    return Problem(500, "internal-error")


def _log_failure(error: Exception) -> None:
    if isinstance(error, ResponseValidationError):  # its text quotes the whole answer, which may hold personal data
        findings = [(item["type"], item["loc"]) for item in error.errors()][:5]
        log.error("answer_does_not_fit_its_schema", findings=findings)
        return
    log.error("request_failed", exc_info=error)


def _of_http_exception(error: HTTPException, request: Request) -> Problem:
    headers = dict(error.headers or {})
    if error.status_code == 405:
        headers["Allow"] = ", ".join(_allowed_methods(request))
    return Problem(error.status_code, _CODES.get(error.status_code, "http-error"), headers=headers)


def _allowed_methods(request: Request) -> list[str]:
    """Return the methods of all routes at this address; the framework names those of the first one only."""
    found: set[str] = set()
    for route in request.app.routes:
        match, _ = route.matches({**request.scope, "path_params": {}})
        if match is not Match.NONE:
            found |= getattr(route, "methods", None) or set()
    return sorted(found)


def _zone_of(request: Request) -> tzinfo:
    """Return the county's time zone; UTC for an app that was given none."""
    zone: tzinfo = getattr(request.app.state, "zone", UTC) if "app" in request.scope else UTC
    return zone


def _render(problem: Problem, request: Request) -> Response:
    language = preferred_language(request.headers.get("accept-language"))
    zone = _zone_of(request)
    title, detail = problem_text(problem.code, language, problem.params, zone)
    body: dict[str, object] = {
        "type": f"urn:jieban:problem:{problem.code}",
        "title": title,
        "status": problem.status,
        "detail": detail,
    }
    if problem.errors:
        body["errors"] = [
            {"pointer": e.pointer, "code": e.code, "message": field_text(e.code, language, e.params, zone)}
            for e in problem.errors
        ]
    if request_id := current_request_id():
        body["request_id"] = request_id
    body.update(problem.extra)
    return Response(
        json.dumps(body, ensure_ascii=False, default=str).encode(errors="replace"),
        status_code=problem.status,
        headers={**problem.headers, "Content-Language": language, "Vary": "Accept-Language"},
        media_type="application/problem+json",
    )
