"""Payloads of what dispatch tells of a complaint: assignment, the work on it, and its result; version 1."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from contracts.payload import HandlingMode, Payload, Place

AssignedBy = Literal[
    "grid", "duty_desk", "dispatcher", "rule", "self_handled", "conference", "rework", "reopening", "unmerging"
]
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
    warn_at: datetime | None = None
    """When 80 % of the time until then have passed, in the unit of its limit. None in events of earlier versions."""
    accept_by: datetime | None = None
    """By when the unit is to accept it. None in events of earlier versions, as in those below."""
    on_site_by: datetime | None = None
    """By when somebody of the unit is to be on site."""


class Acted(Payload):
    """What every action of an officer says."""

    actor: str
    team: str
    note: str | None = None


class ComplaintAccepted(Acted):
    """The unit has taken the case on (首接负责)."""

    accepted_at: datetime | None = None
    """When it was done, where that was told later (离线补传); None: at the time of the event."""


class ComplaintStarted(Acted):
    """An officer is on site."""

    position: Place | None = None
    started_at: datetime


class ComplaintContributed(Acted):
    """An officer has done something about it; the case and its result stay with the unit that leads."""

    supporting: bool
    """Whether `team` supports 协办 the unit that leads, or is that unit."""
    text: str
    position: Place | None = None
    photos: tuple[UUID, ...] | None = None
    """Attachments of intake."""
    part_done: bool = False
    """Whether the supporting unit has done its part."""
    contributed_at: datetime | None = None
    """When it was done, where that was told later; None: at the time of the event."""


class ComplaintReturned(Acted):
    """A dispatcher has let the unit give the case back 退单; it goes to another. `actor` is the dispatcher."""

    reason: str
    asked_by: str
    returns: int
    """How often it has been returned in this round."""


class ComplaintTransferred(Acted):
    """Another department or an external system has taken the case on; `actor` is the dispatcher."""

    department: str
    department_name: str | None = None
    """None in events of earlier versions."""
    external_ref: str
    """Its number there."""
    reason: str


class ComplaintResolved(Acted):
    """The officer has handled it, or the department that it went to has answered: waiting for verification."""

    handling_mode: HandlingMode
    result: str
    photos: tuple[UUID, ...] | None = None
    """Attachments of intake that show the place before and after."""
    photos_needed: bool = False
    """Whether the tenant's rules want photos of such a result; False in events of earlier versions."""
    self_handled: bool = False
    """自处理: it was found and fixed on the spot, so it is verified by rule."""
    resolved_at: datetime | None = None
    """When it was done, where that was told later; None: at the time of the event."""


class RectificationOrdered(Acted):
    """限期整改: whoever caused it has until then to set it right; then it is inspected again."""

    notice: str
    until: datetime
    photos: tuple[UUID, ...] | None = None
    """Attachments of intake. None in events of earlier versions."""


class ReinspectionDue(Payload):
    """The time that was given for rectification is over: the unit has to look again."""

    team: str
    until: datetime


class ComplaintReinspected(Acted):
    """复查: the officer has looked again after an order of rectification."""

    passed: bool
    """Whether it was set right."""
    photos: tuple[UUID, ...] | None = None
    """Attachments of intake."""
    inspected_at: datetime | None = None
    """When it was done, where that was told later; None: at the time of the event."""


class ComplaintExtended(Acted):
    """A dispatcher has given the unit more time 延时; `actor` is the dispatcher."""

    reason: str
    asked_by: str
    promised_at: datetime
    """The new promised time."""
    warn_at: datetime | None = None
    """When 80 % of the time to resolve it have passed now."""


class ComplaintSuspended(Acted):
    """A dispatcher has let the unit lay the case aside 挂账: its clock stands still. `actor` is the dispatcher."""

    reason: str
    asked_by: str
    promised_at: datetime | None = None
    """As it was; the time that is left runs on after the resumption."""
    warn_at: datetime | None = None
    """As it was."""
    until: datetime | None = None
    """By then it comes back by itself. None in events of earlier versions."""


class ComplaintResumed(Acted):
    """The work goes on, and so does the clock; `actor` is the dispatcher who approved it.

    Where a case came back by itself, `actor`, `reason` and `asked_by` are those of its suspension.
    """

    reason: str
    asked_by: str
    promised_at: datetime | None = None
    """The new promised time: later by the suspension."""
    warn_at: datetime | None = None
    """When 80 % of the time to resolve it have passed now."""
    accept_by: datetime | None = None
    on_site_by: datetime | None = None
    until: datetime | None = None
    """Where it came back by itself: when its suspension was over."""


class ComplaintRescheduled(Payload):
    """The promised time was reckoned anew: by other limits or another calendar than before, after a wait for the
    reporter, or where what is no longer merged waits for another unit.
    """

    promised_at: datetime
    promised_before: datetime | None = None
    """None where nothing had been promised."""
    warn_at: datetime | None = None
    """When 80 % of the time to resolve it have passed now."""
    accept_by: datetime | None = None
    on_site_by: datetime | None = None


class SupervisionOrder(Payload):
    """督办: a demand with a deadline of its own, by a supervisor or by rule."""

    id: UUID
    deadline: datetime
    text: str


class OrderReplied(Acted):
    """The unit has answered a supervision order."""

    order_id: UUID
    text: str
    late: bool
    """Whether the deadline was over when it was answered."""
    replied_at: datetime | None = None
    """When it was answered, where that was told later; None: at the time of the event."""


class OrderWithdrawn(Payload):
    """A supervisor expects no answer to a supervision order any more."""

    order_id: UUID
    team: str
    reason: str
    actor: str


class OrderMissed(Payload):
    """The deadline of a supervision order is over, and nobody has answered: whoever has given it has to look."""

    order_id: UUID
    deadline: datetime
    team: str
    ordered_by: str
    """`rule` where nobody has given it by hand: supervisors have to look."""


class ComplaintEscalated(Payload):
    """Somebody above the unit has to look: a level of the limit was reached, or a supervisor has given an order."""

    level: Literal[80, 100, 200] | None = None
    """Per cent of the limit that have passed; None where a supervisor has acted."""
    limit: Literal["accept", "on_site", "resolve"] | None = None
    """The stage whose limit that is; None in events of versions that told of the time to resolve only."""
    stage: Literal["accept", "on_site", "resolve"]
    """What the unit has to do next."""
    team: str
    department: str | None = None
    """That has the case at present and is late; `team` is the unit that it was taken from."""
    promised_at: datetime | None = None
    warn_at: datetime | None = None
    """When 80 % of the time to resolve it have passed, or had."""
    order: SupervisionOrder | None = None
    """That a supervisor has given, or that follows from the level by the tenant's rule 自动督办."""
    actor: str | None = None
    """The supervisor, or `rule` where the order follows from the level; None where a timer has told."""
