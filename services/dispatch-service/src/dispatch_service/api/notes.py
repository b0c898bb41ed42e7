"""Notes about cases."""

from functools import partial
from uuid import UUID

from fastapi import APIRouter, Response

from dispatch_service.api.acting import Acting
from dispatch_service.api.case_schemas import CaseDetail, NoteBody
from dispatch_service.api.deps import Staff
from dispatch_service.service import notes
from runtime.problems import PROBLEM_RESPONSES

router = APIRouter(prefix="/cases/{complaint_id}", tags=["work"], responses=PROBLEM_RESPONSES)


@router.post("/notes", response_model=CaseDetail)
async def write_note(complaint_id: UUID, body: NoteBody, caller: Staff, acting: Acting) -> Response:
    """Note something about a case 备注, whatever its state: for the bureau's own people, who see it with the case.

    The case stays as it is, and nothing is published. 409 `too-many-notes` beyond 500, and
    `complaint-erased` where what was written about the case was erased.
    """
    return await acting.run(caller, complaint_id, None, partial(notes.write, text=body.text))
