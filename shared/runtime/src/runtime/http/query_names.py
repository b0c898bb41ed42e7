"""Which query parameters a route has: one that it has not is refused, since a mistyped filter would filter nothing."""

from collections.abc import Callable, Iterator
from inspect import isclass

from fastapi import Request
from fastapi.dependencies.models import Dependant
from pydantic import BaseModel

from runtime.problems import FieldError, Problem
from runtime.problems.validation import pointer_to

_MOST_NAMED = 50


def checker(dependant: Dependant) -> Callable[[Request], None]:
    """Return what raises `Problem` 422 for unknown parameters.

    The parameters are those of the route and of all that it depends on, each field of a model by its alias.
    """
    known = frozenset(_names(dependant))
    code = "unknown-parameter" if known else "no-parameters"
    params = {"known": ", ".join(sorted(known))}

    def check(request: Request) -> None:
        if request.scope["query_string"] and not known.issuperset(request.query_params):
            unknown = [name for name in request.query_params if name not in known]
            errors = [FieldError(pointer_to(("query", name)), code, params) for name in unknown]
            raise Problem(422, "validation-failed", errors=errors[:_MOST_NAMED], count=len(errors))

    return check


def _names(dependant: Dependant) -> Iterator[str]:
    for field in dependant.query_params:
        kind = field.field_info.annotation
        if isclass(kind) and issubclass(kind, BaseModel):
            yield from (each.alias or name for name, each in kind.model_fields.items())
        else:
            yield field.alias
    for inner in dependant.dependencies:
        yield from _names(inner)
