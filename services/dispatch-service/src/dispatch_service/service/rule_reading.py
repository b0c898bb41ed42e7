"""Rules and policies as they are stored, and as the domain has them."""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import TypeAdapter, ValidationError

from dispatch_service.domain.rules import Rule
from dispatch_service.domain.staffing import Policy

_RULE = TypeAdapter(Rule)
_POLICY = TypeAdapter(Policy)


def rules_of(rows: Sequence[Mapping[str, Any]]) -> list[Rule]:
    """Return the rules of rows that were checked before; pydantic's ValidationError for one that is none."""
    return [_RULE.validate_python(row) for row in rows]


def readable_of(rows: Sequence[Mapping[str, Any]]) -> tuple[list[Rule], list[str]]:
    """Return the rules that can be read, in order, and the codes of those that cannot."""
    rules: list[Rule] = []
    unreadable: list[str] = []
    for place, row in enumerate(rows):
        try:
            rules.append(_RULE.validate_python(row))
        except ValidationError:
            unreadable.append(str(row.get("code", place)) if isinstance(row, Mapping) else str(place))
    return rules, unreadable


def policy_of(content: Mapping[str, Any] | None) -> Policy:
    """Return a tenant's policy; None stands for the one that is shipped."""
    return Policy() if content is None else _POLICY.validate_python(content)
