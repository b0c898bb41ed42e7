"""The states of a complaint and the one table of what may follow what.

Source: the state table of the platform's domain description (after the seven steps of 数字城管).
`release_requested`, `released` and `release_refused` are the hand-shake by which intake ends a complaint that
dispatch already works on (RELEASE_ENDINGS): dispatch, which owns the work, decides the race, so exactly one side wins.
An approved `ending_decided` asks the same for the ledger, which then voids the complaint or closes it by force.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple

from contracts.roles import Role


class Status(StrEnum):
    """Where a complaint stands."""

    RECEIVED = "received"
    ASSIGNED = "assigned"
    ACCEPTED = "accepted"
    IN_PROGRESS = "in_progress"
    RESOLVED = "resolved"
    VERIFIED = "verified"
    CLOSED = "closed"
    SUSPENDED = "suspended"
    TRANSFERRED = "transferred"
    WITHDRAWN = "withdrawn"
    VOIDED = "voided"
    REJECTED = "rejected"
    MERGED = "merged"


ENDED = frozenset({Status.CLOSED, Status.WITHDRAWN, Status.VOIDED, Status.REJECTED, Status.MERGED})
"""Nothing more happens, unless the complaint is opened again."""
UNCOUNTED = ENDED - {Status.CLOSED}
"""It was no complaint, or is none of its own any more: nobody answers for it."""


class EventType(StrEnum):
    """The kinds of lifecycle events, named `complaint.<past tense>`."""

    RECEIVED = "complaint.received"
    ASSIGNED = "complaint.assigned"
    ACCEPTED = "complaint.accepted"
    STARTED = "complaint.started"
    CONTRIBUTED = "complaint.contributed"
    RETURNED = "complaint.returned"
    TRANSFERRED = "complaint.transferred"
    EXTENDED = "complaint.extended"
    SUSPENDED = "complaint.suspended"
    RESUMED = "complaint.resumed"
    RESCHEDULED = "complaint.rescheduled"
    ESCALATED = "complaint.escalated"
    ORDER_REPLIED = "complaint.order_replied"
    ORDER_WITHDRAWN = "complaint.order_withdrawn"
    ORDER_MISSED = "complaint.order_missed"
    RECTIFICATION_ORDERED = "complaint.rectification_ordered"
    REINSPECTION_DUE = "complaint.reinspection_due"
    REINSPECTED = "complaint.reinspected"
    RESOLVED = "complaint.resolved"
    PHOTOS_ASKED = "complaint.photos_asked"
    VERIFIED = "complaint.verified"
    REWORK_ORDERED = "complaint.rework_ordered"
    FOLLOWED_UP = "complaint.followed_up"
    CLOSED = "complaint.closed"
    FEEDBACK_RECEIVED = "complaint.feedback_received"
    RATING_APPEALED = "complaint.rating_appealed"
    APPEAL_DECIDED = "complaint.appeal_decided"
    REOPENED = "complaint.reopened"
    ENDING_REQUESTED = "complaint.ending_requested"
    ENDING_DECIDED = "complaint.ending_decided"
    FORCE_CLOSED = "complaint.force_closed"
    VOIDED = "complaint.voided"
    EXCLUDED = "complaint.excluded"
    RELEASE_REQUESTED = "complaint.release_requested"
    RELEASED = "complaint.released"
    RELEASE_REFUSED = "complaint.release_refused"
    WITHDRAWN = "complaint.withdrawn"
    REJECTED = "complaint.rejected"
    MERGED = "complaint.merged"
    UNMERGED = "complaint.unmerged"
    SUPPLEMENTED = "complaint.supplemented"
    QUESTION_ASKED = "complaint.question_asked"
    QUESTION_ANSWERED = "complaint.question_answered"
    QUESTION_LAPSED = "complaint.question_lapsed"
    LOCATED = "complaint.located"
    RECLASSIFIED = "complaint.reclassified"
    CLEARED = "complaint.cleared"
    PHOTOS_CHECKED = "complaint.photos_checked"
    ERASED = "complaint.erased"


class Transition(NamedTuple):
    """One line of the state table."""

    sources: frozenset[Status | None]
    target: Status | None
    """None: the state stays as it is."""
    owner: str
    roles: frozenset[Role]
    """Who may cause it by hand; empty where a rule or another event causes it."""


def _from(*sources: Status | None) -> frozenset[Status | None]:
    return frozenset(sources)


_AT_WORK = _from(Status.ACCEPTED, Status.IN_PROGRESS)
_ASSIGNED_OR_AT_WORK = _AT_WORK | _from(Status.ASSIGNED)
_OPEN_WORK = _ASSIGNED_OR_AT_WORK | _from(Status.RECEIVED, Status.SUSPENDED)
_NOT_ENDED = _OPEN_WORK | _from(Status.TRANSFERRED, Status.RESOLVED, Status.VERIFIED)
_EXISTING = frozenset[Status | None](Status)
_NOBODY = frozenset[Role]()
_DISPATCHER = frozenset({Role.DISPATCHER})
_OPERATOR = frozenset({Role.OPERATOR})
_OFFICER = frozenset({Role.OFFICER})
_INSPECTOR = frozenset({Role.INSPECTOR})
_SUPERVISOR = frozenset({Role.SUPERVISOR})
_APPROVERS = _DISPATCHER | _SUPERVISOR
_REPORTER = frozenset({Role.CITIZEN, Role.OPERATOR})
"""The reporter, or an operator on their behalf."""

TRANSITIONS: Mapping[EventType, Transition] = {
    EventType.RECEIVED: Transition(
        _from(None),
        Status.RECEIVED,
        "intake",
        frozenset({Role.CITIZEN, Role.OPERATOR, Role.INSPECTOR, Role.OFFICER, Role.PARTNER}),
    ),
    # assigned -> assigned: a dispatcher sends a case on, above all from the duty desk to a team
    EventType.ASSIGNED: Transition(
        _from(Status.RECEIVED, Status.ASSIGNED), Status.ASSIGNED, "dispatch", _DISPATCHER | _SUPERVISOR
    ),
    EventType.ACCEPTED: Transition(_from(Status.ASSIGNED), Status.ACCEPTED, "dispatch", _OFFICER),
    EventType.STARTED: Transition(_from(Status.ACCEPTED), Status.IN_PROGRESS, "dispatch", _OFFICER),
    # of the lead, or of a unit that supports it; the case stays with its lead
    EventType.CONTRIBUTED: Transition(_OPEN_WORK | _from(Status.TRANSFERRED), None, "dispatch", _OFFICER),
    # the unit asks, a dispatcher or a supervisor approves; from transferred: the other department would not have it
    EventType.RETURNED: Transition(
        _ASSIGNED_OR_AT_WORK | _from(Status.TRANSFERRED), Status.RECEIVED, "dispatch", _APPROVERS
    ),
    EventType.TRANSFERRED: Transition(_ASSIGNED_OR_AT_WORK, Status.TRANSFERRED, "dispatch", _DISPATCHER),
    # the unit asks for these three, and they are approved like that too
    EventType.EXTENDED: Transition(_AT_WORK, None, "dispatch", _APPROVERS),
    EventType.SUSPENDED: Transition(_AT_WORK, Status.SUSPENDED, "dispatch", _APPROVERS),
    EventType.RESUMED: Transition(_from(Status.SUSPENDED), Status.IN_PROGRESS, "dispatch", _APPROVERS),
    # the limits or the calendar were changed, and the promised time with them
    EventType.RESCHEDULED: Transition(_OPEN_WORK | _from(Status.TRANSFERRED), None, "dispatch", _NOBODY),
    # by a timer at 80, 100 and 200 % of the limit, or by a supervisor's order; from transferred: a department is late
    EventType.ESCALATED: Transition(_OPEN_WORK | _from(Status.TRANSFERRED), None, "dispatch", _SUPERVISOR),
    # an order outlives the work: its unit owes the answer also when that is done
    EventType.ORDER_REPLIED: Transition(_EXISTING, None, "dispatch", _OFFICER),
    EventType.ORDER_WITHDRAWN: Transition(_EXISTING, None, "dispatch", _SUPERVISOR),
    EventType.ORDER_MISSED: Transition(_EXISTING, None, "dispatch", _NOBODY),
    EventType.RECTIFICATION_ORDERED: Transition(_from(Status.IN_PROGRESS), None, "dispatch", _OFFICER),
    EventType.REINSPECTION_DUE: Transition(_from(Status.IN_PROGRESS), None, "dispatch", _NOBODY),
    EventType.REINSPECTED: Transition(_from(Status.IN_PROGRESS), None, "dispatch", _OFFICER),
    # from transferred: the other department has answered
    EventType.RESOLVED: Transition(
        _from(Status.IN_PROGRESS, Status.TRANSFERRED), Status.RESOLVED, "dispatch", _OFFICER | _DISPATCHER
    ),
    # nobody is to verify it, if its photos are there
    EventType.PHOTOS_ASKED: Transition(_from(Status.RESOLVED), None, "ledger", _NOBODY),
    EventType.VERIFIED: Transition(_from(Status.RESOLVED), Status.VERIFIED, "ledger", _INSPECTOR),
    # from verified: a follow-up call that has to be passed before the closing found that it is not solved
    EventType.REWORK_ORDERED: Transition(
        _from(Status.RESOLVED, Status.VERIFIED), Status.ASSIGNED, "ledger", _INSPECTOR
    ),
    EventType.FOLLOWED_UP: Transition(_from(Status.VERIFIED, Status.CLOSED), None, "ledger", _OPERATOR),
    EventType.CLOSED: Transition(_from(Status.VERIFIED), Status.CLOSED, "ledger", _NOBODY),
    EventType.FEEDBACK_RECEIVED: Transition(_from(Status.CLOSED), None, "ledger", _REPORTER),
    EventType.RATING_APPEALED: Transition(_from(Status.CLOSED), None, "ledger", _OFFICER | _DISPATCHER),
    EventType.APPEAL_DECIDED: Transition(_EXISTING, None, "ledger", _SUPERVISOR),
    EventType.REOPENED: Transition(_from(Status.CLOSED), Status.ASSIGNED, "ledger", _REPORTER | _SUPERVISOR),
    # the ledger asks and decides by what it has heard; the work may be further on when others hear of it
    EventType.ENDING_REQUESTED: Transition(
        _EXISTING, None, "ledger", _DISPATCHER | _INSPECTOR | {Role.OPERATOR, Role.SUPERVISOR}
    ),
    EventType.ENDING_DECIDED: Transition(_EXISTING, None, "ledger", _SUPERVISOR),
    EventType.FORCE_CLOSED: Transition(_NOT_ENDED, Status.CLOSED, "ledger", _NOBODY),
    EventType.VOIDED: Transition(_NOT_ENDED, Status.VOIDED, "ledger", _NOBODY),
    EventType.EXCLUDED: Transition(_EXISTING, None, "ledger", _SUPERVISOR),
    EventType.RELEASE_REQUESTED: Transition(_EXISTING, None, "intake", _REPORTER),
    # transferred: only for an ending that the ledger has decided
    EventType.RELEASED: Transition(_OPEN_WORK | _from(Status.TRANSFERRED), None, "dispatch", _NOBODY),
    EventType.RELEASE_REFUSED: Transition(_EXISTING, None, "dispatch", _NOBODY),
    # from merged: its reporter takes back their own, and the master goes on
    EventType.WITHDRAWN: Transition(_OPEN_WORK | _from(Status.MERGED), Status.WITHDRAWN, "intake", _REPORTER),
    # once a unit has accepted it, it is a case: whoever finds that it is none returns it, or asks for its voiding
    EventType.REJECTED: Transition(_from(Status.RECEIVED, Status.ASSIGNED), Status.REJECTED, "intake", _OPERATOR),
    EventType.MERGED: Transition(_from(Status.RECEIVED, Status.ASSIGNED), Status.MERGED, "intake", _OPERATOR),
    # an operator's wish, or its master has ended without being handled; dispatch sends it on anew
    EventType.UNMERGED: Transition(_from(Status.MERGED), Status.RECEIVED, "intake", _OPERATOR),
    # intake takes these while the complaint is open as far as it has heard; the work may be further on
    EventType.SUPPLEMENTED: Transition(_EXISTING, None, "intake", _REPORTER),
    EventType.QUESTION_ASKED: Transition(
        _EXISTING, None, "intake", _OFFICER | _DISPATCHER | {Role.OPERATOR, Role.SUPERVISOR}
    ),
    EventType.QUESTION_ANSWERED: Transition(_EXISTING, None, "intake", _REPORTER),
    EventType.QUESTION_LAPSED: Transition(_EXISTING, None, "intake", _NOBODY),
    # intake decides by what it has heard; the work may be further on when others hear of it
    EventType.LOCATED: Transition(_EXISTING, None, "intake", _OPERATOR | _DISPATCHER),
    # intake corrects what has not ended there; it may have elsewhere, and the correction counts all the same
    EventType.RECLASSIFIED: Transition(_EXISTING, None, "intake", _DISPATCHER | _OPERATOR),
    # intake holds no longer what it has suspected; the duty desk, where it waited, may have acted by then
    EventType.CLEARED: Transition(_EXISTING, None, "intake", _OPERATOR | _APPROVERS),
    # intake has looked for the photos that somebody named; the work may be further on by then
    EventType.PHOTOS_CHECKED: Transition(_EXISTING, None, "intake", _NOBODY),
    # at the reporter's wish, or by a rule once the time for keeping is over
    EventType.ERASED: Transition(_EXISTING, None, "intake", _SUPERVISOR | {Role.ADMIN}),
}

RELEASE_ENDINGS: Mapping[str, EventType] = {
    "withdrawn": EventType.WITHDRAWN,
    "rejected": EventType.REJECTED,
    "merged": EventType.MERGED,
}
"""What intake asks dispatch to let go of a complaint for, each with the event that ends it then."""


class IllegalTransition(ValueError):
    """`event` may not follow `status`."""

    def __init__(self, status: Status | None, event: EventType) -> None:
        """Name both, so that a log line or a parked message explains itself."""
        super().__init__(f"{event} may not follow {status or 'nothing'}")
        self.status = status
        self.event = event

    @property
    def is_early(self) -> bool:
        """Whether every state that the event may follow is still to come: then something between them is missing."""
        way = (None, *Status)
        return all(way.index(source) > way.index(self.status) for source in TRANSITIONS[self.event].sources)


def next_status(status: Status | None, event: EventType) -> Status:
    """Return the state after `event`; raise IllegalTransition where the table has no such line."""
    transition = TRANSITIONS[event]
    if status not in transition.sources:
        raise IllegalTransition(status, event)
    target = transition.target or status
    assert target is not None  # noqa: S101 - a line without a target never starts from nothing
    return target
