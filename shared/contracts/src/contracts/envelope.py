"""CloudEvents 1.0 over Kafka, binary mode: attributes as `ce_` headers, the JSON payload as the value."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from typing import Any, Generic, NamedTuple, NotRequired
from uuid import UUID

from pydantic import AwareDatetime, TypeAdapter, ValidationError
from typing_extensions import TypedDict, TypeVar

from contracts.events import Payload
from contracts.lifecycle import EventType
from contracts.topics import TOPICS

Headers = Sequence[tuple[str, bytes | None]]
"""Of a Kafka record: foreign producers may send null."""
CONTENT_TYPE = ("content-type", b"application/json")
Type = TypeVar("Type", bound=StrEnum, default=EventType)


class MalformedEvent(ValueError):
    """A record that is no event of ours: a header is missing or cannot be read, or the value does not fit."""


class Event(NamedTuple, Generic[Type]):
    """An event with its CloudEvents attributes; `Event` alone is one of the life of complaints.

    `sequence` counts the events of one producer (`source`) about one subject from 1 without gaps.
    """

    id: UUID
    type: Type
    source: str
    subject: UUID
    tenant: str
    time: datetime
    sequence: int
    correlation_id: UUID
    causation_id: UUID | None
    traceparent: str | None
    data: Payload
    raw: bytes = b""
    """The value as it came from Kafka, unknown fields and all; empty for an event that was made here."""


def schema_of(event_type: str) -> str:
    """Return the `ce_dataschema` URI of the payload of `event_type`, version 1."""
    return f"urn:jieban:schema:{event_type}:v1"


def headers_of(
    *,
    event_id: str,
    event_type: str,
    source: str,
    subject: str,
    tenant: str,
    time: datetime,
    sequence: int,
    correlation_id: str,
    causation_id: str | None,
    traceparent: str | None,
) -> list[tuple[str, bytes]]:
    """Return the Kafka headers of an event; `ce_type` comes first, so that consumers can skip by it.

    Ids are UUIDs as text: whoever publishes has them as text and need not take them apart.
    """
    headers = [
        *_constant_headers(event_type, source, tenant),
        ("ce_id", event_id.encode()),
        ("ce_subject", subject.encode()),
        ("ce_time", time.isoformat().encode()),
        ("ce_sequence", b"%d" % sequence),
        ("ce_correlationid", correlation_id.encode()),
    ]
    if causation_id is not None:
        headers.append(("ce_causationid", causation_id.encode()))
    if traceparent is not None:
        headers.append(("traceparent", traceparent.encode()))
    return headers


def headers_of_event(event: Event[Any]) -> list[tuple[str, bytes]]:
    """Return the Kafka headers of `event`, for those who publish without an outbox."""
    return headers_of(
        event_id=str(event.id),
        event_type=event.type.value,
        source=event.source,
        subject=str(event.subject),
        tenant=event.tenant,
        time=event.time,
        sequence=event.sequence,
        correlation_id=str(event.correlation_id),
        causation_id=str(event.causation_id) if event.causation_id else None,
        traceparent=event.traceparent,
    )


@lru_cache(maxsize=1024)
def _constant_headers(event_type: str, source: str, tenant: str) -> tuple[tuple[str, bytes], ...]:
    return (
        ("ce_type", event_type.encode()),
        ("ce_source", source.encode()),
        ("ce_tenant", tenant.encode()),
        ("ce_dataschema", schema_of(event_type).encode()),
        ("ce_specversion", b"1.0"),
        CONTENT_TYPE,
    )


def type_of(headers: Headers) -> bytes | None:
    """Return the raw `ce_type` of a record, cheaply; None where there is none."""
    for name, value in headers:
        if name == "ce_type":
            return value
    return None


def id_of(headers: Headers) -> UUID | None:
    """Return the event id of a record that may be unreadable otherwise; None where there is none."""
    try:
        return UUID((dict(headers).get("ce_id") or b"").decode())
    except ValueError:
        return None


def newest_of_each(events: Iterable[Event[Any]]) -> Collection[Event[Any]]:
    """Return the last of `events` about each subject, by `sequence`."""
    return {event.subject: event for event in sorted(events, key=lambda event: event.sequence)}.values()


class _Attributes(TypedDict):
    """The headers that an event must have beside its type, read in one call of pydantic's core."""

    ce_id: UUID
    ce_source: str
    ce_subject: UUID
    ce_time: AwareDatetime
    ce_sequence: int
    ce_tenant: str
    ce_correlationid: UUID
    ce_causationid: NotRequired[UUID]


_ATTRIBUTES = TypeAdapter(_Attributes)


class _Form(NamedTuple):
    """How events of one type are read."""

    event_type: StrEnum
    schema: bytes
    model: type[Payload]


_FORMS = {
    event_type.value.encode(): _Form(event_type, schema_of(event_type).encode(), model)
    for topic in TOPICS
    for event_type, model in topic.events.items()
}
KNOWN_TYPES = frozenset(_FORMS)
"""The `ce_type` of every event that can be read, of all topics."""
_NEWER = tuple(topic.every_kind.encode() for topic in TOPICS if topic.every_kind is not None)


def may_be_skipped(event_type: bytes | None) -> bool:
    """Say whether a reader may leave out events of a `ce_type` that it has no use for; others are faults."""
    return event_type in KNOWN_TYPES or (event_type is not None and event_type.startswith(_NEWER))


def parse(headers: Headers, value: bytes | None) -> Event[Any]:
    """Read a record; raise MalformedEvent with a sentence that says what is wrong with it.

    One that names another schema than ours is not read, whatever it looks like: a new version may mean other things.
    """
    given = dict(headers)
    form = _FORMS.get(given.get("ce_type") or b"")
    if form is None:
        raise MalformedEvent("ce_type: not known here" if given.get("ce_type") else "ce_type: missing")
    try:
        attributes = _ATTRIBUTES.validate_python(given)
        if given.get("ce_dataschema", form.schema) != form.schema:
            raise MalformedEvent(f"ce_dataschema: only {form.schema.decode()} can be read")
        data = form.model.model_validate_json(value or b"")
    except ValidationError as error:
        raise MalformedEvent(_first_flaw(error)) from error
    trace = given.get("traceparent")
    return Event(
        attributes["ce_id"],
        form.event_type,
        attributes["ce_source"],
        attributes["ce_subject"],
        attributes["ce_tenant"],
        attributes["ce_time"],
        attributes["ce_sequence"],
        attributes["ce_correlationid"],
        attributes.get("ce_causationid"),
        trace.decode("ascii", "replace") if trace else None,
        data,
        value or b"",
    )


def _first_flaw(error: ValidationError) -> str:
    """Return where and why, never what: a message may hold what a reporter wrote."""
    flaw = error.errors(include_input=False, include_url=False)[0]
    where = ".".join(map(str, flaw["loc"])) or "value"
    return f"{where}: {flaw['msg']}"[:500]
