"""Reading cases."""

from dataclasses import asdict, replace
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response

from dispatch_service.api.case_filter import ME, case_filter
from dispatch_service.api.case_schemas import CaseDetail, ListedCase
from dispatch_service.api.deps import ReadEngine, Staff, TenantClockworks
from dispatch_service.api.problems import problem_of
from dispatch_service.domain.errors import CaseNotFound
from dispatch_service.persistence import case_lists, cases
from dispatch_service.persistence.case_lists import TIME_OF, CaseFilter, Mark
from dispatch_service.persistence.rows import Row
from operations.pages import Page, Pages
from runtime.clock import now
from runtime.etag import etag
from runtime.paging import DEFAULT_LIMIT, CursorText, Limit, Position
from runtime.problems import PROBLEM_RESPONSES

router = APIRouter(prefix="/cases", tags=["cases"], responses=PROBLEM_RESPONSES)


@router.get("")
async def list_cases(
    request: Request,
    response: Response,
    caller: Staff,
    engine: ReadEngine,
    wanted: Annotated[CaseFilter, Depends(case_filter)],
    cursor: CursorText = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Page[ListedCase]:
    """List cases, newest complaint first, by deadline, by distance, or those first that are to be inspected again.

    Newest first, a case that changes keeps its place, so no page shifts. To follow changes, walk all pages with
    `updated_after` set a minute before the moment at which the walk before began.
    """
    if wanted.assignee == ME:
        wanted = replace(wanted, assignee=caller.subject)
    pages = Pages(request, caller, "cases", asdict(wanted))
    last = pages.after(cursor)
    async with engine.connect() as connection:
        if wanted.mine:
            teams = await cases.teams_of(connection, caller.tenant, caller.subject)
            wanted = replace(wanted, teams=teams, subject=caller.subject)
        after = None if last is None else _mark(wanted, *last)
        rows = await case_lists.page(connection, caller.tenant, wanted, after=after, size=limit + 1, at=now())
    if len(rows) > limit:
        end = rows[limit - 1]
        pages.link_next(response, str(end["complaint_id"]), _key(wanted, end))
    return Page(items=[ListedCase.of(row) for row in rows[:limit]])


@router.get("/{complaint_id}")
async def show_case(
    complaint_id: UUID, response: Response, caller: Staff, engine: ReadEngine, clockworks: TenantClockworks
) -> CaseDetail:
    """Show one case. Its `ETag` can be sent back as `If-Match` with an action."""
    async with engine.connect() as connection:
        try:
            row = await cases.show(connection, caller.tenant, complaint_id)
        except CaseNotFound as error:
            raise problem_of(error) from error
        work = await clockworks.of_one(connection, caller.tenant)
    response.headers["ETag"] = etag(row["version"])
    return CaseDetail.shown(row, work)


def _key(wanted: CaseFilter, row: Row) -> Position:
    """Return what the order of the list goes by, beside the id."""
    if wanted.sort == "distance":
        return int(row["distance_metres"])
    return str(row[TIME_OF[wanted.sort]].isoformat()) if wanted.sort in TIME_OF else None


def _mark(wanted: CaseFilter, complaint_id: Position, key: Position) -> Mark:
    case = UUID(str(complaint_id))
    if wanted.sort == "distance":
        return int(str(key)), case
    return datetime.fromisoformat(str(key)) if wanted.sort in TIME_OF else None, case
