"""How a complaint ends: somebody else finds the result good, every gate is passed, the reporter has the last word."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from contracts.envelope import Event
from contracts.events import ComplaintClosed, ComplaintVerified, FeedbackReceived, Payload
from contracts.lifecycle import EventType, next_status
from ledger_service.domain.complaint import Complaint
from ledger_service.domain.errors import FeedbackExists, VerifierIsWorker

REQUIRED_GATES = ("verification",)
"""What has to be passed before a complaint is closed."""


@dataclass(frozen=True)
class Occasion:
    """When an action takes place, the trace it belongs to, and where new event ids come from."""

    at: datetime
    traceparent: str | None
    new_id: Callable[[], UUID]


def verify(complaint: Complaint, data: ComplaintVerified, occasion: Occasion) -> tuple[Event, Event]:
    """Return the events of a passed verification: verified and, since no other gate is required, closed.

    Raises IllegalTransition unless the complaint is resolved, VerifierIsWorker where the two are one person.
    """
    next_status(complaint.status, EventType.VERIFIED)
    if data.actor == complaint.worker:
        raise VerifierIsWorker
    verified = _action(complaint, EventType.VERIFIED, data, occasion)
    closed = verified._replace(
        id=occasion.new_id(),
        type=EventType.CLOSED,
        sequence=verified.sequence + 1,
        causation_id=verified.id,
        data=ComplaintClosed(gates=REQUIRED_GATES),
    )
    return verified, closed


def give_feedback(complaint: Complaint, data: FeedbackReceived, occasion: Occasion) -> Event:
    """Return the event of the reporter's word.

    Raises IllegalTransition unless the complaint is closed, FeedbackExists where the word was given before.
    """
    next_status(complaint.status, EventType.FEEDBACK_RECEIVED)
    if complaint.satisfaction is not None:
        raise FeedbackExists
    return _action(complaint, EventType.FEEDBACK_RECEIVED, data, occasion)


def _action(complaint: Complaint, event_type: EventType, data: Payload, occasion: Occasion) -> Event:
    event_id = occasion.new_id()
    return Event(
        id=event_id,
        type=event_type,
        source="ledger",
        subject=complaint.id,
        tenant=complaint.tenant,
        time=occasion.at,
        sequence=complaint.sequences["ledger"] + 1,
        correlation_id=event_id,
        causation_id=None,
        traceparent=occasion.traceparent,
        data=data,
    )
