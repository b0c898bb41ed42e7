"""How a complaint ends: somebody else finds the result good, every gate is passed, the reporter has the last word.

Or does not end: a result that is not good, and a reporter who is not satisfied, mean another round of work.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast
from uuid import UUID

from contracts.envelope import Event
from contracts.events import (
    ComplaintClosed,
    ComplaintReopened,
    ComplaintResolved,
    ComplaintVerified,
    FeedbackReceived,
    Payload,
    PhotosAsked,
    PhotosChecked,
    ReworkOrdered,
)
from contracts.ids import derived_id
from contracts.lifecycle import EventType, Status, next_status
from ledger_service.domain.closing_rules import DEFAULT, Gate, Rule
from ledger_service.domain.complaint import Complaint
from ledger_service.domain.errors import FeedbackExists, ReopeningTooLate, VerifierIsWorker
from ledger_service.domain.facts import ANSWERED

RULE_ACTOR = "rule"
"""Who acts where nobody has to."""


@dataclass(frozen=True)
class Occasion:
    """When an action takes place, the trace it belongs to, and where new event ids come from."""

    at: datetime
    traceparent: str | None
    new_id: Callable[[], UUID]


def verify(
    complaint: Complaint, data: ComplaintVerified, occasion: Occasion, rule: Rule = DEFAULT
) -> tuple[Event, ...]:
    """Return the events of a passed verification: verified and, unless the reporter has to be called first, closed.

    Raises IllegalTransition unless the complaint is resolved, VerifierIsWorker where the two are one person.
    """
    next_status(complaint.status, EventType.VERIFIED)
    if data.actor == complaint.worker:
        raise VerifierIsWorker
    verified = act(complaint, EventType.VERIFIED, data, occasion)
    return verified, *_closed_unless_called(verified, rule, occasion.new_id())


def verify_by_rule(complaint: Complaint, resolved: Event, rule: Rule = DEFAULT) -> tuple[Event, ...]:
    """Return the events of a verification that follows from `resolved` by itself; none where somebody has to look.

    Where it needs photos, that is only the question whether they are there. All follows from it alone, ids and times as
    well: a ledger that was restored from a backup makes the same again.
    """
    said = cast(ComplaintResolved, resolved.data)
    waits = complaint.status is Status.RESOLVED and complaint.photos_asked is None
    if not waits or not rule.is_verified_by_rule(self_handled=said.self_handled):
        return ()
    if said.photos and said.photos_needed:
        return (_by_rule(complaint, resolved, EventType.PHOTOS_ASKED, PhotosAsked(photos=said.photos)),)
    return _verified_by_rule(complaint, resolved, rule)


def verify_checked(complaint: Complaint, checked: Event, rule: Rule = DEFAULT) -> tuple[Event, ...]:
    """Return the events of a verification that has waited for photos, once intake has them all; none otherwise.

    It waits only where intake was asked for them in this round. What is not there may come later. As long as it does
    not, somebody has to look.
    """
    waits = complaint.status is Status.RESOLVED and rule.is_verified_by_rule(self_handled=complaint.self_handled)
    if not waits or complaint.photos_asked != ANSWERED or cast(PhotosChecked, checked.data).unknown:
        return ()
    return _verified_by_rule(complaint, checked, rule)


def close_uncalled(complaint: Complaint, reclassified: Event, rule: Rule = DEFAULT) -> tuple[Event, ...]:
    """Return the closing of what has waited for a call that its new category does not want; none otherwise."""
    if not is_uncalled(complaint, rule):
        return ()
    return (_by_rule(complaint, reclassified, EventType.CLOSED, ComplaintClosed(gates=rule.gates)),)


def is_uncalled(complaint: Complaint, rule: Rule) -> bool:
    """Say whether it is verified, and nobody has to be called before the closing."""
    return complaint.status is Status.VERIFIED and Gate.FOLLOW_UP not in rule.gates


def _verified_by_rule(complaint: Complaint, cause: Event, rule: Rule) -> tuple[Event, ...]:
    verified = _by_rule(complaint, cause, EventType.VERIFIED, ComplaintVerified(actor=RULE_ACTOR, method="rule"))
    return verified, *_closed_unless_called(verified, rule, derived_id(cause.id, EventType.CLOSED))


def _by_rule(complaint: Complaint, cause: Event, event_type: EventType, data: Payload) -> Event:
    occasion = Occasion(cause.time, cause.traceparent, lambda: derived_id(cause.id, event_type))
    event = act(complaint, event_type, data, occasion)
    return event._replace(correlation_id=cause.correlation_id, causation_id=cause.id)


def order_rework(complaint: Complaint, data: ReworkOrdered, occasion: Occasion) -> Event:
    """Return the event of a failed verification 返工: the unit has another round.

    Raises IllegalTransition where no result waits for its closing, VerifierIsWorker where the two are one person.
    """
    next_status(complaint.status, EventType.REWORK_ORDERED)
    if data.actor == complaint.worker:
        raise VerifierIsWorker
    return act(complaint, EventType.REWORK_ORDERED, data, occasion)


def reopen(complaint: Complaint, occasion: Occasion, *, actor: str, reason: str, window: timedelta) -> Event:
    """Return the event of a reopening 重办: the unit has another round.

    Raises IllegalTransition unless the complaint is closed, ReopeningTooLate once `window` is over since then.
    """
    next_status(complaint.status, EventType.REOPENED)
    if complaint.closed_at is not None and occasion.at > complaint.closed_at + window:
        raise ReopeningTooLate(complaint.closed_at + window)
    data = ComplaintReopened(actor=actor, reason=reason, round=complaint.round + 1)
    return act(complaint, EventType.REOPENED, data, occasion)


def give_feedback(complaint: Complaint, data: FeedbackReceived, occasion: Occasion) -> Event:
    """Return the event of the reporter's word.

    Raises IllegalTransition unless the complaint is closed, FeedbackExists where the word was given before.
    """
    next_status(complaint.status, EventType.FEEDBACK_RECEIVED)
    if complaint.satisfaction is not None:
        raise FeedbackExists
    return act(complaint, EventType.FEEDBACK_RECEIVED, data, occasion)


def close(cause: Event, rule: Rule, event_id: UUID) -> Event:
    """Return the closing that follows from `cause` 结案: every gate of `rule` is passed."""
    return then(cause, EventType.CLOSED, ComplaintClosed(gates=rule.gates), event_id)


def then(cause: Event, event_type: EventType, data: Payload, event_id: UUID) -> Event:
    """Return the ledger's next event after `cause`, its own as well, from which it follows at the same moment."""
    return cause._replace(id=event_id, type=event_type, sequence=cause.sequence + 1, causation_id=cause.id, data=data)


def act(complaint: Complaint, event_type: EventType, data: Payload, occasion: Occasion) -> Event:
    """Return the ledger's next event about `complaint`."""
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


def _closed_unless_called(verified: Event, rule: Rule, event_id: UUID) -> tuple[Event, ...]:
    return () if Gate.FOLLOW_UP in rule.gates else (close(verified, rule, event_id),)
