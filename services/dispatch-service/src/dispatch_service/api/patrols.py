"""Reading patrols, and making one beside the plans."""

from dataclasses import asdict
from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.roles import Role
from dispatch_service.api.deps import ReadEngine, Staff
from dispatch_service.api.patrol_changing import Answer, Change, digest_of
from dispatch_service.api.patrol_problems import problem_of
from dispatch_service.api.patrol_schemas import PatrolBody, PatrolDetail, PatrolView, SumView
from dispatch_service.domain.patrol import PatrolKind, PatrolState
from dispatch_service.domain.patrol_errors import PatrolError
from dispatch_service.persistence import patrol_visits, patrols
from dispatch_service.persistence.patrol_visits import NO_PLAN
from dispatch_service.persistence.patrols import PatrolFilter
from dispatch_service.service import patrol_adhoc
from operations.filters import Code
from operations.pages import Page, Pages
from operations.periods import check_days, check_order
from runtime.auth import Caller, require
from runtime.etag import etag
from runtime.paging import DEFAULT_LIMIT, CursorText, Limit
from runtime.problems import PROBLEM_RESPONSES
from runtime.types import Instant

router = APIRouter(prefix="/patrols", tags=["patrols"], responses=PROBLEM_RESPONSES)
PLANNERS = (Role.DISPATCHER, Role.SUPERVISOR, Role.ADMIN)
Maker = Annotated[Caller, Depends(require(Role.OFFICER, *PLANNERS))]
_MOST_DAYS = 366


async def _patrol_filter(
    begins_from: Annotated[Instant | None, Query(alias="from", description="Patrols that end after it.")] = None,
    begins_to: Annotated[Instant | None, Query(alias="to", description="Patrols that begin before it.")] = None,
    day: Annotated[date | None, Query(description="Of the begin, on the county's calendar.")] = None,
    team: Code | None = None,
    officer: Annotated[Code | None, Query(description="Who started it or is named for it.")] = None,
    state: PatrolState | None = None,
    kind: PatrolKind | None = None,
    plan: UUID | None = None,
) -> PatrolFilter:
    check_order(begins_from, begins_to)
    return PatrolFilter(
        begins_from=begins_from,
        begins_to=begins_to,
        day=day,
        team=team,
        officer=officer,
        state=state,
        kind=kind,
        plan=plan,
    )


@router.get("")
async def list_patrols(
    request: Request,
    response: Response,
    caller: Staff,
    engine: ReadEngine,
    wanted: Annotated[PatrolFilter, Depends(_patrol_filter)],
    cursor: CursorText = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Page[PatrolView]:
    """List patrols in the order of their begin."""
    pages = Pages(request, caller, "patrols", asdict(wanted))
    last = pages.after(cursor)
    after = None if last is None else (datetime.fromisoformat(str(last[0])), UUID(str(last[1])))
    async with engine.connect() as connection:
        rows = await patrols.page(connection, caller.tenant, wanted, after=after, size=limit + 1)
    if len(rows) > limit:
        pages.link_next(response, rows[limit - 1]["begins_at"].isoformat(), str(rows[limit - 1]["id"]))
    return Page(items=[PatrolView.model_validate(row) for row in rows[:limit]])


@router.get("/summary")
async def sum_up(
    request: Request,
    response: Response,
    caller: Staff,
    engine: ReadEngine,
    first: Annotated[date, Query(alias="from", description="The first day.")],
    last: Annotated[date, Query(alias="to", description="The last day, at most a year later.")],
    team: Code | None = None,
    plan: UUID | None = None,
    cursor: CursorText = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Page[SumView]:
    """Say by team and plan what was planned, done, missed and visited in a period, in the order of teams."""
    check_days(first, last, _MOST_DAYS)
    wanted = {"team": team, "plan": plan}
    pages = Pages(request, caller, "patrol-summary", {**wanted, "first": first, "last": last})
    place = pages.after(cursor)
    after = ("", NO_PLAN) if place is None else (str(place[0]), UUID(str(place[1])))
    async with engine.connect() as connection:
        rows = await patrol_visits.summary(connection, caller.tenant, first, last, wanted, after=after, size=limit + 1)
    if len(rows) > limit:
        pages.link_next(response, rows[limit - 1]["team"], str(rows[limit - 1]["plan"]))
    return Page(items=[SumView.of(row) for row in rows[:limit]])


@router.post("", status_code=201, response_model=PatrolDetail)
async def make_patrol(body: PatrolBody, caller: Maker, change: Change) -> Response:
    """Make a patrol beside the plans: planners for every team, officers for their own.

    With an `id` of the client it may be sent again: 422 `id-reused` where it said something else before. Other codes
    are those of plans, and `window-reversed`, `window-too-long`, `window-out-of-range`.
    """

    async def work(connection: AsyncConnection) -> Answer:
        given = {**body.row(), "digest": digest_of(body)}
        by = change.planning(caller)
        row = await patrol_adhoc.make(connection, by, given, plans=caller.has(*PLANNERS))
        return await shown(connection, caller.tenant, row["id"], is_new=True)

    return await change.run(caller, work)


@router.get("/{patrol_id}")
async def show_patrol(patrol_id: UUID, response: Response, caller: Staff, engine: ReadEngine) -> PatrolDetail:
    """Show a patrol with its visits."""
    try:
        async with engine.connect() as connection:
            row = await patrols.find(connection, caller.tenant, patrol_id)
            visits = await patrol_visits.of_patrol(connection, caller.tenant, patrol_id)
    except PatrolError as error:
        raise problem_of(error) from error
    response.headers["ETag"] = etag(row["version"])
    return PatrolDetail.of(row, visits)


async def shown(connection: AsyncConnection, tenant: str, patrol_id: UUID, *, is_new: bool = False) -> Answer:
    """Return the answer that shows a patrol as it is now."""
    row = await patrols.find(connection, tenant, patrol_id)
    visits = await patrol_visits.of_patrol(connection, tenant, patrol_id)
    location = f"/dispatch/v1/patrols/{patrol_id}" if is_new else None
    return Answer(PatrolDetail.of(row, visits), row["version"], location)
