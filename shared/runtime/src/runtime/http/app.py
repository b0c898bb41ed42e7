"""The app of one service, with everything that all services share."""

from collections.abc import Iterable, Mapping
from typing import cast
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, FastAPI, Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from runtime.auth import TokenVerifier, public
from runtime.health import Readiness, Reporter
from runtime.http.docs import add_docs
from runtime.http.metrics import exposition
from runtime.http.service_app import ServiceApp
from runtime.http.shell import Shell
from runtime.idempotency import AlreadyAnswered
from runtime.problems import install
from runtime.settings import RuntimeSettings

_ROOT_BODY_BYTES = 65_536


def create_app(
    *,
    title: str,
    version: str,
    prefix: str,
    settings: RuntimeSettings,
    verifier: TokenVerifier,
    readiness: Readiness,
    description: str = "",
    body_limits: Mapping[str, int] | None = None,
    form_limits: Mapping[str, int] | None = None,
    alias: str | None = None,
) -> FastAPI:
    """Return an app whose every route reads strict JSON, answers errors as problem+json, and is counted and logged.

    Documentation, health and metrics are under `prefix` (`/intake/docs`, `/intake/readyz`). Bodies may have
    `settings.max_body_bytes` bytes, or what `body_limits` says: for an exact path, or for all that begin with one that
    ends in a slash; forms what `form_limits` says for an exact path. An `alias` is a second prefix for documentation,
    health and metrics. There is no lifespan: `runtime.lifecycle` opens and closes services.
    """
    app = ServiceApp(
        title=title,
        version=version,
        description=description,
        docs_url=None,
        openapi_url=f"{prefix}/openapi.json",
    )
    app.state.verifier = verifier
    app.state.readiness = readiness
    app.state.zone = ZoneInfo(settings.timezone)
    _furnish(app, settings.max_body_bytes, body_limits or {}, form_limits or {})
    app.include_router(_operations(prefix, readiness))
    add_docs(app, prefix)
    if alias is not None:
        app.include_router(_operations(alias, readiness), include_in_schema=False)
        app.include_router(_signposts(alias, prefix), include_in_schema=False)
    return app


def create_root_app(readiness: Reporter, services: Iterable[str]) -> FastAPI:
    """Return the app of a process: an index of its services, and its own health and metrics."""
    app = ServiceApp(title="Jieban 接办", docs_url=None, openapi_url=None)
    _furnish(app, _ROOT_BODY_BYTES, {}, {})
    app.include_router(_operations("", readiness))
    index = {name: {"docs": f"/{name}/docs", "openapi": f"/{name}/openapi.json"} for name in services}

    @app.get("/", dependencies=[Depends(public)])
    async def root() -> dict[str, dict[str, str]]:
        """Name the services of this process and where their documentation is."""
        return index

    return app


def _furnish(app: FastAPI, max_body_bytes: int, body_limits: Mapping[str, int], form_limits: Mapping[str, int]) -> None:
    install(app)
    app.add_exception_handler(AlreadyAnswered, _answer_again)
    app.add_middleware(Shell, max_body_bytes=max_body_bytes, body_limits=body_limits, form_limits=form_limits)


async def _answer_again(_request: Request, error: Exception) -> Response:
    return cast(AlreadyAnswered, error).answer.response()


def _signposts(alias: str, prefix: str) -> APIRouter:
    router = APIRouter(prefix=alias, dependencies=[Depends(public)])

    @router.get("/docs", response_class=Response)
    async def docs() -> Response:
        return RedirectResponse(f"{prefix}/docs")

    @router.get("/openapi.json", response_class=Response)
    async def openapi() -> Response:
        return RedirectResponse(f"{prefix}/openapi.json")

    return router


def _operations(prefix: str, readiness: Reporter) -> APIRouter:
    router = APIRouter(prefix=prefix, tags=["operations"], dependencies=[Depends(public)])

    @router.get("/healthz")
    async def healthz() -> dict[str, str]:
        """Say that the process is alive."""
        return {"status": "alive"}

    @router.get("/readyz", responses={503: {"description": "Not ready, with the same body."}})
    async def readyz() -> Response:
        """Say whether the service may get requests: its database answers. Kafka's absence is reported, not fatal."""
        is_ready, report = await readiness.report()
        return JSONResponse(report, status_code=200 if is_ready else 503)

    @router.get("/metrics", response_class=Response)
    async def metrics() -> Response:
        """Return the metrics of the process for Prometheus."""
        return exposition()

    return router
