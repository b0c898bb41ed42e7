"""What events say of a complaint: the facts that lists, ledgers and figures are made of."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import IntFlag
from typing import cast
from uuid import UUID

from contracts.envelope import Event
from contracts.events import (
    Acted,
    AppealDecided,
    ComplaintAssigned,
    ComplaintEscalated,
    ComplaintExcluded,
    ComplaintExtended,
    ComplaintLocated,
    ComplaintReceived,
    ComplaintReclassified,
    ComplaintReopened,
    ComplaintRescheduled,
    ComplaintResolved,
    ComplaintResumed,
    ComplaintStarted,
    ComplaintSuspended,
    ComplaintTransferred,
    FeedbackReceived,
    FollowedUp,
    HandlingMode,
    RatingAppealed,
    ReworkOrdered,
    Satisfaction,
)
from contracts.lifecycle import EventType


class Exclusion(IntFlag):
    """剔除: the figures that a complaint is taken out of; each is switched by itself."""

    TIMELINESS = 1
    SATISFACTION = 2
    ALL = 4


@dataclass(slots=True)
class Facts:
    """What all events so far come to. Another round begins without the result and the word of the one before."""

    owner: str | None = None
    source: str | None = None
    category: str | None = None
    received_at: datetime | None = None
    occurred_at: datetime | None = None
    round: int = 1
    community: str | None = None
    grid: str | None = None
    team: str | None = None
    team_name: str | None = None
    officer: str | None = None
    """Who works on it, or did last: chosen with the team, accepted it, was on site or resolved it."""
    worker: str | None = None
    """Who resolved it last."""
    department: str | None = None
    """Which other department has taken it on; None once it is assigned to a team of ours again."""
    handling_mode: HandlingMode | None = None
    """Of the last result."""
    self_handled: bool = False
    first_assigned_at: datetime | None = None
    promised_at: datetime | None = None
    """None in a new round until dispatch has named a time for it."""
    warn_at: datetime | None = None
    """When its light turns yellow; None where no event has said it."""
    accepted_at: datetime | None = None
    """When the team that it is with took it on."""
    started_at: datetime | None = None
    """When an officer was on site for the first time, by the officer's word."""
    resolved_at: datetime | None = None
    facts_version: int = 0
    """How many entries the facts are made of: all, unless a release that did not know them entered some."""
    suspended_at: datetime | None = None
    """Since when its clock stands still; None where it runs."""
    verified_at: datetime | None = None
    closed_at: datetime | None = None
    first_closed_at: datetime | None = None
    is_forced: bool = False
    """Closed by force 强制结案."""
    returns: int = 0
    extensions: int = 0
    reworks: int = 0
    reopenings: int = 0
    satisfaction: Satisfaction | None = None
    """The reporter's word, however it came."""
    solved: bool | None = None
    follow_up: str | None = None
    """The outcome of the follow-up call that was the last of its task."""
    asked_at: datetime | None = None
    """When the reporter had the word last, or should have had: the feedback, or the end of the calls."""
    rating: UUID | None = None
    """The event that brought the word."""
    appeal: UUID | None = None
    """The event that appealed against it."""
    is_struck: bool = False
    """The appeal was upheld: the word counts in no figure."""
    exclusions: int = 0
    """Flags of Exclusion."""
    received: ComplaintReceived | None = None
    """Set by the event that makes the complaint known; one that is read back from the store does not carry it."""


def _received(facts: Facts, event: Event) -> None:
    data = cast(ComplaintReceived, event.data)
    facts.received = data
    facts.owner = data.owner
    facts.source = data.source
    facts.category = data.category
    facts.received_at = data.received_at
    facts.occurred_at = data.occurred_at


def _assigned(facts: Facts, event: Event) -> None:
    data = cast(ComplaintAssigned, event.data)
    facts.round = data.round
    facts.community = data.community
    facts.grid = data.grid
    facts.team = data.team
    facts.team_name = data.team_name
    facts.officer = data.officer
    facts.promised_at = data.promised_at
    facts.warn_at = data.warn_at
    facts.department = facts.accepted_at = None
    if facts.first_assigned_at is None:
        facts.first_assigned_at = event.time


def _located(facts: Facts, event: Event) -> None:
    data = cast(ComplaintLocated, event.data)
    facts.community = data.community
    facts.grid = data.grid


def _accepted(facts: Facts, event: Event) -> None:
    facts.officer = cast(Acted, event.data).actor
    facts.accepted_at = event.time


def _started(facts: Facts, event: Event) -> None:
    data = cast(ComplaintStarted, event.data)
    facts.officer = data.actor
    if facts.started_at is None:
        facts.started_at = data.started_at


def _returned(facts: Facts, _: Event) -> None:
    facts.returns += 1


def _transferred(facts: Facts, event: Event) -> None:
    facts.department = cast(ComplaintTransferred, event.data).department


def _extended(facts: Facts, event: Event) -> None:
    _promise(facts, cast(ComplaintExtended, event.data))
    facts.extensions += 1


def _rescheduled(facts: Facts, event: Event) -> None:
    _promise(facts, cast(ComplaintRescheduled, event.data))


def _suspended(facts: Facts, event: Event) -> None:
    facts.suspended_at = event.time
    _promise(facts, cast(ComplaintSuspended, event.data))


def _resumed(facts: Facts, event: Event) -> None:
    facts.suspended_at = None
    _promise(facts, cast(ComplaintResumed, event.data))


def _escalated(facts: Facts, event: Event) -> None:
    _promise(facts, cast(ComplaintEscalated, event.data))


_Promising = ComplaintExtended | ComplaintSuspended | ComplaintResumed | ComplaintEscalated | ComplaintRescheduled


def _promise(facts: Facts, data: _Promising) -> None:
    """Take over what is promised now."""
    if data.promised_at is not None:
        facts.promised_at = data.promised_at
        facts.warn_at = data.warn_at


def _resolved(facts: Facts, event: Event) -> None:
    data = cast(ComplaintResolved, event.data)
    facts.worker = data.actor
    facts.handling_mode = data.handling_mode
    facts.self_handled = data.self_handled
    facts.resolved_at = event.time
    if facts.department is None:
        facts.officer = data.actor


def _verified(facts: Facts, event: Event) -> None:
    facts.verified_at = event.time


def _rework_ordered(facts: Facts, event: Event) -> None:
    facts.reworks += 1
    _begin_round(facts, cast(ReworkOrdered, event.data).round)


def _reopened(facts: Facts, event: Event) -> None:
    facts.reopenings += 1
    _begin_round(facts, cast(ComplaintReopened, event.data).round)


def _begin_round(facts: Facts, number: int) -> None:
    """Forget the promise, the result and what the reporter said of it: they stay in their entries."""
    facts.round = number
    facts.promised_at = facts.warn_at = facts.accepted_at = None
    facts.resolved_at = facts.verified_at = facts.closed_at = None
    facts.satisfaction = facts.solved = facts.follow_up = facts.asked_at = facts.rating = facts.appeal = None
    facts.is_struck = facts.is_forced = False


def _closed(facts: Facts, event: Event) -> None:
    facts.closed_at = event.time
    if facts.first_closed_at is None:
        facts.first_closed_at = event.time


def _force_closed(facts: Facts, event: Event) -> None:
    facts.is_forced = True
    _closed(facts, event)


def _rated(facts: Facts, event: Event) -> None:
    data = cast(FeedbackReceived | FollowedUp, event.data)
    facts.satisfaction = data.satisfaction
    facts.solved = data.solved
    facts.asked_at = event.time
    facts.rating = event.id
    facts.appeal = None
    facts.is_struck = False


def _followed_up(facts: Facts, event: Event) -> None:
    data = cast(FollowedUp, event.data)
    if data.satisfaction is not None or data.solved is not None:
        _rated(facts, event)
    if data.done:
        facts.follow_up = data.outcome
        facts.asked_at = facts.asked_at if facts.rating else event.time


def _appealed(facts: Facts, event: Event) -> None:
    if cast(RatingAppealed, event.data).rating == facts.rating:
        facts.appeal = event.id


def _appeal_decided(facts: Facts, event: Event) -> None:
    """Strike the word out, unless another round has made it history already."""
    data = cast(AppealDecided, event.data)
    if data.appeal == facts.appeal:
        facts.is_struck = data.upheld


def _excluded(facts: Facts, event: Event) -> None:
    data = cast(ComplaintExcluded, event.data)
    flag = Exclusion[data.indicators.upper()]
    facts.exclusions = int(facts.exclusions | flag if data.excluded else facts.exclusions & ~flag)


def _reclassified(facts: Facts, event: Event) -> None:
    facts.category = cast(ComplaintReclassified, event.data).category


CHANGES: Mapping[EventType, Callable[[Facts, Event], None]] = {
    EventType.RECEIVED: _received,
    EventType.ASSIGNED: _assigned,
    EventType.LOCATED: _located,
    EventType.ACCEPTED: _accepted,
    EventType.STARTED: _started,
    EventType.RETURNED: _returned,
    EventType.TRANSFERRED: _transferred,
    EventType.EXTENDED: _extended,
    EventType.RESCHEDULED: _rescheduled,
    EventType.SUSPENDED: _suspended,
    EventType.RESUMED: _resumed,
    EventType.ESCALATED: _escalated,
    EventType.RESOLVED: _resolved,
    EventType.VERIFIED: _verified,
    EventType.REWORK_ORDERED: _rework_ordered,
    EventType.CLOSED: _closed,
    EventType.FORCE_CLOSED: _force_closed,
    EventType.FEEDBACK_RECEIVED: _rated,
    EventType.FOLLOWED_UP: _followed_up,
    EventType.RATING_APPEALED: _appealed,
    EventType.APPEAL_DECIDED: _appeal_decided,
    EventType.REOPENED: _reopened,
    EventType.EXCLUDED: _excluded,
    EventType.RECLASSIFIED: _reclassified,
}
"""What each event changes; the others change the state alone."""
USUAL = frozenset({EventType.RECEIVED, EventType.ASSIGNED, EventType.ACCEPTED, EventType.STARTED, EventType.RESOLVED})
"""The events of the usual way to a result; the facts before `suspended_at` are all that they change."""
