"""Verifying a result, rating it, and reopening what was closed."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from contracts.envelope import Event
from contracts.events import ComplaintVerified, FeedbackReceived
from contracts.lifecycle import TRANSITIONS, EventType, Status
from ledger_service.api.acting import Action
from ledger_service.api.schemas import ComplaintView, FeedbackBody, ReopeningBody, VerificationBody
from ledger_service.domain.closing import Occasion, give_feedback, order_rework, reopen, verify
from ledger_service.domain.complaint import Complaint
from operations.problems import invalid
from runtime.auth import Caller, require
from runtime.problems import PROBLEM_RESPONSES

router = APIRouter(prefix="/complaints/{complaint_id}", tags=["closing"], responses=PROBLEM_RESPONSES)

_BEFORE_THE_RESULT = (Status.ASSIGNED, Status.ACCEPTED, Status.IN_PROGRESS, Status.TRANSFERRED)
Verifier = Annotated[Caller, Depends(require(*TRANSITIONS[EventType.VERIFIED].roles))]
Reopener = Annotated[Caller, Depends(require(*TRANSITIONS[EventType.REOPENED].roles))]
Rater = Annotated[Caller, Depends(require(*TRANSITIONS[EventType.FEEDBACK_RECEIVED].roles))]


@router.post("/verification", response_model=ComplaintView)
async def verify_complaint(body: VerificationBody, caller: Verifier, action: Action) -> Response:
    """Find the result of a resolved complaint good 核查通过, which closes it 结案, or not good: rework 返工.

    With `passed` false, `note` says what is not good, and the unit gets the case back for another round. Whoever
    resolved it cannot verify it (403 `verifier-is-worker`). 409 with the present state unless it is resolved.
    """
    if not body.passed and body.note is None:
        raise invalid("/note", "reason-missing")

    def decide(complaint: Complaint, occasion: Occasion) -> Sequence[Event]:
        if not body.passed:
            reason = body.note or ""
            return [order_rework(complaint, occasion, actor=caller.subject, method=body.method, reason=reason)]
        verified = ComplaintVerified(actor=caller.subject, method=body.method, note=body.note)
        return verify(complaint, verified, occasion)

    return await action.act(caller, decide, early=_BEFORE_THE_RESULT)


@router.post("/reopening", response_model=ComplaintView)
async def reopen_complaint(body: ReopeningBody, caller: Reopener, action: Action, request: Request) -> Response:
    """Have a closed complaint worked on again 重办: its reporter, an operator who has it from them, or a supervisor.

    The unit gets it for another round. 409 with the present state unless it is closed, 409 `reopening-too-late` once
    the window (15 days, `JIEBAN_REOPENING_DAYS`) is over.
    """
    window: timedelta = request.app.state.reopening_window
    return await action.act(
        caller,
        lambda complaint, occasion: [
            reopen(complaint, occasion, actor=caller.subject, reason=body.reason, window=window)
        ],
    )


@router.post("/feedback", response_model=ComplaintView)
async def rate_complaint(body: FeedbackBody, caller: Rater, action: Action) -> Response:
    """Give the reporter's word on a closed complaint, once: the reporter, or an operator who has it from them.

    409 with the present state unless it is closed, 409 `feedback-exists` for a second word.
    """
    feedback = FeedbackReceived(
        actor=caller.subject, satisfaction=body.satisfaction, solved=body.solved, comment=body.comment
    )
    return await action.act(caller, lambda complaint, occasion: [give_feedback(complaint, feedback, occasion)])
