"""Reading a complaint."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response

from contracts.roles import STAFF, Role
from intake_service.api.deps import Known
from intake_service.api.view_schemas import ComplaintView
from intake_service.api.views import complaint_view
from intake_service.persistence.queries import Complaints
from operations.problems import not_found
from runtime import etag
from runtime.auth import Caller, require
from runtime.problems import PROBLEM_RESPONSES

router = APIRouter(tags=["complaints"], responses=PROBLEM_RESPONSES)
Reader = Annotated[Caller, Depends(require(*STAFF, Role.CITIZEN, Role.PARTNER))]


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
