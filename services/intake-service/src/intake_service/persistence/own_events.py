"""The events that intake makes itself, for the outbox."""

from datetime import datetime
from uuid import UUID

from contracts.envelope import Event
from contracts.events import Payload
from contracts.lifecycle import EventType
from runtime.ids import uuid7
from runtime.tracing import current_traceparent


def event_about(
    tenant: str, complaint_id: UUID, sequence: int, event_type: EventType, data: Payload, now: datetime
) -> Event:
    """Return an event of intake's own; it starts a correlation."""
    event_id = uuid7()
    return Event(
        id=event_id,
        type=event_type,
        source="intake",
        subject=complaint_id,
        tenant=tenant,
        time=now,
        sequence=sequence,
        correlation_id=event_id,
        causation_id=None,
        traceparent=current_traceparent(),
        data=data,
    )
