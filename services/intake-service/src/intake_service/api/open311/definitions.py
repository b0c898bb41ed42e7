"""Categories as services, and their questions as attributes."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from intake_service.domain.configuration.items import Question
from intake_service.domain.configuration.reference import KnownCategory, Reference

_YES_NO = [{"key": "true", "name": "是 Yes"}, {"key": "false", "name": "否 No"}]
_TYPES = {
    "text": "text",
    "number": "number",
    "yes_no": "singlevaluelist",
    "single_choice": "singlevaluelist",
    "multiple_choice": "multivaluelist",
    "date": "string",
}
_HINTS = {"date": "2024-02-28", "number": "12.5"}


def services(reference: Reference, now: datetime) -> list[KnownCategory]:
    """Return the categories that reports are taken of and that have none below them."""
    taken = [each for each in reference.categories.values() if reference.is_active(each.code, now)]
    parents = {each.parent for each in taken}
    return [each for each in taken if each.code not in parents]


def service(each: KnownCategory, reference: Reference) -> dict[str, Any]:
    """Return a category as a service of the list."""
    group = reference.categories[each.parent] if each.parent else each
    return {
        "service_code": each.code,
        "service_name": each.zh,
        "description": each.en,
        "metadata": bool(each.questions),
        "type": "realtime",
        "keywords": f"{each.zh},{each.en}",
        "group": group.zh,
    }


def definition(each: KnownCategory) -> dict[str, Any]:
    """Return what is asked about a category."""
    attributes = [_attribute(question, order) for order, question in enumerate(each.questions, start=1)]
    return {"service_code": each.code, "attributes": attributes}


def answer(question: Question | None, values: Sequence[str]) -> Any:
    """Return what a form says as the answer to a question; what cannot be read stays a text, and is refused later."""
    if question is not None and question.type == "multiple_choice":
        return list(values)
    text = "; ".join(values)
    if question is None:
        return text
    if question.type == "yes_no":
        return {"true": True, "false": False}.get(text.lower(), text)
    return _number(text) if question.type == "number" else text


def _attribute(question: Question, order: int) -> dict[str, Any]:
    choices = [{"key": each.code, "name": f"{each.zh} {each.en}"} for each in question.choices]
    values = _YES_NO if question.type == "yes_no" else choices
    return {
        "variable": True,
        "code": question.name,
        "datatype": _TYPES[question.type],
        "required": question.required,
        "datatype_description": _HINTS.get(question.type, ""),
        "order": order,
        "description": f"{question.zh} {question.en}",
        "values": values or None,
    }


def _number(text: str) -> float | str:
    try:
        return int(text) if text.lstrip("-").isdecimal() else float(text)
    except ValueError:
        return text
