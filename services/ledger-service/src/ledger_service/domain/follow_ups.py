"""Tasks about what reporters think of results: calls 回访, and reviews of bad words by a supervisor."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal
from uuid import UUID

from contracts.closing_events import FollowUpOutcome
from contracts.envelope import Event
from contracts.events import ComplaintClosed, FollowedUp, ReworkOrdered
from contracts.lifecycle import EventType, Status, next_status
from ledger_service.domain import calls
from ledger_service.domain.calls import HOPELESS, Call
from ledger_service.domain.closing import Occasion, act, close, order_rework, reopen, then
from ledger_service.domain.closing_rules import Rule
from ledger_service.domain.complaint import Complaint
from ledger_service.domain.errors import DecisionUnfitting, FeedbackExists, FollowUpClaimed, FollowUpOver
from ledger_service.domain.words import is_bad, reopened

LEASE = timedelta(minutes=30)
"""For so long a task is left to whoever has claimed it."""


class Kind(StrEnum):
    """Why there is a task."""

    GATE = "gate"
    """The reporter has to be called before the closing."""
    SAMPLE = "sample"
    """One of the closed complaints that are called."""
    MANUAL = "manual"
    """Somebody wants the reporter called."""
    REVIEW = "review"
    """The reporter's word was a bad one: a supervisor looks at it."""


class State(StrEnum):
    """How a task stands."""

    OPEN = "open"
    SUPERVISOR = "supervisor"
    """The reporter was not reached, and a supervisor decides about the gate."""
    DONE = "done"
    DROPPED = "dropped"
    """The round that it was about is over, or nobody needs the answer any more."""


LIVE = (State.OPEN, State.SUPERVISOR)
"""Somebody still has to do something."""
Decision = Literal["reopen", "leave", "close", "rework"]
"""Of a review: another round, or it stays closed. Of a gate: it passes all the same, or another round."""
_OF_REVIEW: tuple[Decision, ...] = ("reopen", "leave")
_OF_GATE: tuple[Decision, ...] = ("close", "rework")


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A task as an action finds it."""

    id: UUID
    complaint_id: UUID
    round: int
    kind: Kind
    state: State
    attempts: int
    most_attempts: int
    claimed_by: str | None
    claimed_until: datetime | None

    @property
    def decisions(self) -> tuple[Decision, ...]:
        """How it may be decided now; none where it takes calls."""
        if self.kind is Kind.REVIEW:
            return _OF_REVIEW
        return _OF_GATE if self.state is State.SUPERVISOR else ()

    def check_free(self, actor: str, now: datetime) -> None:
        """Raise FollowUpClaimed while somebody else has it."""
        if self.claimed_until is not None and self.claimed_until > now and self.claimed_by != actor:
            raise FollowUpClaimed(self.claimed_until)

    def ends_with(self, outcome: FollowUpOutcome) -> bool:
        """Say whether nobody calls again after the next call, if it goes so."""
        return outcome == "reached" or outcome in HOPELESS or self.attempts + 1 >= self.most_attempts


def call(
    complaint: Complaint, task: Task, said: Call, occasion: Occasion, *, rule: Rule, window: timedelta
) -> list[Event]:
    """Return the events of a call: that it was made, and what follows from its outcome.

    Before the closing, the complaint is closed or worked on again; afterwards what was said is the reporter's word.
    Raises FollowUpOver, FollowUpClaimed, BadCall, FeedbackExists, IllegalTransition.
    """
    if task.state is not State.OPEN or task.kind is Kind.REVIEW or task.round != complaint.round:
        raise FollowUpOver
    task.check_free(said.actor, occasion.at)
    next_status(complaint.status, EventType.FOLLOWED_UP)
    is_gate = complaint.status is Status.VERIFIED
    done = task.ends_with(said.outcome)
    calls.check(said, rule.calls.script, is_gate=is_gate, is_last=done, now=occasion.at)
    if said.is_word and complaint.satisfaction is not None:
        raise FeedbackExists
    data = FollowedUp(
        actor=said.actor,
        task=task.id,
        attempt=task.attempts + 1,
        outcome=said.outcome,
        satisfaction=said.satisfaction,
        solved=said.solved,
        answers=said.answers or None,
        note=said.note,
        done=done,
    )
    followed = act(complaint, EventType.FOLLOWED_UP, data, occasion)
    if is_gate:
        return [followed, *_after_gate(complaint, followed, data, rule, window)]
    is_unhappy = said.is_word and is_bad(said.satisfaction, said.solved)
    return [followed, *(reopened(complaint, followed, said.note, rule, window) if is_unhappy else ())]


def _after_gate(
    complaint: Complaint, followed: Event, data: FollowedUp, rule: Rule, window: timedelta
) -> Sequence[Event]:
    if data.solved is False:
        reason = data.note or ""
        rework = ReworkOrdered(actor=data.actor, method="call", reason=reason, round=complaint.round + 1)
        return [then(followed, EventType.REWORK_ORDERED, rework)]
    if not data.done or (data.outcome != "reached" and rule.calls.unreachable == "supervisor"):
        return []
    closed = close(followed, rule)
    is_unhappy = is_bad(data.satisfaction, data.solved)
    return [closed, *(reopened(complaint, closed, data.note, rule, window) if is_unhappy else ())]


def decide(
    complaint: Complaint,
    task: Task,
    occasion: Occasion,
    *,
    decision: Decision,
    actor: str,
    reason: str,
    rule: Rule,
    window: timedelta,
) -> list[Event]:
    """Return the events of a supervisor's decision; none where a bad word is left as it is.

    Raises FollowUpOver, FollowUpClaimed, DecisionUnfitting, IllegalTransition, ReopeningTooLate.
    """
    if task.state not in LIVE or task.round != complaint.round:
        raise FollowUpOver
    if decision not in task.decisions:
        raise DecisionUnfitting(task.decisions)
    task.check_free(actor, occasion.at)
    match decision:
        case "reopen":
            return [reopen(complaint, occasion, actor=actor, reason=reason, window=window)]
        case "rework":
            rework = ReworkOrdered(actor=actor, method="call", reason=reason, round=complaint.round + 1)
            return [order_rework(complaint, rework, occasion)]
        case "close":
            next_status(complaint.status, EventType.CLOSED)
            return [act(complaint, EventType.CLOSED, ComplaintClosed(gates=rule.gates), occasion)]
        case "leave":
            return []
