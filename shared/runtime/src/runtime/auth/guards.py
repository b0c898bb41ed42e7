"""Dependencies that say, on each route, who may call it."""

from collections.abc import Iterator
from dataclasses import dataclass

import structlog
from fastapi import FastAPI, Request
from fastapi.dependencies.models import Dependant
from fastapi.openapi.models import HTTPBearer
from fastapi.routing import APIRoute, iter_route_contexts
from fastapi.security.base import SecurityBase

from runtime.auth.caller import Caller
from runtime.auth.verifying import TokenVerifier, refused
from runtime.problems import Problem

log = structlog.get_logger()

_CALLER = "runtime.caller"


class Guard(SecurityBase):
    """Lets callers with one of `roles` through; no roles means every caller with a valid token."""

    def __init__(self, roles: frozenset[str]) -> None:
        self.roles = roles
        self.scheme_name = "bearer"
        self.model = HTTPBearer(
            scheme="bearer",
            bearerFormat="JWT",
            description="`jieban token --role ROLE` makes one for the local issuer.",
        )

    async def __call__(self, request: Request) -> Caller:
        """Return the caller, or raise `Problem` 401 or 403."""
        return await self.from_request(request)

    async def from_request(self, request: Request) -> Caller:
        """Do the same for a route that resolves it itself; the second call in a request is free."""
        caller: Caller | None = request.scope.get(_CALLER)
        if caller is None:
            caller = request.scope[_CALLER] = await self.authenticate(request)
        if self.roles and self.roles.isdisjoint(caller.roles):
            log.warning(
                "access_denied",
                method=request.method,
                path=request.url.path,
                subject=caller.subject,
                tenant=caller.tenant,
                roles=sorted(caller.roles),
                needed=sorted(self.roles),
            )
            raise Problem(403, "access-denied", roles=", ".join(sorted(self.roles)))
        return caller

    async def authenticate(self, request: Request) -> Caller:
        """Return whose token the request shows; asked once for each request."""
        verifier: TokenVerifier = request.app.state.verifier
        return await verifier.authenticate(_bearer_token(request))


class Public:
    """Marks a route that everybody may call, on purpose."""

    roles: frozenset[str] = frozenset()

    async def __call__(self) -> None:
        """Let everybody through."""


public = Public()
"""For `dependencies=[Depends(public)]`."""


def require(*roles: str) -> Guard:
    """Return a dependency that gives the `Caller` if they have one of the roles.

    Without a valid token the answer is 401, with a token of other roles 403 (logged as `access_denied`). Its `roles`
    name on the route who may call it.
    """
    return Guard(frozenset(roles))


@dataclass(frozen=True, slots=True)
class RouteAccess:
    """Who may call one route: `roles` is None where the route does not say, which is an error of its author."""

    method: str
    path: str
    roles: frozenset[str] | None
    is_public: bool


def access_table(app: FastAPI) -> Iterator[RouteAccess]:
    """Yield each API route of the app and who may call it, for the test that finds routes which do not say."""
    for context in iter_route_contexts(app.routes):
        if isinstance(context.original_route, APIRoute):
            marks = [call for call in _calls(context.dependant) if isinstance(call, Guard | Public)]
            roles = frozenset[str]().union(*(mark.roles for mark in marks)) if marks else None
            is_public = any(isinstance(mark, Public) for mark in marks)
            for method in sorted(context.methods or ()):
                yield RouteAccess(method, context.path or "", roles, is_public)


def guard_of(dependant: Dependant) -> Guard | None:
    """Return the guard of a route, so that a caller is known before the body is read."""
    return next((call for call in _calls(dependant) if isinstance(call, Guard)), None)


def _calls(dependant: Dependant) -> Iterator[object]:
    for inner in dependant.dependencies:
        yield inner.call
        yield from _calls(inner)


def _bearer_token(request: Request) -> str:
    """Return the one bearer token of the request; two of them are as bad as none."""
    values = [value for name, value in request.scope["headers"] if name == b"authorization"]
    if not values:
        raise refused("token-missing")
    scheme, _, token = values[0].partition(b" ")
    if len(values) > 1 or scheme.lower() != b"bearer" or not token:
        raise refused("token-invalid")
    return str(token.strip(), "latin-1")
