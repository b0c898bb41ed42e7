"""What each event changes in the facts about its complaint."""

from collections.abc import Callable, Mapping
from typing import cast

from contracts.envelope import Event
from contracts.events import (
    AppealDecided,
    ComplaintAccepted,
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
    RatingAppealed,
    ReworkOrdered,
)
from contracts.lifecycle import EventType
from ledger_service.domain import deeds
from ledger_service.domain.facts import ANSWERED, Exclusion, Facts


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


def _accepted(facts: Facts, event: Event) -> None:
    data = cast(ComplaintAccepted, event.data)
    facts.officer = data.actor
    facts.accepted_at = data.accepted_at or event.time


def _started(facts: Facts, event: Event) -> None:
    data = cast(ComplaintStarted, event.data)
    facts.officer = data.actor
    if facts.started_at is None:
        facts.started_at = data.started_at


def _returned(facts: Facts, event: Event) -> None:
    """Count the return; where it is taken back from a department, that is none."""
    if facts.transferred_at is None:
        facts.returns += 1
    else:
        deeds.recall(facts, event)


def _transferred(facts: Facts, event: Event) -> None:
    facts.department = cast(ComplaintTransferred, event.data).department
    deeds.hand_over(facts, event)


def _extended(facts: Facts, event: Event) -> None:
    _promise(facts, cast(ComplaintExtended, event.data))
    facts.extensions += 1


def _rescheduled(facts: Facts, event: Event) -> None:
    _promise(facts, cast(ComplaintRescheduled, event.data))


def _suspended(facts: Facts, event: Event) -> None:
    facts.suspended_at, facts.waiting_since = facts.waiting_since or event.time, None
    _promise(facts, cast(ComplaintSuspended, event.data))


def _resumed(facts: Facts, event: Event) -> None:
    facts.suspended_at = None
    _promise(facts, cast(ComplaintResumed, event.data))


def _asked(facts: Facts, event: Event) -> None:
    if facts.waiting_since is None and _runs(facts):
        facts.waiting_since = event.time


def _answered(facts: Facts, _: Event) -> None:
    """Let the clock run again; by when it is promised then, dispatch says."""
    if _runs(facts):
        facts.waiting_since = None


def _unmerged(facts: Facts, _: Event) -> None:
    """Let the clock run: a question ended with the merge."""
    facts.waiting_since = None


def _runs(facts: Facts) -> bool:
    return facts.suspended_at is None and facts.resolved_at is None and facts.closed_at is None


def _escalated(facts: Facts, event: Event) -> None:
    _promise(facts, cast(ComplaintEscalated, event.data))
    deeds.give_order(facts, event)


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
    facts.resolved_at = data.resolved_at or event.time
    if facts.department is None:
        facts.officer = data.actor
    else:
        deeds.answer(facts, event, facts.resolved_at)


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
    facts.promised_at = facts.warn_at = facts.accepted_at = facts.suspended_at = facts.waiting_since = None
    facts.resolved_at = facts.verified_at = facts.closed_at = facts.transferred_at = None
    facts.satisfaction = facts.solved = facts.follow_up = facts.asked_at = facts.rating = facts.appeal = None
    facts.is_struck = facts.is_forced = False
    facts.photos_asked = None


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


def _located(facts: Facts, event: Event) -> None:
    data = cast(ComplaintLocated, event.data)
    facts.community = data.community
    facts.grid = data.grid


def _photos_asked(facts: Facts, event: Event) -> None:
    facts.photos_asked = event.id


def _photos_checked(facts: Facts, event: Event) -> None:
    if facts.photos_asked is not None and event.causation_id == facts.photos_asked:
        facts.photos_asked = ANSWERED


def _reclassified(facts: Facts, event: Event) -> None:
    facts.category = cast(ComplaintReclassified, event.data).category


CHANGES: Mapping[EventType, Callable[[Facts, Event], None]] = {
    EventType.RECEIVED: _received,
    EventType.ASSIGNED: _assigned,
    EventType.ACCEPTED: _accepted,
    EventType.STARTED: _started,
    EventType.CONTRIBUTED: deeds.contribute,
    EventType.RETURNED: _returned,
    EventType.TRANSFERRED: _transferred,
    EventType.EXTENDED: _extended,
    EventType.RESCHEDULED: _rescheduled,
    EventType.SUSPENDED: _suspended,
    EventType.RESUMED: _resumed,
    EventType.ESCALATED: _escalated,
    EventType.ORDER_REPLIED: deeds.reply_to_order,
    EventType.ORDER_MISSED: deeds.miss_order,
    EventType.ORDER_WITHDRAWN: deeds.withdraw_order,
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
    EventType.LOCATED: _located,
    EventType.RECLASSIFIED: _reclassified,
    EventType.PHOTOS_ASKED: _photos_asked,
    EventType.PHOTOS_CHECKED: _photos_checked,
    EventType.QUESTION_ASKED: _asked,
    EventType.QUESTION_ANSWERED: _answered,
    EventType.QUESTION_LAPSED: _answered,
    EventType.UNMERGED: _unmerged,
}
"""What each event changes; the others change the state alone."""
USUAL = frozenset({EventType.RECEIVED, EventType.ASSIGNED, EventType.ACCEPTED, EventType.STARTED, EventType.RESOLVED})
"""The events of the usual way to a result; the facts before `suspended_at` are all that they change."""
