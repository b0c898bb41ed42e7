"""Pydantic's findings as field errors: where and why, never what was sent."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from runtime.problems.problem import FieldError, Problem

_OF_TEXTS = {"too_short": "string_too_short", "too_long": "string_too_long"}
"""Pydantic counts items where a text has been through a validator before its length is looked at."""
_MAX_ERRORS = 50
_MAX_POINTER = 200
_MAX_REASON = 200


def problem_of(findings: Sequence[Mapping[str, Any]]) -> Problem:
    """Return the 422 that names the first fifty findings, in the order of the input."""
    if all(_is_missing_body(finding) for finding in findings):
        return Problem(400, "body-missing")
    errors = [_field_error(finding) for finding in findings[:_MAX_ERRORS]]
    return Problem(422, "validation-failed", errors=errors, count=len(findings))


def pointer_to(location: Iterable[str | int]) -> str:
    """Return the pointer of a pydantic location: `("body", "a/b", 0)` is `/a~1b/0`, `("query", "x")` is `query/x`."""
    part, *path = (str(step) for step in location)
    steps = [step.replace("~", "~0").replace("/", "~1") for step in path]
    if part == "body":
        return "".join(f"/{step}" for step in steps)[:_MAX_POINTER]
    return "/".join([part, *steps])[:_MAX_POINTER]


def _is_missing_body(finding: Mapping[str, Any]) -> bool:
    return finding["type"] == "missing" and tuple(finding["loc"]) == ("body",)


def _field_error(finding: Mapping[str, Any]) -> FieldError:
    code = str(finding["type"])
    if isinstance(finding.get("input"), str):
        code = _OF_TEXTS.get(code, code)
    params = dict(finding.get("ctx") or {})
    if code in {"value_error", "assertion_error"}:
        return FieldError(pointer_to(finding["loc"]), "value_error", {"reason": _reason(params.get("error"))})
    return FieldError(pointer_to(finding["loc"]), code, params)


def _reason(error: object) -> str:
    """Return the words of the validator that refused the value; validators must not quote the value."""
    return str(error).rstrip(".。")[:_MAX_REASON]
