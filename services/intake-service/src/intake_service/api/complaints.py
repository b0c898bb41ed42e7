"""Reading a complaint, taking one back."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response

from contracts.lifecycle import TRANSITIONS, EventType
from contracts.roles import STAFF, Role
from intake_service.api.deps import Known
from intake_service.api.schemas import WithdrawalIn, WithdrawalResult
from intake_service.api.view_schemas import ComplaintView
from intake_service.api.views import complaint_view
from intake_service.persistence.queries import Complaints
from intake_service.service.ending import Ending, end
from operations.problems import not_found
from runtime import etag
from runtime.auth import Caller, require
from runtime.etag import IfMatch
from runtime.problems import PROBLEM_RESPONSES

router = APIRouter(tags=["complaints"], responses=PROBLEM_RESPONSES)
Reader = Annotated[Caller, Depends(require(*STAFF, Role.CITIZEN, Role.PARTNER))]
Withdrawing = Annotated[Caller, Depends(require(*TRANSITIONS[EventType.WITHDRAWN].roles))]


async def _complaints(request: Request) -> Complaints:
    complaints: Complaints = request.app.state.complaints
    return complaints


Store = Annotated[Complaints, Depends(_complaints)]


@router.get("/complaints/{complaint_id}")
async def read_complaint(
    complaint_id: UUID, response: Response, caller: Reader, store: Store, known: Known
) -> ComplaintView:
    """Read one complaint. The whole story, with the work on it, is at `GET /ledger/v1/complaints/{id}`."""
    row = await store.one(complaint_id, caller)
    if row is None:
        raise not_found()
    response.headers["ETag"] = etag.etag(row.version)
    names = await known.namings(caller.tenant, [row.configuration])
    return complaint_view(row, caller, names[row.configuration])


@router.post(
    "/complaints/{complaint_id}/withdrawal",
    responses={202: {"model": WithdrawalResult, "description": "Asked for; dispatch has not decided yet"}},
)
async def withdraw_complaint(
    complaint_id: UUID, body: WithdrawalIn, request: Request, response: Response, caller: Withdrawing, version: IfMatch
) -> WithdrawalResult:
    """Take a complaint back, until its result waits for verification.

    Dispatch decides, so that a withdrawal and an officer's action never both win: 200 once it is withdrawn, 409 with
    the present state where the work was quicker, 202 where the decision takes longer than five seconds (ask again).
    """
    ending = Ending("withdrawn", body.reason)
    result = await end(request.app.state.engine, complaint_id, caller, ending, version)
    response.status_code = 200 if result.state == "done" else 202
    response.headers["ETag"] = etag.etag(result.version)
    outcome = "withdrawn" if result.state == "done" else "requested"
    return WithdrawalResult(id=complaint_id, status=result.status, withdrawal=outcome, version=result.version)
