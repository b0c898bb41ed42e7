"""Lifecycle event payloads, version 1: strict for producers, tolerant for consumers (unknown fields are ignored).

No payload carries a reporter's name, phone or email: those never leave intake.
"""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Literal
from uuid import UUID

from contracts.lifecycle import EventType, Status
from contracts.payload import HandlingMode, Latitude, Longitude, Payload, Place
from contracts.work_events import (
    Acted,
    AssignedBy,
    ComplaintAccepted,
    ComplaintAssigned,
    ComplaintEscalated,
    ComplaintExtended,
    ComplaintResolved,
    ComplaintResumed,
    ComplaintReturned,
    ComplaintStarted,
    ComplaintSuspended,
    ComplaintTransferred,
    RectificationOrdered,
    ReinspectionDue,
    SupervisionOrder,
)

__all__ = [
    "PAYLOADS",
    "Acted",
    "AssignedBy",
    "ComplaintAccepted",
    "ComplaintAssigned",
    "ComplaintClosed",
    "ComplaintEscalated",
    "ComplaintExtended",
    "ComplaintReceived",
    "ComplaintReopened",
    "ComplaintResolved",
    "ComplaintResumed",
    "ComplaintReturned",
    "ComplaintStarted",
    "ComplaintSuspended",
    "ComplaintTransferred",
    "ComplaintVerified",
    "ComplaintWithdrawn",
    "FeedbackReceived",
    "HandlingMode",
    "Latitude",
    "Longitude",
    "Payload",
    "Place",
    "RectificationOrdered",
    "ReinspectionDue",
    "ReleaseRefused",
    "ReleaseRequested",
    "Released",
    "ReworkOrdered",
    "Satisfaction",
    "SelfHandled",
    "SupervisionOrder",
    "VerificationMethod",
]


class SelfHandled(Payload):
    """自处理: who found it has dealt with it on the spot already."""

    actor: str
    handling_mode: HandlingMode
    result: str
    handled_at: datetime
    photos: tuple[UUID, ...] | None = None
    """Attachments of intake."""


class ComplaintReceived(Payload):
    """Intake has accepted a complaint: everything that dispatch and ledger need to know of it."""

    number: str
    source: str
    proactive: bool
    """True for 未诉先办: found before anyone complained."""
    category: str | None = None
    description: str
    location: Place
    occurred_at: datetime | None = None
    received_at: datetime
    owner: str | None = None
    """Opaque subject of the reporter who may follow and rate it; never a name."""
    external_ref: str | None = None
    category_confidence: float | None = None
    """How sure the model is of a `category` that it has suggested, 0 to 1; None where somebody has named it."""
    attributes: Mapping[str, str | float | bool] | None = None
    """Answers to the questions of the category, by name; what is neither text, number nor yes or no stays in intake."""
    attachments: tuple[UUID, ...] | None = None
    self_handled: SelfHandled | None = None


VerificationMethod = Literal["on_site", "photo", "call", "rule"]
"""How a result was looked at; `rule`: nobody has to, by configuration."""


class ComplaintVerified(Payload):
    """Somebody other than the worker found the result good."""

    actor: str
    method: VerificationMethod
    note: str | None = None


class ReworkOrdered(Payload):
    """返工: somebody other than the worker found the result not good; the unit works on it in another round."""

    actor: str
    method: VerificationMethod
    reason: str
    round: int
    """The new one."""


class ComplaintClosed(Payload):
    """Every required gate is passed."""

    gates: tuple[str, ...]


Satisfaction = Literal["satisfied", "basically_satisfied", "dissatisfied"]


class FeedbackReceived(Payload):
    """The reporter's word on a closed complaint."""

    actor: str
    satisfaction: Satisfaction
    solved: bool
    comment: str | None = None


class ComplaintReopened(Payload):
    """重办: the reporter is not satisfied, or a supervisor; the unit works on it in another round."""

    actor: str
    reason: str
    round: int
    """The new one."""


class ReleaseRequested(Payload):
    """Intake asks dispatch to let go of a complaint, so that it can end it."""

    actor: str
    ending: Literal["withdrawn"]
    reason: str | None = None


class Released(Payload):
    """Dispatch has stopped all work for `request`; no officer can act on the case any more."""

    request: UUID
    ending: Literal["withdrawn"]
    status: Status | None = None
    """Where the case stood: who has not seen it get there yet has to wait. None in events of the first version."""


class ReleaseRefused(Payload):
    """The work is too far on: the complaint stays as it is."""

    request: UUID
    status: Status


class ComplaintWithdrawn(Payload):
    """The reporter has taken the complaint back."""

    actor: str
    reason: str | None = None


PAYLOADS: Mapping[StrEnum, type[Payload]] = {
    EventType.RECEIVED: ComplaintReceived,
    EventType.ASSIGNED: ComplaintAssigned,
    EventType.ACCEPTED: ComplaintAccepted,
    EventType.STARTED: ComplaintStarted,
    EventType.RETURNED: ComplaintReturned,
    EventType.TRANSFERRED: ComplaintTransferred,
    EventType.EXTENDED: ComplaintExtended,
    EventType.SUSPENDED: ComplaintSuspended,
    EventType.RESUMED: ComplaintResumed,
    EventType.ESCALATED: ComplaintEscalated,
    EventType.RECTIFICATION_ORDERED: RectificationOrdered,
    EventType.REINSPECTION_DUE: ReinspectionDue,
    EventType.RESOLVED: ComplaintResolved,
    EventType.VERIFIED: ComplaintVerified,
    EventType.REWORK_ORDERED: ReworkOrdered,
    EventType.CLOSED: ComplaintClosed,
    EventType.FEEDBACK_RECEIVED: FeedbackReceived,
    EventType.REOPENED: ComplaintReopened,
    EventType.RELEASE_REQUESTED: ReleaseRequested,
    EventType.RELEASED: Released,
    EventType.RELEASE_REFUSED: ReleaseRefused,
    EventType.WITHDRAWN: ComplaintWithdrawn,
}
