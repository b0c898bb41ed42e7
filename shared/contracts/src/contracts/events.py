"""Lifecycle event payloads, version 1: strict for producers, tolerant for consumers (unknown fields are ignored).

No payload carries a reporter's name, phone or email: those never leave intake.
"""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from contracts.lifecycle import EventType, Status

Longitude = Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)]
Latitude = Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False)]


class Payload(BaseModel):
    """The JSON value of an event."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Place(Payload):
    """Where: WGS84 degrees, or an address alone."""

    lon: Longitude | None = None
    lat: Latitude | None = None
    address: str | None = None


HandlingMode = Literal[
    "guidance", "on_site_rectification", "rectification_within_limit", "verbal_education", "case_filed"
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


AssignedBy = Literal["grid", "duty_desk", "dispatcher", "rule", "self_handled", "conference", "rework", "reopening"]
"""Why a unit: the grid at that point, no grid there or nobody on duty, a dispatcher's decision, one of the tenant's
routing rules (named by `rule_code`), it was handled before it was reported, a conference 会商 of units, or
another round of the work."""


class ComplaintAssigned(Payload):
    """Dispatch has named the unit that answers for the complaint."""

    team: str
    team_name: str
    grid: str | None = None
    community: str | None = None
    round: int
    rule: AssignedBy
    rule_code: str | None = None
    officer: str | None = None
    """Subject of the member of the team who was chosen for it; None leaves it to the team."""
    supporting: tuple[str, ...] | None = None
    """Codes of the teams that help 协办."""
    note: str | None = None
    actor: str | None = None
    promised_at: datetime | None = None
    """承诺时限: by when it is to be resolved. None in events of versions that knew no limits."""


class Acted(Payload):
    """What every action of an officer says."""

    actor: str
    team: str
    note: str | None = None


class ComplaintAccepted(Acted):
    """The unit has taken the case on (首接负责)."""


class ComplaintStarted(Acted):
    """An officer is on site."""

    position: Place | None = None
    started_at: datetime


class ComplaintReturned(Acted):
    """A dispatcher has let the unit give the case back 退单; it goes to another. `actor` is the dispatcher."""

    reason: str
    asked_by: str
    returns: int
    """How often it has been returned in this round."""


class ComplaintTransferred(Acted):
    """Another department or an external system has taken the case on; `actor` is the dispatcher."""

    department: str
    external_ref: str
    """Its number there."""
    reason: str


class ComplaintResolved(Acted):
    """The officer has handled it, or the department that it went to has answered: waiting for verification."""

    handling_mode: HandlingMode
    result: str
    photos: tuple[UUID, ...] | None = None
    """Attachments of intake that show the place before and after."""
    self_handled: bool = False
    """自处理: it was found and fixed on the spot, so it is verified by rule."""


class RectificationOrdered(Acted):
    """限期整改: whoever caused it has until then to set it right; then it is inspected again."""

    notice: str
    until: datetime


class ReinspectionDue(Payload):
    """The time that was given for rectification is over: the unit has to look again."""

    team: str
    until: datetime


class ComplaintExtended(Acted):
    """A dispatcher has given the unit more time 延时; `actor` is the dispatcher."""

    reason: str
    asked_by: str
    promised_at: datetime
    """The new promised time."""


class ComplaintSuspended(Acted):
    """A dispatcher has let the unit lay the case aside 挂账: its clock stands still. `actor` is the dispatcher."""

    reason: str
    asked_by: str
    promised_at: datetime | None = None
    """As it was; the time that is left runs on after the resumption."""


class ComplaintResumed(Acted):
    """The work goes on, and so does the clock; `actor` is the dispatcher who approved it."""

    reason: str
    asked_by: str
    promised_at: datetime | None = None
    """The new promised time: later by the suspension."""


class SupervisionOrder(Payload):
    """督办: a supervisor's demand with a deadline of its own."""

    id: UUID
    deadline: datetime
    text: str


class ComplaintEscalated(Payload):
    """Somebody above the unit has to look: a level of the limit was reached, or a supervisor has given an order."""

    level: Literal[80, 100, 200] | None = None
    """Per cent of the time to resolve it that have passed; None where a supervisor has acted."""
    stage: Literal["accept", "on_site", "resolve"]
    """What the unit has to do next."""
    team: str
    promised_at: datetime | None = None
    order: SupervisionOrder | None = None
    actor: str | None = None
    """The supervisor; None where a timer has told."""


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
