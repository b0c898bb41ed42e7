"""Reading complaints and their stories."""

from dataclasses import asdict
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response

from ledger_service.api.deps import ReadEngine, Reader, owner_bound, sight_of
from ledger_service.api.filters import complaint_filter
from ledger_service.api.schemas import ComplaintView, Story
from ledger_service.api.views import complaint_view, story
from ledger_service.persistence import stories
from ledger_service.persistence.stories import ComplaintFilter
from operations.pages import Page, Pages
from operations.problems import not_found
from runtime.etag import etag
from runtime.paging import DEFAULT_LIMIT, CursorText, Limit
from runtime.problems import PROBLEM_RESPONSES

router = APIRouter(prefix="/complaints", tags=["complaints"], responses=PROBLEM_RESPONSES)


@router.get("")
async def list_complaints(
    request: Request,
    response: Response,
    caller: Reader,
    engine: ReadEngine,
    wanted: Annotated[ComplaintFilter, Depends(complaint_filter)],
    cursor: CursorText = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Page[ComplaintView]:
    """List complaints, newest first: staff see their tenant's, citizens and partners what they reported.

    `description` is null for analysts and administrators, who do not work with complaints.
    A complaint that changes keeps its place, so no page shifts. To follow changes, walk all pages with `updated_after`
    set a minute before the moment at which the walk before began.
    """
    owner = owner_bound(caller)
    pages = Pages(request, caller, "complaints", {"owner": owner, **asdict(wanted)})
    before = pages.after_id(cursor)
    async with engine.connect() as connection:
        rows = await stories.page(connection, caller.tenant, wanted, owner=owner, before=before, size=limit + 1)
    shown = pages.cut(response, rows, limit, lambda row: row["complaint_id"])
    return Page(items=[complaint_view(row, sight_of(caller)) for row in shown])


@router.get("/{complaint_id}")
async def tell_story(complaint_id: UUID, response: Response, caller: Reader, engine: ReadEngine) -> Story:
    """Tell the whole story of a complaint: what it is, how it stands, and everything that happened to it, in order.

    Staff see who acted; the reporter sees the unit and the outcome. What people wrote is for the reporter and for staff
    who work with complaints; analysts and administrators see the rest. The `ETag` can be sent back as `If-Match`.
    """
    async with engine.connect() as connection:
        row = await stories.complaint(connection, caller.tenant, complaint_id, owner=owner_bound(caller))
        if row is None:
            raise not_found()
        entries = await stories.timeline(connection, caller.tenant, complaint_id, version=row["version"])
    response.headers["ETag"] = etag(row["version"])
    return story(row, entries, sight_of(caller))
