"""Records that no consumer can apply, and who has to park each of them."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import NamedTuple
from uuid import UUID

from bench.platform import TENANT
from contracts.envelope import headers_of
from contracts.events import ComplaintAssigned, ComplaintReceived, Place
from contracts.lifecycle import EventType

NewId = Callable[[], UUID]
_ALL = frozenset({"intake", "dispatch", "ledger"})
_OF_RECEIVED = frozenset({"dispatch", "ledger"})
"""Those who consume `complaint.received`."""


class PoisonedRecord(NamedTuple):
    """A record under a key that no complaint has."""

    key: bytes
    value: bytes | None
    headers: Sequence[tuple[str, bytes]]
    parked_by: frozenset[str]


def records(new_id: NewId) -> list[PoisonedRecord]:
    """Return one record of each kind."""
    sound = _received().model_dump_json().encode()
    return [
        _poisoned(new_id, b'{"number": ', "JSON that breaks off"),
        _poisoned(new_id, sound.replace(b"poison", b"\xff\xfe\xc3\x28"), "no UTF-8"),
        _poisoned(new_id, None, "no value at all"),
        _poisoned(new_id, b"[]", "another shape"),
        _poisoned(new_id, sound.replace(b'"proactive":false', b'"proactive":{}'), "a value of another type"),
        _poisoned(new_id, sound, "a count that is none", ce_sequence=b"many"),
        _poisoned(new_id, sound, "an id that is none", ce_id=b"\x00\xff"),
        _poisoned(new_id, sound, "an unknown type", ce_type=b"complaint.eaten")._replace(parked_by=_ALL),
        _poisoned(new_id, sound, "no headers")._replace(headers=(), parked_by=_ALL),
        _of_nobody(new_id),
    ]


def _poisoned(new_id: NewId, value: bytes | None, description: str, **headers: bytes) -> PoisonedRecord:
    subject = new_id()
    given = dict(_headers(new_id, subject, EventType.RECEIVED))
    given |= {"x-poison": description.encode(), **headers}
    return PoisonedRecord(str(subject).encode(), value, list(given.items()), _OF_RECEIVED)


def _of_nobody(new_id: NewId) -> PoisonedRecord:
    """A sound assignment of a complaint that was never received: the ledger misses what came before it."""
    subject = new_id()
    assigned = ComplaintAssigned(team="t", team_name="poison", round=1, rule="duty_desk")
    headers = _headers(new_id, subject, EventType.ASSIGNED)
    return PoisonedRecord(
        str(subject).encode(), assigned.model_dump_json().encode(), headers, parked_by=frozenset({"ledger"})
    )


def _received() -> ComplaintReceived:
    return ComplaintReceived(
        number="poison",
        source="hotline",
        proactive=False,
        description="poison",
        location=Place(lon=107.2357, lat=26.5807),
        received_at=datetime.now(UTC),
    )


def _headers(new_id: NewId, subject: UUID, event_type: EventType) -> list[tuple[str, bytes]]:
    return headers_of(
        event_id=str(new_id()),
        event_type=event_type,
        source="dispatch" if event_type is EventType.ASSIGNED else "intake",
        subject=str(subject),
        tenant=TENANT,
        time=datetime.now(UTC),
        sequence=1,
        correlation_id=str(new_id()),
        causation_id=None,
        traceparent=None,
    )
