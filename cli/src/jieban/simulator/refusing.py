"""Says what is wrong with a file that somebody proposes, in the words and codes of the API."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TypeVar

from pydantic import TypeAdapter, ValidationError

from dispatch_service.api import directory_problems, problems, roster_problems, rule_problems
from jieban.errors import UserError
from runtime.problems import FieldError, Problem
from runtime.problems.catalogue import field_text
from runtime.problems.language import Language
from runtime.problems.validation import problem_of

_Value = TypeVar("_Value")
_SHOWN = 20
TEXTS_OF = (directory_problems, problems, roster_problems, rule_problems)
"""Modules that register the texts of the codes."""


def refuse(path: Path, errors: Iterable[FieldError], language: Language) -> None:
    """Raise a UserError that names each error of a file, if there is any: where, what, and its code."""
    found = list(errors)
    if not found:
        return
    lines = [
        f"{path}: {each.pointer or '/'}: {field_text(each.code, language, each.params)} [{each.code}]"
        for each in found[:_SHOWN]
    ]
    more = [f"… {len(found) - _SHOWN}"] if len(found) > _SHOWN else []
    raise UserError("\n  ".join(lines + more))


def refuse_problem(path: Path, problem: Problem, language: Language) -> None:
    """Raise a UserError with what a check of the API has found."""
    refuse(path, problem.errors or [FieldError("", problem.code, problem.params)], language)


def parse(path: Path, kind: TypeAdapter[_Value], value: object, language: Language, where: str = "") -> _Value:
    """Return `value` as what it has to be; UserError that names each part that is otherwise."""
    try:
        return kind.validate_python(value)
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False)
        problem = problem_of([{**each, "loc": ("body", *each["loc"])} for each in found])
        refuse(path, [_under(where, each) for each in problem.errors], language)
        raise


def _under(where: str, error: FieldError) -> FieldError:
    params: Mapping[str, object] = error.params
    return FieldError(f"{where}{error.pointer}", error.code, params)
