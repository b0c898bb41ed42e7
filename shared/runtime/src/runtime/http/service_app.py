"""A FastAPI app that finds its routes quickly and makes all of them strict."""

from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute, RouteContext, iter_route_contexts
from starlette.datastructures import URLPath
from starlette.routing import BaseRoute, Match, NoMatchFound
from starlette.types import Receive, Scope, Send

from runtime.http.route import StrictRoute

_COPIED = (
    "response_model",
    "status_code",
    "tags",
    "dependencies",
    "summary",
    "description",
    "response_description",
    "responses",
    "deprecated",
    "methods",
    "operation_id",
    "response_model_include",
    "response_model_exclude",
    "response_model_by_alias",
    "response_model_exclude_unset",
    "response_model_exclude_defaults",
    "response_model_exclude_none",
    "include_in_schema",
    "response_class",
    "name",
    "dependency_overrides_provider",
    "callbacks",
    "openapi_extra",
    "generate_unique_id_function",
    "strict_content_type",
)


class ServiceApp(FastAPI):
    """FastAPI whose included routers become routes of its own.

    The framework matches an included router's routes twice and builds their contexts again on each request (38 µs with
    fifteen routes); routes of the app itself are matched once, and those without parameters by one look-up.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(
            redoc_url=None,
            swagger_ui_oauth2_redirect_url=None,
            redirect_slashes=False,
            telemetry={"tracing": False, "metrics": False, "logs": False, "auto_configure": False},
            **options,
        )
        self.router.route_class = StrictRoute
        self._fixed_paths = _FixedPaths()
        self.router.routes.insert(0, self._fixed_paths)

    def include_router(self, router: APIRouter, **options: Any) -> None:
        """Add the router's routes as `StrictRoute`; TypeError if it holds anything but API routes."""
        known = len(self.router.routes)
        super().include_router(router, **options)
        included = self.router.routes[known:]
        routes = [_strict_twin(context) for context in iter_route_contexts(included)]
        self.router.routes[known:] = routes
        for route in routes:
            self._fixed_paths.add(route)


class _FixedPaths(BaseRoute):
    """Finds a route without path parameters by method and path; it stands before all others."""

    def __init__(self) -> None:
        self._routes: dict[tuple[str, str], APIRoute] = {}

    def add(self, route: APIRoute) -> None:
        """Take in a route if its path is fixed; the first one of a method and path wins."""
        if not route.param_convertors:
            for method in route.methods or ():
                self._routes.setdefault((method, route.path), route)

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Return the full match of a fixed path, or none; another method on it is left to the other routes."""
        route = self._routes.get((scope.get("method", ""), scope["path"]))
        if route is None:
            return Match.NONE, {}
        return Match.FULL, {"endpoint": route.endpoint, "path_params": {}, "route": route}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand the request to the route that matched."""
        await scope["route"].handle(scope, receive, send)

    def url_path_for(self, name: str, /, **path_params: Any) -> URLPath:
        """Leave naming to the routes themselves."""
        raise NoMatchFound(name, path_params)


def _strict_twin(context: RouteContext) -> StrictRoute:
    if not isinstance(context.original_route, APIRoute) or context.path is None or context.endpoint is None:
        raise TypeError(f"{context.path}: only API routes can be included")
    return StrictRoute(context.path, context.endpoint, **{name: getattr(context, name) for name in _COPIED})
