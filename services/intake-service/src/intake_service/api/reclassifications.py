"""Putting complaints into another category, and what the suggestion of categories learns from that."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, Field

from contracts.lifecycle import TRANSITIONS, EventType
from intake_service.api import schemas
from intake_service.api.deps import Administrator, Engine, Known, ReadEngine
from intake_service.persistence.corrections import labels
from intake_service.service.reclassifying import reclassify
from operations.pages import Page, Pages
from runtime import etag
from runtime.auth import Caller, require
from runtime.etag import IfMatch
from runtime.paging import DEFAULT_LIMIT, CursorText, Limit
from runtime.problems import PROBLEM_RESPONSES

router = APIRouter(tags=["triage"], responses=PROBLEM_RESPONSES)
Correcting = Annotated[Caller, Depends(require(*TRANSITIONS[EventType.RECLASSIFIED].roles))]


class ReclassificationIn(schemas.Request):
    """The category that a complaint belongs to, and why."""

    category: Annotated[str, Field(min_length=1, max_length=100, examples=["street_order.parking"])]
    reason: schemas.Reason


class ReclassificationResult(BaseModel):
    """The complaint in its category."""

    id: UUID
    status: str
    category: str
    former: str | None
    version: int


class Label(BaseModel):
    """A text that somebody has put into a category, as `jieban train-categories --labels` takes it."""

    id: UUID
    text: str
    category: str
    suggested: Annotated[str | None, Field(description="What the model had made of it.")]
    at: datetime


@router.get("/category-labels")
async def list_labels(
    request: Request,
    response: Response,
    caller: Administrator,
    engine: ReadEngine,
    limit: Limit = DEFAULT_LIMIT,
    cursor: CursorText = None,
) -> Page[Label]:
    """List the texts of complaints whose category was corrected, newest complaint first: to train suggestions with."""
    pages = Pages(request, caller, "category-labels", {})
    before = pages.after_id(cursor)
    async with engine.connect() as connection:
        rows = await labels(connection, caller.tenant, before=before, size=limit + 1)
    return Page(
        items=[
            Label(
                id=row.id,
                text=row.description,
                category=row.category,
                suggested=row.suggested_category,
                at=row.reclassifications[-1]["at"],
            )
            for row in pages.cut(response, rows, limit, lambda row: row.id)
        ]
    )


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
