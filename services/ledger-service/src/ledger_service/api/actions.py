"""Verifying a result and rating it."""

from typing import Annotated

from fastapi import APIRouter, Depends, Response

from contracts.events import ComplaintVerified, FeedbackReceived
from contracts.lifecycle import TRANSITIONS, EventType, Status
from ledger_service.api.acting import Action
from ledger_service.api.schemas import ComplaintView, FeedbackBody, VerificationBody
from ledger_service.domain.closing import give_feedback, verify
from runtime.auth import Caller, require
from runtime.problems import PROBLEM_RESPONSES

router = APIRouter(prefix="/complaints/{complaint_id}", tags=["closing"], responses=PROBLEM_RESPONSES)

Verifier = Annotated[Caller, Depends(require(*TRANSITIONS[EventType.VERIFIED].roles))]
Rater = Annotated[Caller, Depends(require(*TRANSITIONS[EventType.FEEDBACK_RECEIVED].roles))]


@router.post("/verification", response_model=ComplaintView)
async def verify_complaint(body: VerificationBody, caller: Verifier, action: Action) -> Response:
    """Find the result of a resolved complaint good 核查通过; it is closed 结案 with that.

    Whoever resolved it cannot verify it (403 `verifier-is-worker`). 409 with the present state unless it is resolved.
    """
    verified = ComplaintVerified(actor=caller.subject, method=body.method, note=body.note)
    return await action.act(
        caller,
        lambda complaint, occasion: verify(complaint, verified, occasion),
        early=(Status.ASSIGNED, Status.ACCEPTED, Status.IN_PROGRESS),
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
