"""What dispatch tells of the directory, as intake hears it."""

from typing import Any

from contracts.directory import DirectoryEvent, DirectoryKind, subject_of
from contracts.envelope import Event
from intake.conftest import TENANT
from runtime.clock import now
from runtime.ids import uuid7


def heard(event: DirectoryEvent, kind: DirectoryKind, data: Any, sequence: int, *, tenant: str = TENANT) -> Event[Any]:
    """Return the event about a thing of the directory."""
    event_id = uuid7()
    return Event(
        id=event_id,
        type=event,
        source="dispatch",
        subject=subject_of(tenant, kind, data.code),
        tenant=tenant,
        time=now(),
        sequence=sequence,
        correlation_id=event_id,
        causation_id=None,
        traceparent=None,
        data=data,
    )
