"""CloudEvents 1.0 over Kafka, binary mode: attributes as `ce_` headers, the JSON payload as the value."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from pydantic import ValidationError

from contracts.events import PAYLOADS, Payload
from contracts.lifecycle import EventType

Headers = Sequence[tuple[str, bytes]]
CONTENT_TYPE = ("content-type", b"application/json")
_SPEC_VERSION = ("ce_specversion", b"1.0")


class MalformedEvent(ValueError):
    """A record that is no event of ours: a header is missing or cannot be read, or the value does not fit."""


@dataclass(frozen=True, slots=True)
class Event:
    """A lifecycle event with its CloudEvents attributes.

    `sequence` counts the events of one producer (`source`) about one complaint from 1 without gaps.
    """

    id: UUID
    type: EventType
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
    event_id: UUID,
    event_type: str,
    source: str,
    subject: str,
    tenant: str,
    time: datetime,
    sequence: int,
    correlation_id: UUID,
    causation_id: UUID | None,
    traceparent: str | None,
) -> list[tuple[str, bytes]]:
    """Return the Kafka headers of an event; `ce_type` comes first, so that consumers can skip by it."""
    headers = [
        ("ce_type", event_type.encode()),
        ("ce_id", str(event_id).encode()),
        ("ce_source", source.encode()),
        ("ce_subject", subject.encode()),
        ("ce_time", time.isoformat().encode()),
        ("ce_sequence", b"%d" % sequence),
        ("ce_tenant", tenant.encode()),
        ("ce_correlationid", str(correlation_id).encode()),
        ("ce_dataschema", schema_of(event_type).encode()),
        _SPEC_VERSION,
        CONTENT_TYPE,
    ]
    if causation_id is not None:
        headers.append(("ce_causationid", str(causation_id).encode()))
    if traceparent is not None:
        headers.append(("traceparent", traceparent.encode()))
    return headers


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


def parse(headers: Headers, value: bytes | None) -> Event:
    """Read a record; raise MalformedEvent with a sentence that says what is wrong with it."""
    attributes = dict(headers)
    try:
        event_type = EventType(attributes["ce_type"].decode())
        causation = attributes.get("ce_causationid")
        trace = attributes.get("traceparent")
        return Event(
            id=UUID(attributes["ce_id"].decode()),
            type=event_type,
            source=attributes["ce_source"].decode(),
            subject=UUID(attributes["ce_subject"].decode()),
            tenant=attributes["ce_tenant"].decode(),
            time=_moment(attributes["ce_time"]),
            sequence=int(attributes["ce_sequence"]),
            correlation_id=UUID(attributes["ce_correlationid"].decode()),
            causation_id=UUID(causation.decode()) if causation else None,
            traceparent=trace.decode("ascii", "replace") if trace else None,
            data=PAYLOADS[event_type].model_validate_json(value or b""),
            raw=value or b"",
        )
    except KeyError as error:
        raise MalformedEvent(f"header {error.args[0]} is missing") from error
    except (AttributeError, TypeError) as error:
        nulls = ", ".join(name for name, content in headers if content is None)
        raise MalformedEvent(f"header {nulls} is null") from error
    except ValidationError as error:
        raise MalformedEvent(_faults(error)[:500]) from error
    except ValueError as error:
        raise MalformedEvent(str(error)[:500]) from error


def _faults(error: ValidationError) -> str:
    """Say what does not fit, and where, without repeating what people wrote."""
    faults = error.errors(include_url=False, include_context=False, include_input=False)
    return "; ".join(f"{'.'.join(map(str, fault['loc'])) or 'value'}: {fault['msg']}" for fault in faults)


def _moment(value: bytes) -> datetime:
    moment = datetime.fromisoformat(value.decode())
    if moment.tzinfo is None:
        raise ValueError("ce_time has no offset from UTC")
    return moment
