"""Reading the ledger line by line."""

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from ledger_service.api.deps import ReadEngine, Staff, sight_of
from ledger_service.api.filters import entry_filter
from ledger_service.api.schemas import EntryView
from ledger_service.api.views import entry_view
from ledger_service.persistence import entry_lists
from ledger_service.persistence.entry_lists import EntryFilter
from operations.pages import Page, Pages
from runtime.paging import DEFAULT_LIMIT, CursorText, Limit
from runtime.problems import PROBLEM_RESPONSES

router = APIRouter(tags=["entries"], responses=PROBLEM_RESPONSES)


@router.get("/entries")
async def list_entries(
    request: Request,
    response: Response,
    caller: Staff,
    engine: ReadEngine,
    wanted: Annotated[EntryFilter, Depends(entry_filter)],
    cursor: CursorText = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Page[EntryView]:
    """List entries, the last recorded first: those of all complaints, and of activities and exports as well.

    For analysts and administrators the fields that people filled in with their own words are left out of `data`.
    """
    pages = Pages(request, caller, "entries", asdict(wanted))
    before = pages.after_number(cursor)
    async with engine.connect() as connection:
        rows = await entry_lists.page(connection, caller.tenant, wanted, before=before, size=limit + 1)
    shown, sight = pages.cut(response, rows, limit, lambda row: row["position"]), sight_of(caller)
    return Page(items=[entry_view(row, sight) for row in shown])
