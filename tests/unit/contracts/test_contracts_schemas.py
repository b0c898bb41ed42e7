"""No change of a payload may break those who wrote before it, or those who do not know it yet.

`schemas/` holds, for each event type, the JSON schema of version 1 as it was published, and a payload with every
field. Add new fields as optional ones; anything else is another version with a schema of its own. After a change that
keeps to this, `JIEBAN_UPDATE_SCHEMAS=1 pytest` writes the new schemas.
"""

import json
import os
from enum import StrEnum
from pathlib import Path
from typing import Any

import pytest

from contracts.topics import TOPICS

SCHEMAS = Path(__file__).with_name("schemas")
UPDATING = os.environ.get("JIEBAN_UPDATE_SCHEMAS") == "1"
PAYLOADS = {event_type: model for topic in TOPICS for event_type, model in topic.events.items()}
each_type = pytest.mark.parametrize("event_type", PAYLOADS)


def _published(event_type: StrEnum) -> dict[str, Any]:
    path = SCHEMAS / f"{event_type.value}.v1.json"
    schema: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return schema


def _current(event_type: StrEnum) -> dict[str, Any]:
    bare: dict[str, Any] = _without_prose(PAYLOADS[event_type].model_json_schema())
    return bare


def _without_prose(schema: Any) -> Any:
    """Drop titles and descriptions: better words change no contract. (A field may be called `description`.)"""
    if isinstance(schema, list):
        return [_without_prose(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    prose = {name for name in ("title", "description") if isinstance(schema.get(name), str)}
    return {name: _without_prose(each) for name, each in schema.items() if name not in prose}


@each_type
def test_the_schema_is_the_published_one(event_type: StrEnum) -> None:
    if UPDATING:
        _publish(event_type)
    assert _published(event_type)["schema"] == _current(event_type), "see the head of this module"


@each_type
def test_nothing_has_become_required_and_nothing_was_taken_away(event_type: StrEnum) -> None:
    _check_compatible(_published(event_type)["schema"], _current(event_type))


@each_type
def test_payloads_of_the_published_version_are_read_and_keep_every_field(event_type: StrEnum) -> None:
    example = _published(event_type)["example"]
    payload = PAYLOADS[event_type].model_validate_json(json.dumps(example))
    assert payload.model_dump(mode="json", exclude_none=True) == example


@each_type
def test_payloads_with_only_the_required_fields_are_read(event_type: StrEnum) -> None:
    published = _published(event_type)
    required = published["schema"].get("required", ())
    PAYLOADS[event_type].model_validate_json(json.dumps({name: published["example"][name] for name in required}))


@each_type
def test_fields_that_a_later_version_adds_are_ignored(event_type: StrEnum) -> None:
    example = _published(event_type)["example"]
    later = json.dumps({**example, "added_later": {"deep": [1, None]}, "and_this": 0.5})
    payload = PAYLOADS[event_type].model_validate_json(later)
    assert payload.model_dump(mode="json", exclude_none=True) == example


def test_there_is_a_schema_for_every_type_and_none_besides() -> None:
    assert {path.name for path in SCHEMAS.iterdir()} == {f"{each.value}.v1.json" for each in PAYLOADS}


def _check_compatible(published: dict[str, Any], current: dict[str, Any]) -> None:
    assert set(current.get("required", ())) <= set(published.get("required", ()))
    assert set(published.get("properties", ())) <= set(current.get("properties", ()))
    assert set(published.get("enum", ())) <= set(current.get("enum", ()))
    for part in ("properties", "$defs"):
        for name, schema in published.get(part, {}).items():
            _check_compatible(schema, current[part][name])


def _publish(event_type: StrEnum) -> None:
    schema, path = _current(event_type), SCHEMAS / f"{event_type.value}.v1.json"
    if path.exists():
        _check_compatible(_published(event_type)["schema"], schema)
    published = {"schema": schema, "example": _example(schema, schema.get("$defs", {}))}
    text = json.dumps(published, ensure_ascii=False, indent=2, sort_keys=True)
    path.write_text(f"{text}\n", encoding="utf-8")


def _example(schema: dict[str, Any], models: dict[str, Any]) -> Any:
    """A value with every field in it; of alternatives the first."""
    if "$ref" in schema:
        return _example(models[schema["$ref"].rpartition("/")[2]], models)
    if "anyOf" in schema:
        return _example(schema["anyOf"][0], models)
    if "enum" in schema or "const" in schema:
        return (schema.get("enum") or [schema["const"]])[0]
    if "additionalProperties" in schema:
        return {"楼层": _example(schema["additionalProperties"], models)}
    if schema["type"] == "object":
        return {name: _example(each, models) for name, each in schema["properties"].items()}
    if schema["type"] == "array":
        return [_example(schema["items"], models)]
    formats = {
        "uuid": "0192a0b0-0000-7000-8000-000000000001",
        "date-time": "2024-10-15T00:00:00Z",
        "date": "2024-10-15",
    }
    scalars = {
        "string": formats.get(schema.get("format", ""), "路灯不亮"),
        "integer": 1,
        "number": 26.5,
        "boolean": True,
    }
    return scalars[schema["type"]]
