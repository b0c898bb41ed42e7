"""Lifecycle event payloads, version 1: strict for producers, tolerant for consumers (unknown fields are ignored).

No payload carries a reporter's name, phone or email: those never leave intake.
"""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from typing import Literal
from uuid import UUID

from contracts.closing_events import (
    AppealDecided,
    ComplaintClosed,
    ComplaintExcluded,
    ComplaintForceClosed,
    ComplaintReopened,
    ComplaintVerified,
    ComplaintVoided,
    EndingDecided,
    EndingRequested,
    FeedbackReceived,
    FollowedUp,
    PhotosAsked,
    RatingAppealed,
    ReworkOrdered,
    Satisfaction,
    VerificationMethod,
)
from contracts.correction_events import (
    Advice,
    ComplaintCleared,
    ComplaintErased,
    ComplaintLocated,
    ComplaintMerged,
    ComplaintReclassified,
    ComplaintRejected,
    ComplaintUnmerged,
    PhotosChecked,
)
from contracts.lifecycle import EventType, Status
from contracts.payload import HandlingMode, Latitude, Longitude, Payload, Place, RequestKind
from contracts.reporter_events import (
    ComplaintSupplemented,
    QuestionAnswered,
    QuestionAsked,
    QuestionLapsed,
    Speaker,
)
from contracts.work_events import (
    Acted,
    AssignedBy,
    ComplaintAccepted,
    ComplaintAssigned,
    ComplaintContributed,
    ComplaintEscalated,
    ComplaintExtended,
    ComplaintReinspected,
    ComplaintRescheduled,
    ComplaintResolved,
    ComplaintResumed,
    ComplaintReturned,
    ComplaintStarted,
    ComplaintSuspended,
    ComplaintTransferred,
    OrderMissed,
    OrderReplied,
    OrderWithdrawn,
    RectificationOrdered,
    ReinspectionDue,
    SupervisionOrder,
)

__all__ = [
    "PAYLOADS",
    "Acted",
    "Advice",
    "AppealDecided",
    "AssignedBy",
    "ComplaintAccepted",
    "ComplaintAssigned",
    "ComplaintCleared",
    "ComplaintClosed",
    "ComplaintContributed",
    "ComplaintErased",
    "ComplaintEscalated",
    "ComplaintExcluded",
    "ComplaintExtended",
    "ComplaintForceClosed",
    "ComplaintLocated",
    "ComplaintMerged",
    "ComplaintReceived",
    "ComplaintReclassified",
    "ComplaintReinspected",
    "ComplaintRejected",
    "ComplaintReopened",
    "ComplaintRescheduled",
    "ComplaintResolved",
    "ComplaintResumed",
    "ComplaintReturned",
    "ComplaintStarted",
    "ComplaintSupplemented",
    "ComplaintSuspended",
    "ComplaintTransferred",
    "ComplaintUnmerged",
    "ComplaintVerified",
    "ComplaintVoided",
    "ComplaintWithdrawn",
    "EndingDecided",
    "EndingRequested",
    "FeedbackReceived",
    "FollowedUp",
    "HandlingMode",
    "Latitude",
    "Longitude",
    "OrderMissed",
    "OrderReplied",
    "OrderWithdrawn",
    "Payload",
    "PhotosAsked",
    "PhotosChecked",
    "Place",
    "QuestionAnswered",
    "QuestionAsked",
    "QuestionLapsed",
    "RatingAppealed",
    "RectificationOrdered",
    "ReinspectionDue",
    "ReleaseRefused",
    "ReleaseRequested",
    "Released",
    "RequestKind",
    "ReworkOrdered",
    "Satisfaction",
    "SelfHandled",
    "Speaker",
    "SuperiorOrder",
    "SupervisionOrder",
    "VerificationMethod",
    "query_code_digest",
]


class SelfHandled(Payload):
    """自处理: who found it has dealt with it on the spot already."""

    actor: str
    handling_mode: HandlingMode
    result: str
    handled_at: datetime
    photos: tuple[UUID, ...] | None = None
    """Attachments of intake."""


class SuperiorOrder(Payload):
    """上级交办: what a superior has ordered."""

    number: str
    """As the superior counts."""
    deadline: datetime | None = None
    """By when it is to be resolved, where the limit of its category does not end before."""


def query_code_digest(complaint: UUID, code: str) -> str:
    """Return what stands for a query code outside intake: 64 hexadecimal digits, other ones for each complaint."""
    return sha256(complaint.bytes + code.upper().encode()).hexdigest()


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
    """Answers to the questions of the category, by name; several choices are one text with semicolons between them.

    What is neither text, number nor yes or no stays in intake.
    """
    attachments: tuple[UUID, ...] | None = None
    self_handled: SelfHandled | None = None
    kind: RequestKind | None = None
    """What the reporter wants; None in events of earlier versions, which knew complaints only."""
    order: SuperiorOrder | None = None
    outside_area: bool | None = None
    """True outside the area of the tenant: its duty desk decides."""
    query_code_digest: str | None = None
    """What a query code has to hash to (`query_code_digest`): whoever has the code may speak as the reporter."""
    suspicions: tuple[str, ...] | None = None
    """Codes of the tenant's triage rules 甄别规则 that suspect it; for staff."""
    held: bool | None = None
    """True where it waits at the duty desk until `complaint.cleared`."""


ReleaseEnding = Literal["withdrawn", "rejected", "merged"]
"""A key of `lifecycle.RELEASE_ENDINGS`."""


class ReleaseRequested(Payload):
    """Intake asks dispatch to let go of a complaint, so that it can end it."""

    actor: str
    ending: ReleaseEnding
    reason: str | None = None


class Released(Payload):
    """Dispatch has stopped all work for `request`; no officer can act on the case any more."""

    request: UUID
    """The event that asked: a request of intake, or a decision of the ledger."""
    ending: Literal["withdrawn", "rejected", "merged", "voided", "closed"]
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
    EventType.CONTRIBUTED: ComplaintContributed,
    EventType.RETURNED: ComplaintReturned,
    EventType.TRANSFERRED: ComplaintTransferred,
    EventType.EXTENDED: ComplaintExtended,
    EventType.SUSPENDED: ComplaintSuspended,
    EventType.RESUMED: ComplaintResumed,
    EventType.RESCHEDULED: ComplaintRescheduled,
    EventType.ESCALATED: ComplaintEscalated,
    EventType.ORDER_REPLIED: OrderReplied,
    EventType.ORDER_WITHDRAWN: OrderWithdrawn,
    EventType.ORDER_MISSED: OrderMissed,
    EventType.RECTIFICATION_ORDERED: RectificationOrdered,
    EventType.REINSPECTION_DUE: ReinspectionDue,
    EventType.REINSPECTED: ComplaintReinspected,
    EventType.RESOLVED: ComplaintResolved,
    EventType.PHOTOS_ASKED: PhotosAsked,
    EventType.VERIFIED: ComplaintVerified,
    EventType.REWORK_ORDERED: ReworkOrdered,
    EventType.CLOSED: ComplaintClosed,
    EventType.FEEDBACK_RECEIVED: FeedbackReceived,
    EventType.REOPENED: ComplaintReopened,
    EventType.FOLLOWED_UP: FollowedUp,
    EventType.RATING_APPEALED: RatingAppealed,
    EventType.APPEAL_DECIDED: AppealDecided,
    EventType.ENDING_REQUESTED: EndingRequested,
    EventType.ENDING_DECIDED: EndingDecided,
    EventType.FORCE_CLOSED: ComplaintForceClosed,
    EventType.VOIDED: ComplaintVoided,
    EventType.EXCLUDED: ComplaintExcluded,
    EventType.RELEASE_REQUESTED: ReleaseRequested,
    EventType.RELEASED: Released,
    EventType.RELEASE_REFUSED: ReleaseRefused,
    EventType.WITHDRAWN: ComplaintWithdrawn,
    EventType.SUPPLEMENTED: ComplaintSupplemented,
    EventType.QUESTION_ASKED: QuestionAsked,
    EventType.QUESTION_ANSWERED: QuestionAnswered,
    EventType.QUESTION_LAPSED: QuestionLapsed,
    EventType.REJECTED: ComplaintRejected,
    EventType.MERGED: ComplaintMerged,
    EventType.UNMERGED: ComplaintUnmerged,
    EventType.LOCATED: ComplaintLocated,
    EventType.RECLASSIFIED: ComplaintReclassified,
    EventType.CLEARED: ComplaintCleared,
    EventType.PHOTOS_CHECKED: PhotosChecked,
    EventType.ERASED: ComplaintErased,
}
