"""Erasing personal data from a complaint."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StrictBool

from contracts.events import ComplaintErased
from contracts.lifecycle import TRANSITIONS, EventType
from intake_service.service.erasing import Erasing
from runtime import etag
from runtime.auth import Caller, require
from runtime.etag import IfMatch
from runtime.problems import PROBLEM_RESPONSES
from runtime.types import saying_something

router = APIRouter(tags=["complaints"], responses=PROBLEM_RESPONSES)
MayErase = Annotated[Caller, Depends(require(*TRANSITIONS[EventType.ERASED].roles))]


class ErasureIn(BaseModel):
    """Why personal data is erased. The reason is kept for good: it must not name the person."""

    model_config = ConfigDict(extra="forbid")

    ground: Annotated[
        Literal["request", "other"], Field(description="`request`: the person concerned has asked for it.")
    ]
    reason: Annotated[str, Field(min_length=1, max_length=500), AfterValidator(saying_something)]
    texts: Annotated[
        StrictBool | None,
        Field(
            description="Whether all that was written goes too, with place and attachments; false: only who reported."
            " Without it, as the county has it (true unless configured otherwise)."
        ),
    ] = None


class ErasureResult(BaseModel):
    """When personal data was erased from a complaint, and its version since."""

    id: UUID
    erased_at: datetime
    version: int


@router.post("/complaints/{complaint_id}/erasure")
async def erase_complaint(
    complaint_id: UUID, body: ErasureIn, request: Request, response: Response, caller: MayErase, version: IfMatch
) -> ErasureResult:
    """Erase who reported a complaint and, by default, everything that was written about it, here and then everywhere.

    What happened and when stays. Dispatch and ledger follow within seconds. A repeat changes nothing, unless something
    has happened to the complaint since. It cannot be undone.
    """
    erasing: Erasing = request.app.state.erasing
    texts = request.app.state.settings.erasure_of_texts if body.texts is None else body.texts
    said = ComplaintErased(actor=caller.subject, ground=body.ground, reason=body.reason, texts=texts)
    erased = await erasing.erase(complaint_id, caller.tenant, said, version)
    response.headers["ETag"] = etag.etag(erased.version)
    return ErasureResult(id=complaint_id, erased_at=erased.at, version=erased.version)
