"""What entered events make of follow-up tasks: those that they ask for, what they say of them, and which are over.

It follows from the events and the rules alone: a ledger that reads the topic again comes to the same tasks.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import NamedTuple, cast
from uuid import UUID, uuid5

from contracts.closing_events import FollowUpOutcome
from contracts.envelope import Event
from contracts.events import FollowedUp
from contracts.lifecycle import EventType, Status
from ledger_service.domain.closing import is_uncalled
from ledger_service.domain.closing_rules import DEFAULT, Gate, Rule, RuleBook
from ledger_service.domain.complaint import Complaint
from ledger_service.domain.follow_ups import Kind, State
from ledger_service.domain.words import is_bad

_CALL, _REVIEW = "follow_up", "review"


class NewTask(NamedTuple):
    """A task that an event asks for."""

    tenant: str
    id: UUID
    complaint_id: UUID
    round: int
    kind: Kind
    created_at: datetime
    due_at: datetime
    most_attempts: int


class Called(NamedTuple):
    """What the newest call of a task says of it; the task was made by hand where it is not known."""

    tenant: str
    id: UUID
    complaint_id: UUID
    round: int
    kind: Kind
    attempt: int
    outcome: FollowUpOutcome
    state: State
    at: datetime
    most_attempts: int


class Over(NamedTuple):
    """The tasks of a round, of one kind or of all, that nobody needs any more."""

    tenant: str
    complaint_id: UUID
    round: int
    kind: Kind | None
    at: datetime


class Changes:
    """Gathers what the events of a slice make of tasks, and gives rounds the rules that they go by."""

    def __init__(self, books: Mapping[str, RuleBook], *, holds: bool = False) -> None:
        """`books` has the tenants that have put rules.

        Where nothing follows by rule (it `holds`), a call that was made may stand further behind on the topic.
        """
        self._books = books
        self._holds = holds
        self._follow = _WITH_RULES if books else _WITHOUT_RULES
        self.made: list[NewTask] = []
        self.called: dict[UUID, Called] = {}
        self.over: list[Over] = []

    def rule_of(self, complaint: Complaint) -> Rule:
        """Return what the complaint's present round goes by."""
        book = self._books.get(complaint.tenant)
        return (
            DEFAULT
            if book is None
            else book.rule(complaint.closing_version, complaint.category, complaint.source or "")
        )

    def note(self, complaint: Complaint, event: Event) -> None:
        """Take account of an event that `complaint` has just entered."""
        follow = self._follow.get(event.type)
        if follow is not None:
            follow(self, complaint, event)

    def begin_round(self, complaint: Complaint, event: Event) -> None:
        """Keep which version of the rules the round goes by; tasks of the one before are over."""
        book = self._books.get(complaint.tenant)
        complaint.closing_version = 0 if book is None else book.version_at(event.time)
        if event.type is not EventType.RECEIVED:
            self._drop(complaint, event, complaint.round - 1)

    def end(self, complaint: Complaint, event: Event) -> None:
        """Drop what is left of a complaint that was voided or closed by force."""
        self._drop(complaint, event, complaint.round)

    def verified(self, complaint: Complaint, event: Event) -> None:
        """Have the reporter called where that is a gate."""
        if Gate.FOLLOW_UP in self.rule_of(complaint).gates:
            self.call_first(complaint, event)

    def call_first(self, complaint: Complaint, event: Event) -> None:
        """Have the reporter called before the closing, about what `event` has verified."""
        self._call(complaint, event, self.rule_of(complaint), Kind.GATE)

    def reclassified(self, complaint: Complaint, event: Event) -> None:
        """Drop the call before the closing where the other category does not want it: then it is closed."""
        if not self._holds and is_uncalled(complaint, self.rule_of(complaint)):
            self._drop(complaint, event, complaint.round, Kind.GATE)

    def closed(self, complaint: Complaint, event: Event) -> None:
        """Have some reporters called; look at what was said at the gate."""
        rule = self.rule_of(complaint)
        share = rule.calls.sampled_percent
        if share and uuid5(event.id, _CALL).int % 100 < share:
            self._call(complaint, event, rule, Kind.SAMPLE)
        self._review(complaint, event, rule)

    def rated(self, complaint: Complaint, event: Event) -> None:
        """Leave out a call that only a sample wanted; look at a bad word."""
        rule = self.rule_of(complaint)
        if rule.calls.sampled_percent:
            self._drop(complaint, event, complaint.round, Kind.SAMPLE)
        self._review(complaint, event, rule)

    def followed_up(self, complaint: Complaint, event: Event) -> None:
        """Note a call at its task; look at a bad word."""
        data = cast(FollowedUp, event.data)
        rule, is_gate = self.rule_of(complaint), complaint.status is Status.VERIFIED
        state = State.DONE if data.done else State.OPEN
        if is_gate and data.done and data.outcome != "reached" and rule.calls.unreachable == "supervisor":
            state = State.SUPERVISOR
        self.called[data.task] = Called(
            complaint.tenant,
            data.task,
            complaint.id,
            complaint.round,
            Kind.GATE if is_gate else Kind.MANUAL,
            data.attempt,
            data.outcome,
            state,
            event.time,
            rule.calls.attempts,
        )
        if not is_gate and data.satisfaction is not None and data.solved is not None:
            self.rated(complaint, event)

    def _call(self, complaint: Complaint, event: Event, rule: Rule, kind: Kind) -> None:
        due = event.time + timedelta(hours=rule.calls.due_hours)
        self._make(complaint, event, kind, uuid5(event.id, _CALL), due, rule.calls.attempts)

    def _review(self, complaint: Complaint, event: Event, rule: Rule) -> None:
        if rule.after_bad_word == "review" and is_bad(complaint.satisfaction, complaint.solved):
            due = event.time + timedelta(hours=rule.review_hours)
            self._make(complaint, event, Kind.REVIEW, uuid5(event.id, _REVIEW), due, 0)

    def _make(self, complaint: Complaint, event: Event, kind: Kind, task_id: UUID, due: datetime, most: int) -> None:
        task = NewTask(complaint.tenant, task_id, complaint.id, complaint.round, kind, event.time, due, most)
        self.made.append(task)

    def _drop(self, complaint: Complaint, event: Event, number: int, kind: Kind | None = None) -> None:
        self.over.append(Over(complaint.tenant, complaint.id, number, kind, event.time))


_Follow = Callable[[Changes, Complaint, Event], None]
_WITHOUT_RULES: Mapping[EventType, _Follow] = {
    EventType.FOLLOWED_UP: Changes.followed_up,
    EventType.REWORK_ORDERED: Changes.begin_round,
    EventType.REOPENED: Changes.begin_round,
    EventType.FORCE_CLOSED: Changes.end,
    EventType.VOIDED: Changes.end,
}
"""Only tasks that were made by hand may be there."""
_WITH_RULES: Mapping[EventType, _Follow] = {
    **_WITHOUT_RULES,
    EventType.RECEIVED: Changes.begin_round,
    EventType.VERIFIED: Changes.verified,
    EventType.RECLASSIFIED: Changes.reclassified,
    EventType.CLOSED: Changes.closed,
    EventType.FEEDBACK_RECEIVED: Changes.rated,
}
