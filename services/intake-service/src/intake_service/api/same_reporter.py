"""All complaints of one reporter, for those who may contact reporters."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import structlog
from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel

from contracts.roles import Role
from intake_service.api.deps import ReadEngine
from intake_service.api.views import MAY_CONTACT
from intake_service.persistence import reporters
from operations.pages import Page, Pages
from operations.problems import not_found
from runtime.auth import Caller, require
from runtime.paging import DEFAULT_LIMIT, CursorText, Limit
from runtime.problems import PROBLEM_RESPONSES, Problem

router = APIRouter(tags=["duplicates"], responses=PROBLEM_RESPONSES)
Contacting = Annotated[Caller, Depends(require(*MAY_CONTACT))]

log = structlog.get_logger()


class SameReporter(BaseModel):
    """Another complaint of the same person, and by what that is known."""

    id: UUID
    number: str
    status: str
    category: str | None
    description: str
    received_at: datetime
    merged_into: UUID | None
    matched_by: list[Literal["account", "phone"]]


@router.get("/complaints/{complaint_id}/same-reporter")
async def same_reporter(
    complaint_id: UUID,
    request: Request,
    response: Response,
    caller: Contacting,
    engine: ReadEngine,
    limit: Limit = DEFAULT_LIMIT,
    cursor: CursorText = None,
) -> Page[SameReporter]:
    """List what else the reporter of a complaint has reported, newest first. Every look is logged.

    The same person is who has the same account of a citizen, or gave the same phone. What was reported in confidence
    is there for supervisors only: 403 `access-denied` for others.
    """
    pages = Pages(request, caller, "same reporter", {"complaint": str(complaint_id)})
    before = pages.after_id(cursor)
    sees_all = caller.has(Role.SUPERVISOR)
    async with engine.connect() as connection:
        confidential = await reporters.is_confidential(connection, caller.tenant, complaint_id)
        if confidential is None:
            raise not_found()
        if confidential and not sees_all:
            raise Problem(403, "access-denied", roles=Role.SUPERVISOR)
        found = await reporters.page(connection, caller.tenant, complaint_id, before, limit + 1, confidential=sees_all)
    rows = pages.cut(response, found, limit, lambda row: row.id)
    log.info(
        "same_reporter_looked_at",
        complaint_id=str(complaint_id),
        subject=caller.subject,
        tenant=caller.tenant,
        found=len(rows),
    )
    return Page(items=[SameReporter.model_validate(row, from_attributes=True) for row in rows])
