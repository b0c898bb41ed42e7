"""Dependencies that a route resolves itself, because every request pays for the framework's way.

FastAPI solves each dependency like a small endpoint (some 20 µs). One that needs nothing but the request can say so: it
has an attribute `from_request`, called with the request. It stays in the route's dependant for OpenAPI and for the
table of who may call what; only the copy that the request handler works with does without it.
"""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from inspect import iscoroutinefunction
from typing import Any

from fastapi import Request
from fastapi.dependencies.models import Dependant

FromRequest = Callable[[Request], Awaitable[Any]]
_REQUEST = "request_of_the_route"


def slim(dependant: Dependant) -> Dependant:
    """Return a copy whose quick dependencies are resolved around the endpoint's call."""
    quick = {inner.name: how for inner in dependant.dependencies if (how := _from_request(inner))}
    if not quick or not iscoroutinefunction(dependant.call):
        return dependant
    endpoint, own = dependant.call, dependant.request_param_name

    async def call(**values: Any) -> Any:
        request: Request = values[own] if own else values.pop(_REQUEST)
        for name, how in quick.items():
            value = await how(request)
            if name is not None:
                values[name] = value
        return await endpoint(**values)

    return replace(
        dependant,
        dependencies=[inner for inner in dependant.dependencies if not _from_request(inner)],
        call=call,
        request_param_name=own or _REQUEST,
    )


def refuse_threads(dependant: Dependant) -> None:
    """Raise TypeError where a dependency is a plain function or a class: FastAPI would run it in a thread.

    On a busy loop, each change of threads may wait for the interpreter's lock for milliseconds.
    """
    for inner in dependant.dependencies:
        call = inner.call
        if not (iscoroutinefunction(call) or iscoroutinefunction(type(call).__call__)):
            raise TypeError(f"{call} has to be an async function: FastAPI would run it in a thread")
        refuse_threads(inner)


def _from_request(inner: Dependant) -> FromRequest | None:
    how: FromRequest | None = getattr(inner.call, "from_request", None)
    return how
