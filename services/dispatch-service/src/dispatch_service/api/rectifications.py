"""Rectification within a time limit, and the inspection that follows."""

from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Response

from contracts.lifecycle import TRANSITIONS, EventType
from dispatch_service.api.acting import Acting
from dispatch_service.api.case_schemas import CaseDetail, InspectionBody
from dispatch_service.api.life_schemas import RectificationBody
from dispatch_service.api.photo_schemas import photos_of
from dispatch_service.service import rectifications
from runtime.auth import Caller, require
from runtime.problems import PROBLEM_RESPONSES

router = APIRouter(prefix="/cases/{complaint_id}", tags=["rectification"], responses=PROBLEM_RESPONSES)

Officer = Annotated[Caller, Depends(require(*TRANSITIONS[EventType.RECTIFICATION_ORDERED].roles))]


@router.post("/rectification", response_model=CaseDetail)
async def order_rectification(complaint_id: UUID, body: RectificationBody, caller: Officer, acting: Acting) -> Response:
    """Order whoever caused it to set it right until a time 限期整改; the case comes back by itself then.

    409 `rectification-open` while an order waits for its re-inspection, `too-many-rectifications` after two in a round.
    """
    work = partial(rectifications.order, notice=body.notice, until=body.until, photos=photos_of(body.photos))
    return await acting.run(caller, complaint_id, body.note, work)


@router.post("/reinspection", response_model=CaseDetail)
async def inspect_again(complaint_id: UUID, body: InspectionBody, caller: Officer, acting: Acting) -> Response:
    """Say whether it was set right 复查, which may be before its time is over.

    Where it was not, another order follows, or the case is filed for penalty. 409 `no-rectification` without an order.
    """
    return await acting.run(caller, complaint_id, None, partial(rectifications.inspect, inspection=body.inspection()))
