"""Reading a complaint."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response

from contracts.roles import STAFF, Role
from intake_service.api.deps import Known, seen_by
from intake_service.api.view_schemas import ComplaintView
from intake_service.api.views import complaint_view
from runtime import etag
from runtime.auth import Caller, require
from runtime.problems import PROBLEM_RESPONSES

router = APIRouter(tags=["complaints"], responses=PROBLEM_RESPONSES)
Reader = Annotated[Caller, Depends(require(*STAFF, Role.CITIZEN, Role.PARTNER))]


@router.get("/complaints/{complaint_id}")
async def read_complaint(
    complaint_id: UUID, request: Request, response: Response, caller: Reader, known: Known
) -> ComplaintView:
    """Read one complaint. The whole story, with the work on it, is at `GET /ledger/v1/complaints/{id}`."""
    row = await seen_by(caller, complaint_id, request)
    response.headers["ETag"] = etag.etag(row.version)
    names = await known.namings(caller.tenant, [row.configuration])
    return complaint_view(row, caller, names[row.configuration])
