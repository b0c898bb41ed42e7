"""What intake tells the other services of a complaint that it has accepted."""

from collections.abc import Mapping
from typing import Any

from contracts.envelope import Event
from contracts.events import ComplaintReceived, Place, SuperiorOrder, query_code_digest
from contracts.lifecycle import EventType
from intake_service.domain.complaint import NewComplaint
from intake_service.persistence.own_events import event_about

_SEVERAL = "; "
"""Between texts that were given together."""


def received_event(complaint: NewComplaint) -> Event:
    """Return the event that tells dispatch and ledger of `complaint`: no name, phone or email in it."""
    place, order, flagged = complaint.location, complaint.origin.order, complaint.flagged
    data = ComplaintReceived(
        number=complaint.number,
        source=complaint.source,
        proactive=complaint.proactive,
        category=complaint.category,
        description=complaint.description,
        location=Place(lon=place.lon, lat=place.lat, address=place.address),
        occurred_at=complaint.occurred_at,
        received_at=complaint.received_at,
        owner=complaint.owner,
        external_ref=complaint.external_ref,
        attachments=complaint.attachments or None,
        category_confidence=None if complaint.category is None else complaint.suggested_confidence,
        attributes=_answers(complaint.attributes) if complaint.attributes else None,
        self_handled=complaint.self_handled,
        kind=complaint.kind,
        outside_area=complaint.outside_area or None,
        order=SuperiorOrder(number=order.number, deadline=order.deadline) if order else None,
        query_code_digest=query_code_digest(complaint.id, complaint.query_code),
        suspicions=tuple(each.rule for each in flagged.suspicions) if flagged else None,
        held=True if flagged and flagged.goes_on_at else None,
    )
    return event_about(complaint.tenant, complaint.id, 1, EventType.RECEIVED, data, complaint.received_at)


def _answers(attributes: Mapping[str, object]) -> dict[str, Any] | None:
    """Return the attributes that are a text, a number, yes or no, or several texts; None where none is."""
    told = {name: _told(value) for name, value in attributes.items()}
    return {name: value for name, value in told.items() if isinstance(value, str | int | float)} or None


def _told(value: object) -> object:
    """Return several texts, such as the choices of a question, as one, and all else as it is."""
    if isinstance(value, list) and value and all(isinstance(each, str) for each in value):
        return _SEVERAL.join(value)
    return value
