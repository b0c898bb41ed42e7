"""Transfers to other departments, their answers and recalls."""

from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Response

from contracts.lifecycle import TRANSITIONS, EventType
from dispatch_service.api.acting import Acting
from dispatch_service.api.case_schemas import CaseDetail
from dispatch_service.api.deps import TenantClockworks
from dispatch_service.api.life_schemas import AnswerBody, RecallBody, TransferBody
from dispatch_service.api.photo_schemas import photos_of
from dispatch_service.service import transfers
from runtime.auth import Caller, require
from runtime.problems import PROBLEM_RESPONSES

router = APIRouter(prefix="/cases/{complaint_id}/transfer", tags=["transfers"], responses=PROBLEM_RESPONSES)

Dispatcher = Annotated[Caller, Depends(require(*TRANSITIONS[EventType.TRANSFERRED].roles))]


@router.post("", response_model=CaseDetail)
async def transfer_case(complaint_id: UUID, body: TransferBody, caller: Dispatcher, acting: Acting) -> Response:
    """Hand a case over 转办 to a department that has taken it on, with the number that it has there.

    Its clock runs on and the promised time stands; its levels are escalated, with the department's name. Without
    `department` that is the owner of the component that the case is about; 422 `department-unnamed` without one.
    """
    work = partial(transfers.transfer, department=body.department, external_ref=body.external_ref, reason=body.reason)
    return await acting.run(caller, complaint_id, body.note, work)


@router.post("/answer", response_model=CaseDetail)
async def take_answer(complaint_id: UUID, body: AnswerBody, caller: Dispatcher, acting: Acting) -> Response:
    """Take the department's answer as the result of the case; verification follows."""
    work = partial(
        transfers.answer,
        handling_mode=body.handling_mode,
        result=body.result,
        answered_at=body.answered_at,
        photos=photos_of(body.photos),
    )
    return await acting.run(caller, complaint_id, body.note, work)


@router.post("/recall", response_model=CaseDetail)
async def recall_case(
    complaint_id: UUID, body: RecallBody, caller: Dispatcher, acting: Acting, clockworks: TenantClockworks
) -> Response:
    """Take a case back from a department that does not do it: for `team`, or to be assigned later."""
    work = partial(transfers.recall, reason=body.reason, team=body.team, clockworks=clockworks)
    return await acting.run(caller, complaint_id, body.note, work)
