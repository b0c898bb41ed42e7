"""Appeals 申诉: the unit finds the reporter's rating unjust, and a supervisor decides.

An upheld appeal takes the rating out of the figures. What the reporter said stays in its entry.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import cast
from uuid import UUID

from contracts.closing_events import AppealDecided, RatingAppealed
from contracts.envelope import Event
from contracts.lifecycle import EventType, next_status
from ledger_service.domain.closing import Occasion, act
from ledger_service.domain.complaint import Complaint
from ledger_service.domain.errors import (
    AppealExists,
    AppealNotPending,
    AppealNotYours,
    AppealTooLate,
    DeciderAsked,
    RatingMissing,
)


class AppealState(StrEnum):
    """How an appeal stands."""

    PENDING = "pending"
    UPHELD = "upheld"
    REJECTED = "rejected"
    LAPSED = "lapsed"
    """Another round has begun: the rating is history already."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Appeal:
    """An appeal, by the event that made it, and what became of it."""

    tenant: str
    id: UUID
    complaint_id: UUID
    rating: UUID
    reason: str
    appealed_by: str
    appealed_at: datetime
    state: AppealState = AppealState.PENDING
    decided_by: str | None = None
    decided_at: datetime | None = None
    decision_reason: str | None = None


def appeal(
    complaint: Complaint, occasion: Occasion, *, actor: str, reason: str, only_worker: bool, window: timedelta
) -> Event:
    """Return the event of an appeal against the reporter's last word.

    Raises IllegalTransition unless the complaint is closed, RatingMissing where it is not rated, AppealExists,
    AppealNotYours where `only_worker` may appeal and the actor has not resolved it, and AppealTooLate once `window` is
    over since the rating.
    """
    next_status(complaint.status, EventType.RATING_APPEALED)
    if complaint.rating is None or complaint.asked_at is None:
        raise RatingMissing
    if complaint.appeal is not None:
        raise AppealExists
    if only_worker and actor != complaint.worker:
        raise AppealNotYours
    if occasion.at > complaint.asked_at + window:
        raise AppealTooLate(complaint.asked_at + window)
    data = RatingAppealed(actor=actor, reason=reason, rating=complaint.rating)
    return act(complaint, EventType.RATING_APPEALED, data, occasion)


def decide(
    complaint: Complaint, made: Appeal | None, occasion: Occasion, *, actor: str, upheld: bool, reason: str
) -> Event:
    """Return the event of a decision.

    Raises AppealNotPending unless the appeal waits for it, DeciderAsked where whoever appealed decides.
    """
    if made is None or made.state is not AppealState.PENDING:
        raise AppealNotPending
    if made.appealed_by == actor:
        raise DeciderAsked
    data = AppealDecided(actor=actor, appeal=made.id, upheld=upheld, reason=reason)
    return act(complaint, EventType.APPEAL_DECIDED, data, occasion)


def made(event: Event) -> Appeal:
    """Return the appeal that a `rating_appealed` makes."""
    data = cast(RatingAppealed, event.data)
    return Appeal(
        tenant=event.tenant,
        id=event.id,
        complaint_id=event.subject,
        rating=data.rating,
        reason=data.reason,
        appealed_by=data.actor,
        appealed_at=event.time,
    )


def settle(pending: Appeal, event: Event) -> Appeal:
    """Return a pending appeal as it is after an event of its complaint."""
    if event.type is EventType.REOPENED:
        return replace(pending, state=AppealState.LAPSED)
    if event.type is EventType.APPEAL_DECIDED:
        data = cast(AppealDecided, event.data)
        if data.appeal == pending.id:
            return replace(
                pending,
                state=AppealState.UPHELD if data.upheld else AppealState.REJECTED,
                decided_by=data.actor,
                decided_at=event.time,
                decision_reason=data.reason,
            )
    return pending
