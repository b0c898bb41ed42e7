"""Exclusions 剔除: taking a complaint out of some figures."""

from typing import Annotated

from fastapi import APIRouter, Depends, Response

from contracts.closing_events import ComplaintExcluded
from contracts.lifecycle import TRANSITIONS, EventType
from ledger_service.api.acting import Action
from ledger_service.api.ruling_schemas import ExclusionBody
from ledger_service.api.schemas import ComplaintView
from ledger_service.domain.exclusions import exclude
from runtime.auth import Caller, require
from runtime.problems import PROBLEM_RESPONSES

router = APIRouter(tags=["exclusions"], responses=PROBLEM_RESPONSES)
Excluder = Annotated[Caller, Depends(require(*TRANSITIONS[EventType.EXCLUDED].roles))]


@router.post("/complaints/{complaint_id}/exclusion", response_model=ComplaintView)
async def exclude_complaint(body: ExclusionBody, caller: Excluder, action: Action) -> Response:
    """Take a complaint out of some figures 剔除, or back into them, in whatever state it is. The story tells why.

    409 `exclusion-stands` where it is so already.
    """
    data = ComplaintExcluded(actor=caller.subject, **body.model_dump())
    return await action.act(caller, lambda complaint, occasion: [exclude(complaint, data, occasion)])
