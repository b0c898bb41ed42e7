"""Dispatch's own events, from the case they are about."""

from datetime import datetime

from contracts.envelope import Event
from contracts.events import Payload
from contracts.lifecycle import EventType
from dispatch_service.domain.case import Case
from runtime.ids import uuid7

SOURCE = "dispatch"


def announce(case: Case, event_type: EventType, data: Payload, *, at: datetime, traceparent: str | None) -> Event:
    """Return the event of somebody's action; it starts a correlation of its own."""
    event_id = uuid7()
    return Event(
        id=event_id,
        type=event_type,
        source=SOURCE,
        subject=case.complaint_id,
        tenant=case.tenant,
        time=at,
        sequence=case.sequence,
        correlation_id=event_id,
        causation_id=None,
        traceparent=traceparent,
        data=data,
    )


def answer(cause: Event, event_type: EventType, sequence: int, data: Payload, *, at: datetime) -> Event:
    """Return the event that follows from `cause`, in the same correlation and trace."""
    return Event(
        id=uuid7(),
        type=event_type,
        source=SOURCE,
        subject=cause.subject,
        tenant=cause.tenant,
        time=at,
        sequence=sequence,
        correlation_id=cause.correlation_id,
        causation_id=cause.id,
        traceparent=cause.traceparent,
        data=data,
    )
