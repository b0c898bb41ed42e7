"""Putting complaints into another category, and what the suggestion of categories learns from that."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel, Field

from contracts.lifecycle import TRANSITIONS, EventType
from intake_service.api.deps import Engine, Known
from intake_service.api.schemas import Request
from intake_service.service.reclassifying import reclassify
from runtime import etag
from runtime.auth import Caller, require
from runtime.etag import IfMatch
from runtime.problems import PROBLEM_RESPONSES

router = APIRouter(tags=["triage"], responses=PROBLEM_RESPONSES)
Correcting = Annotated[Caller, Depends(require(*TRANSITIONS[EventType.RECLASSIFIED].roles))]


class ReclassificationIn(Request):
    """The category that a complaint belongs to, and why."""

    category: Annotated[str, Field(min_length=1, max_length=100, examples=["street_order.parking"])]
    reason: Annotated[str, Field(min_length=1, max_length=1000, pattern=r"\S")]


class ReclassificationResult(BaseModel):
    """The complaint in its category."""

    id: UUID
    status: str
    category: str
    former: str | None
    version: int


@router.post("/complaints/{complaint_id}/reclassification")
async def reclassify_complaint(
    complaint_id: UUID,
    body: ReclassificationIn,
    response: Response,
    caller: Correcting,
    engine: Engine,
    references: Known,
    version: IfMatch,
) -> ReclassificationResult:
    """Put a complaint that has not ended into another category.

    While no unit has accepted it, it is routed anew, unless a dispatcher has chosen the unit; later the unit keeps it.
    The promised time is reckoned anew by the limits of the category, from when the work began; more time that was
    granted is not taken back. Figures count it in its category from today on, and reports of earlier days stay.
    """
    reference = await references.current(caller.tenant)
    row = await reclassify(engine, complaint_id, caller, reference, body.category, body.reason, version)
    response.headers["ETag"] = etag.etag(row.version)
    former = row.reclassifications[-1]["former"]
    return ReclassificationResult(
        id=row.id, status=row.status, category=row.category, former=former, version=row.version
    )
