"""What a planner's program needs: the county as a whole, and the cases of a period."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from dispatch_service.api.deps import ReadEngine, Staff
from dispatch_service.api.planning_schemas import CountyView, PastCaseView
from dispatch_service.persistence import past_cases, planning
from operations.pages import Page, Pages
from operations.periods import check_order
from runtime.etag import etag
from runtime.paging import DEFAULT_LIMIT, CursorText, Limit
from runtime.problems import PROBLEM_RESPONSES
from runtime.types import Instant

router = APIRouter(prefix="/planning", tags=["planning"], responses=PROBLEM_RESPONSES)


@router.get("/county")
async def show_county(request: Request, response: Response, caller: Staff, engine: ReadEngine) -> CountyView:
    """Show all that cases are routed, promised and worked by, as it is at one moment, but for duties."""
    found = await planning.snapshot(engine, caller.tenant)
    response.headers["ETag"] = etag(found.version)
    return CountyView.of(found, request.app.state.settings.timezone)


@router.get("/cases")
async def list_past_cases(
    request: Request,
    response: Response,
    caller: Staff,
    engine: ReadEngine,
    begin: Annotated[Instant, Query(alias="from", description="Received at or after this moment.")],
    end: Annotated[Instant, Query(alias="to", description="Received before this moment.")],
    cursor: CursorText = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Page[PastCaseView]:
    """List the cases of a period with what rules may look at and when they were worked on, the newest first."""
    check_order(begin, end)
    pages = Pages(request, caller, "past-cases", {"from": begin, "to": end})
    last = pages.after(cursor)
    first, before = past_cases.bounds(begin, end)
    async with engine.connect() as connection:
        before = before if last is None else UUID(str(last[0]))
        rows = await past_cases.page(connection, caller.tenant, first, before, size=limit + 1)
    if len(rows) > limit:
        pages.link_next(response, str(rows[limit - 1]["complaint_id"]))
    return Page(items=[PastCaseView.model_validate(row) for row in rows[:limit]])
