"""Voiding 作废 and forced closing 强制结案: asked for with a reason, decided by a supervisor who has not asked.

What is handled the ledger ends at once. Before that dispatch has the work, and is asked to let go of it: its answer
ends the complaint, or comes too late for the work, which is done by then. So exactly one side of every race wins.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import cast
from uuid import UUID

from contracts.closing_events import (
    ComplaintForceClosed,
    ComplaintVoided,
    Ending,
    EndingDecided,
    EndingRequested,
)
from contracts.envelope import Event
from contracts.events import Payload, Released, ReleaseRefused
from contracts.ids import derived_id
from contracts.lifecycle import EventType, Status, next_status
from ledger_service.domain.closing import Occasion, act, then
from ledger_service.domain.complaint import Complaint
from ledger_service.domain.errors import DeciderAsked, EndingNotPending, EndingPending

ENDINGS: dict[Ending, EventType] = {"voided": EventType.VOIDED, "closed": EventType.FORCE_CLOSED}
HANDLED = frozenset({Status.RESOLVED, Status.VERIFIED})
"""Dispatch is done with these, and only the ledger moves them."""


class EndingState(StrEnum):
    """How a request for an ending stands."""

    PENDING = "pending"
    """A supervisor has to decide; kept so, it is shown as LAPSED once the complaint has ended otherwise."""
    APPROVED = "approved"
    """Dispatch has to let go of the work."""
    REFUSED = "refused"
    DONE = "done"
    LAPSED = "lapsed"
    """The complaint came to another end, or another round, before."""


UNSETTLED = frozenset({EndingState.PENDING, EndingState.APPROVED})
_ANOTHER_ROUND = frozenset({EventType.REOPENED, EventType.UNMERGED})


@dataclass(frozen=True, slots=True, kw_only=True)
class EndingRequest:
    """A request for an ending, by the event that asked, and what became of it."""

    tenant: str
    id: UUID
    complaint_id: UUID
    ending: Ending
    reason: str
    asked_by: str
    asked_at: datetime
    state: EndingState = EndingState.PENDING
    decision: UUID | None = None
    """The event of the decision."""
    decided_by: str | None = None
    decided_at: datetime | None = None
    decision_reason: str | None = None


def ask(complaint: Complaint, data: EndingRequested, occasion: Occasion, unsettled: EndingRequest | None) -> Event:
    """Return the event that asks for an ending.

    Raises IllegalTransition where the complaint has ended, EndingPending where an `unsettled` request is there.
    """
    next_status(complaint.status, ENDINGS[data.ending])
    if unsettled is not None:
        raise EndingPending(unsettled.id)
    return act(complaint, EventType.ENDING_REQUESTED, data, occasion)


def decide(
    complaint: Complaint, request: EndingRequest | None, occasion: Occasion, *, actor: str, approved: bool, reason: str
) -> list[Event]:
    """Return the events of a decision: decided and, where it is approved and the complaint handled, the ending.

    Raises EndingNotPending unless the request waits for it, DeciderAsked where the two are one person, and
    IllegalTransition where the complaint has ended, with which the request has lapsed.
    """
    if request is None or request.state is not EndingState.PENDING:
        raise EndingNotPending
    if request.asked_by == actor:
        raise DeciderAsked
    next_status(complaint.status, ENDINGS[request.ending])
    data = EndingDecided(
        actor=actor,
        request=request.id,
        ending=request.ending,
        approved=approved,
        reason=reason or None,
        status=complaint.status,
    )
    decided = act(complaint, EventType.ENDING_DECIDED, data, occasion)
    if not approved or complaint.status not in HANDLED:
        return [decided]
    approval = replace(request, decision=decided.id, decided_by=actor)
    return [decided, then(decided, ENDINGS[request.ending], _ending(complaint, approval), occasion.new_id())]


def follow(complaint: Complaint, request: EndingRequest | None, answer: Event) -> Event | None:
    """Return the ending that follows from dispatch's answer by itself, once that is entered; None where none does.

    A refusal means that the work is done, or that the reporter was first. Ids and times come from the answer alone: a
    ledger that was restored from a backup makes the same again.
    """
    if request is None or request.state is not EndingState.APPROVED or _asked_by(answer) != request.decision:
        return None
    if answer.type is EventType.RELEASE_REFUSED and complaint.status not in HANDLED:
        return None
    event_type = ENDINGS[request.ending]
    occasion = Occasion(answer.time, answer.traceparent, lambda: derived_id(answer.id, event_type))
    ending = act(complaint, event_type, _ending(complaint, request), occasion)
    return ending._replace(correlation_id=answer.correlation_id, causation_id=answer.id)


def settle(request: EndingRequest, event: Event) -> EndingRequest:
    """Return the request as it is after an event of its complaint, in which it was unsettled."""
    if event.type is EventType.ENDING_DECIDED:
        data = cast(EndingDecided, event.data)
        return replace(
            request,
            state=EndingState.APPROVED if data.approved else EndingState.REFUSED,
            decision=event.id,
            decided_by=data.actor,
            decided_at=event.time,
            decision_reason=data.reason,
        )
    if event.type is ENDINGS[request.ending]:
        return replace(request, state=EndingState.DONE)
    is_own_refusal = event.type is EventType.RELEASE_REFUSED and _asked_by(event) == request.decision
    if event.type in _ANOTHER_ROUND or is_own_refusal:
        return lapsed(request)
    return request


def lapsed(request: EndingRequest) -> EndingRequest:
    """Return an unsettled request as it is once nobody has to decide on it, or to act on the decision, any more."""
    return replace(request, state=EndingState.LAPSED)


def asked(event: Event) -> EndingRequest:
    """Return the request that an `ending_requested` makes."""
    data = cast(EndingRequested, event.data)
    return EndingRequest(
        tenant=event.tenant,
        id=event.id,
        complaint_id=event.subject,
        ending=data.ending,
        reason=data.reason,
        asked_by=data.actor,
        asked_at=event.time,
    )


def _asked_by(answer: Event) -> UUID | None:
    """Return the decision, or the request to withdraw, that dispatch answers."""
    return answer.data.request if isinstance(answer.data, Released | ReleaseRefused) else None


def _ending(complaint: Complaint, request: EndingRequest) -> Payload:
    assert request.decision is not None  # noqa: S101 - only what was approved ends
    assert request.decided_by is not None  # noqa: S101 - the same
    if request.ending == "voided":
        return ComplaintVoided(actor=request.decided_by, decision=request.decision, reason=request.reason)
    return ComplaintForceClosed(
        actor=request.decided_by,
        decision=request.decision,
        reason=request.reason,
        gates=("verification",) if complaint.status is Status.VERIFIED else (),
    )
