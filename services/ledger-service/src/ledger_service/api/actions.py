"""Verifying a result, closing, rating, and reopening what was closed."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.envelope import Event
from contracts.events import ComplaintVerified, FeedbackReceived, ReworkOrdered
from contracts.lifecycle import TRANSITIONS, EventType, Status, next_status
from contracts.roles import Role
from ledger_service.api.acting import Action
from ledger_service.api.feedback_problems import AT_MASTER
from ledger_service.api.schemas import ComplaintView, FeedbackBody, ReopeningBody, VerificationBody
from ledger_service.domain.closing import Occasion, order_rework, reopen, verify
from ledger_service.domain.complaint import Complaint
from ledger_service.domain.gates import check_evidence
from ledger_service.service import following_up
from ledger_service.service.rule_books import rule_of
from ledger_service.service.words import spoken
from operations.problems import illegal_transition, invalid
from runtime.auth import Caller, require
from runtime.problems import PROBLEM_RESPONSES

router = APIRouter(prefix="/complaints/{complaint_id}", tags=["closing"], responses=PROBLEM_RESPONSES)

_BEFORE_THE_RESULT = (Status.ASSIGNED, Status.ACCEPTED, Status.IN_PROGRESS, Status.TRANSFERRED)
Verifier = Annotated[Caller, Depends(require(*TRANSITIONS[EventType.VERIFIED].roles))]
Closer = Annotated[Caller, Depends(require(Role.INSPECTOR, Role.OPERATOR, Role.SUPERVISOR))]
Reopener = Annotated[Caller, Depends(require(*TRANSITIONS[EventType.REOPENED].roles))]
Rater = Annotated[Caller, Depends(require(*TRANSITIONS[EventType.FEEDBACK_RECEIVED].roles))]


@router.post("/verification", response_model=ComplaintView)
async def verify_complaint(body: VerificationBody, caller: Verifier, action: Action) -> Response:
    """Find the result of a resolved complaint good 核查通过, which closes it 结案, or not good: rework 返工.

    Where the closing rules want a follow-up call first, it stays verified until that is passed. What a passed
    verification has to show (method, photos, position) is in the rules too: 422 for what is missing. With `passed`
    false, `note` says what is not good, and the unit gets the case back for another round. Whoever resolved it cannot
    verify it (403 `verifier-is-worker`). 409 with the present state unless it is resolved.
    """
    if not body.passed and body.note is None:
        raise invalid("/note", "reason-missing")
    seen = {"actor": caller.subject, "method": body.method, "photos": body.photos or None, "position": body.place()}

    async def work(connection: AsyncConnection, complaint: Complaint, occasion: Occasion) -> Sequence[Event]:
        if not body.passed:
            next_status(complaint.status, EventType.VERIFIED)
            rework = ReworkOrdered.model_validate({**seen, "reason": body.note, "round": complaint.round + 1})
            return [order_rework(complaint, rework, occasion)]
        rule = await rule_of(connection, complaint)
        verified = ComplaintVerified.model_validate({**seen, "note": body.note})
        events = verify(complaint, verified, occasion, rule)
        check_evidence(verified, rule.evidence)
        return events

    return await action.carry_out(caller, work, early=_BEFORE_THE_RESULT)


@router.post("/closure", response_model=ComplaintView)
async def close_complaint(caller: Closer, action: Action) -> Response:
    """Close a complaint whose gates are all passed 结案, which happens by itself as soon as they are.

    409 `gates-missing` names those that are not in `missing`; 409 with the present state where it has ended.
    """
    return await action.carry_out(caller, following_up.close)


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
async def rate_complaint(body: FeedbackBody, caller: Rater, action: Action, request: Request) -> Response:
    """Give the reporter's word on a closed complaint, once a round: the reporter, or an operator who has it from them.

    What follows where they are not satisfied, or it is not solved, is in the closing rules: nothing, a supervisor's
    review, or another round at once. 409 with the present state unless it is closed, 409 `feedback-at-master` where it
    was merged into another, 409 `feedback-exists` for a second word, also where the first was given on the phone.
    """
    feedback = FeedbackReceived(
        actor=caller.subject,
        satisfaction=body.satisfaction,
        solved=body.solved,
        comment=body.comment,
        channel="account" if caller.has(Role.CITIZEN) else "operator",
    )
    window: timedelta = request.app.state.reopening_window

    async def work(connection: AsyncConnection, complaint: Complaint, occasion: Occasion) -> Sequence[Event]:
        if complaint.status is Status.MERGED:
            raise illegal_transition(complaint.status, complaint.version, AT_MASTER)
        return await spoken(connection, complaint, feedback, occasion, window)

    return await action.carry_out(caller, work)
