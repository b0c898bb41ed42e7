"""An event is the same after its way over Kafka, and what is no event is refused with a reason."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from enum import StrEnum
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.envelope import Event, Headers, MalformedEvent, headers_of, id_of, parse, schema_of, type_of
from contracts.events import Payload
from contracts.topics import TOPICS

TEXT = st.text(max_size=40)
MOMENTS = st.datetimes(
    min_value=datetime(1970, 1, 2),  # noqa: DTZ001 - hypothesis adds the zone
    max_value=datetime(2200, 1, 1),  # noqa: DTZ001 - hypothesis adds the zone
    timezones=st.sampled_from([UTC, timezone(timedelta(hours=8)), timezone(-timedelta(hours=9, minutes=30))]),
)
BY_FORMAT: Mapping[str, st.SearchStrategy[Any]] = {"uuid": st.uuids(), "date-time": MOMENTS, "date": st.dates()}
PAYLOADS = {event_type: model for topic in TOPICS for event_type, model in topic.events.items()}
SAMPLE = b'{"gates": ["verification"]}'


@st.composite
def payloads(draw: st.DrawFn, event_type: StrEnum) -> Payload:
    """Any payload of that type, made from its JSON schema."""
    model = PAYLOADS[event_type]
    schema = model.model_json_schema()
    return model.model_validate(draw(_values(schema, schema.get("$defs", {}))))


def _values(schema: Mapping[str, Any], models: Mapping[str, Any]) -> st.SearchStrategy[Any]:
    if "$ref" in schema:
        return _values(models[schema["$ref"].rpartition("/")[2]], models)
    if "anyOf" in schema:
        return st.one_of([_values(each, models) for each in schema["anyOf"]])
    if "enum" in schema or "const" in schema:
        return st.sampled_from(schema.get("enum") or [schema["const"]])
    if "additionalProperties" in schema:
        return st.dictionaries(st.text(max_size=5), _values(schema["additionalProperties"], models), max_size=2)
    if schema["type"] == "object":
        fields = {name: _values(each, models) for name, each in schema["properties"].items()}
        required = {name: fields.pop(name) for name in schema.get("required", ())}
        return st.fixed_dictionaries(required, optional=fields)
    if schema["type"] == "array":
        return st.lists(_values(schema["items"], models), max_size=4)
    scalars: Mapping[str, st.SearchStrategy[Any]] = {
        "string": BY_FORMAT.get(schema.get("format", ""), TEXT),
        "integer": st.integers(schema.get("minimum", 0), 2**31 - 1),
        "number": st.floats(schema.get("minimum"), schema.get("maximum"), allow_nan=False, allow_infinity=False),
        "boolean": st.booleans(),
        "null": st.none(),
    }
    return scalars[schema["type"]]


@st.composite
def events(draw: st.DrawFn) -> Event[StrEnum]:
    """Any event."""
    event_type = draw(st.sampled_from(list(PAYLOADS)))
    return Event(
        id=draw(st.uuids()),
        type=event_type,
        source=draw(st.sampled_from(["intake", "dispatch", "ledger"])),
        subject=draw(st.uuids()),
        tenant=draw(TEXT),
        time=draw(MOMENTS),
        sequence=draw(st.integers(1, 2**31 - 1)),
        correlation_id=draw(st.uuids()),
        causation_id=draw(st.none() | st.uuids()),
        traceparent=draw(st.none() | st.from_regex(r"00-[0-9a-f]{32}-[0-9a-f]{16}-01", fullmatch=True)),
        data=draw(payloads(event_type)),
    )


def _headers(event: Event[StrEnum]) -> list[tuple[str, bytes]]:
    return headers_of(
        event_id=str(event.id),
        event_type=event.type.value,
        source=event.source,
        subject=str(event.subject),
        tenant=event.tenant,
        time=event.time,
        sequence=event.sequence,
        correlation_id=str(event.correlation_id),
        causation_id=None if event.causation_id is None else str(event.causation_id),
        traceparent=event.traceparent,
    )


@given(events())
def test_an_event_comes_out_as_it_went_in(event: Event[StrEnum]) -> None:
    value = event.data.model_dump_json(exclude_none=True).encode()
    headers = _headers(event)
    assert parse(headers, value) == event._replace(raw=value)
    assert id_of(headers) == event.id
    assert type_of(headers) == event.type.value.encode()
    assert dict(headers)["ce_dataschema"] == schema_of(event.type.value).encode()


@given(events())
def test_the_type_stands_first_so_that_consumers_skip_by_it_cheaply(event: Event[StrEnum]) -> None:
    assert _headers(event)[0] == ("ce_type", event.type.value.encode())


def _sound() -> dict[str, bytes | None]:
    return {
        "ce_type": b"complaint.closed",
        "ce_id": b"0192a0b0-0000-7000-8000-000000000001",
        "ce_source": b"ledger",
        "ce_subject": b"0192a0b0-0000-7000-8000-000000000002",
        "ce_time": b"2024-10-15T08:00:00+08:00",
        "ce_sequence": b"3",
        "ce_tenant": b"522723",
        "ce_correlationid": b"0192a0b0-0000-7000-8000-000000000003",
    }


@pytest.mark.parametrize("name", sorted(_sound()))
@pytest.mark.parametrize("value", ["missing", None, b"\xff\xfe\x00"])
def test_an_attribute_that_is_missing_null_or_garbage_is_named(name: str, value: bytes | str | None) -> None:
    headers = _sound()
    if isinstance(value, str):
        del headers[name]
    else:
        headers[name] = value
    with pytest.raises(MalformedEvent, match=f"^{name}: "):
        parse(_listed(headers), SAMPLE)


def test_optional_attributes_may_be_missing_and_foreign_ones_are_ignored() -> None:
    event = parse(_listed({**_sound(), "x-foreign": None, "traceparent": b"\xff"}), SAMPLE)
    assert event.causation_id is None
    assert event.id == UUID("0192a0b0-0000-7000-8000-000000000001")


@pytest.mark.parametrize("schema", [schema_of("complaint.closed") + "0", schema_of("complaint.verified"), "", None])
def test_another_schema_than_ours_is_not_read_whatever_the_value_looks_like(schema: str | None) -> None:
    named = {**_sound(), "ce_dataschema": None if schema is None else schema.encode()}
    with pytest.raises(
        MalformedEvent, match=r"^ce_dataschema: only urn:jieban:schema:complaint\.closed:v1 can be read"
    ):
        parse(_listed(named), SAMPLE)


def test_a_time_without_an_offset_is_refused() -> None:
    with pytest.raises(MalformedEvent, match=r"^ce_time: "):
        parse(_listed({**_sound(), "ce_time": b"2024-10-15T08:00:00"}), SAMPLE)


@pytest.mark.parametrize(
    "value", [None, b"", b"{", b"[]", b"null", b"\xff", b"NaN", b"[" * 3000, b'{"gates": "\\ud800"}']
)
def test_a_value_that_does_not_fit_is_refused(value: bytes | None) -> None:
    with pytest.raises(MalformedEvent):
        parse(_listed(_sound()), value)


def test_the_reason_does_not_repeat_what_people_wrote() -> None:
    with pytest.raises(MalformedEvent) as caught:
        parse(_listed(_sound()), '{"gates": ["电话13800000000", 5], "note": "secret"}'.encode())
    assert "13800000000" not in str(caught.value)
    assert "secret" not in str(caught.value)


@given(st.lists(st.tuples(TEXT, st.none() | st.binary(max_size=20)), max_size=8), st.none() | st.binary(max_size=60))
def test_whatever_a_foreign_producer_sends_is_refused_and_never_crashes(
    headers: list[tuple[str, bytes | None]], value: bytes | None
) -> None:
    with pytest.raises(MalformedEvent):
        parse(headers, value)
    assert id_of(headers) is None


@pytest.mark.parametrize("value", [None, b"", b"not a uuid", b"\xff"])
def test_an_id_that_cannot_be_read_is_none(value: bytes | None) -> None:
    assert id_of(_listed({"ce_id": value})) is None


def _listed(headers: Mapping[str, bytes | None]) -> Headers:
    return list(headers.items())
