"""件件有着落: what is not settled, and why; empty means that every matter has its place."""

from dataclasses import asdict
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response

from ledger_service.api.deps import ReadEngine, Staff
from ledger_service.api.parameters import Category
from ledger_service.api.unsettled_schemas import UnsettledSummary, UnsettledView
from ledger_service.domain.unsettled import Graces, Reason
from ledger_service.persistence import reconciliations, unsettled
from ledger_service.persistence.unsettled import START, Mark, UnsettledFilter
from operations.filters import Code
from operations.pages import Page, Pages
from runtime.clock import now
from runtime.paging import DEFAULT_LIMIT, CursorText, Limit
from runtime.problems import PROBLEM_RESPONSES

router = APIRouter(prefix="/unsettled", tags=["unsettled"], responses=PROBLEM_RESPONSES)


async def _filter(
    community: Code | None = None,
    grid: Code | None = None,
    team: Code | None = None,
    category: Category = None,
) -> UnsettledFilter:
    return UnsettledFilter(community=community, grid=grid, team=team, category=category)


async def _graces(request: Request) -> Graces:
    graces: Graces = request.app.state.graces
    return graces


Wanted = Annotated[UnsettledFilter, Depends(_filter)]
Grace = Annotated[Graces, Depends(_graces)]


@router.get("")
async def list_unsettled(
    request: Request,
    response: Response,
    caller: Staff,
    engine: ReadEngine,
    wanted: Wanted,
    graces: Grace,
    reasons: Annotated[
        list[Reason] | None, Query(alias="reason", max_length=len(Reason), description="May be repeated.")
    ] = None,
    cursor: CursorText = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Page[UnsettledView]:
    """List the complaints that have no place, the longest unsettled first: a line for each complaint and reason.

    What was found between services is as old as their last statements, which the summary tells.
    """
    chosen = sorted(set(reasons or Reason))
    pages = Pages(request, caller, "unsettled", {"reasons": chosen, **asdict(wanted)})
    after = _mark(pages.after(cursor))
    async with engine.connect() as connection:
        rows = await unsettled.page(
            connection, caller.tenant, graces.before(now()), wanted, reasons=chosen, after=after, size=limit + 1
        )
    shown = pages.cut(response, rows, limit, lambda row: (row["since"], row["complaint_id"], row["mark"]))
    return Page(items=[UnsettledView.of(row) for row in shown])


@router.get("/summary")
async def sum_up(caller: Staff, engine: ReadEngine, wanted: Wanted, graces: Grace) -> UnsettledSummary:
    """Say how many complaints have no place, by reason, and since when the first of them has none."""
    async with engine.connect() as connection:
        counts = await unsettled.counts(connection, [caller.tenant], graces.before(now()), wanted)
        stated = await reconciliations.last_stated(connection)
    return UnsettledSummary.of(counts, stated)


def _mark(position: tuple[object, ...] | None) -> Mark:
    if position is None:
        return START
    since, complaint_id, mark = map(str, position)
    return Mark(datetime.fromisoformat(since), UUID(complaint_id), mark)
