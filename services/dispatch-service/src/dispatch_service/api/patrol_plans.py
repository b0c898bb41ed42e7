"""Keeping and reading patrol plans."""

from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from sqlalchemy.ext.asyncio import AsyncConnection

from dispatch_service.api.deps import Engine, ReadEngine, Staff
from dispatch_service.api.patrol_changing import Answer, Change
from dispatch_service.api.patrol_plan_schemas import PlanBody, PlanView
from dispatch_service.api.patrol_problems import problem_of
from dispatch_service.api.rosters import Planner
from dispatch_service.domain.patrol import PatrolKind
from dispatch_service.domain.patrol_errors import PatrolError
from dispatch_service.persistence import patrol_plans
from dispatch_service.service import patrol_plans as planning
from operations.filters import Code
from operations.pages import Page, Pages
from runtime.etag import IfMatch, check, etag
from runtime.paging import DEFAULT_LIMIT, CursorText, Limit
from runtime.problems import PROBLEM_RESPONSES

router = APIRouter(prefix="/patrol-plans", tags=["patrol plans"], responses=PROBLEM_RESPONSES)


@router.post("", status_code=201, response_model=PlanView)
async def create_plan(body: PlanBody, caller: Planner, change: Change) -> Response:
    """Plan patrols of a team 巡查计划; those of the next seven days are made at once.

    422 names what cannot be: `unknown-team`, `unknown-grid`, `unknown-shift`, `unknown-post`, `not-a-member`,
    `duplicate-code`, `point-outside-county`, `recurrence-never`, `window-reversed`, `outside-period`.
    """

    async def work(connection: AsyncConnection) -> Answer:
        row = await planning.create(connection, change.planning(caller), body.row())
        return await _shown(connection, caller.tenant, row["id"], is_new=True)

    return await change.run(caller, work)


@router.get("")
async def list_plans(
    request: Request,
    response: Response,
    caller: Staff,
    engine: ReadEngine,
    team: Code | None = None,
    grid: Code | None = None,
    post: Annotated[Code | None, Query(description="One of its points.")] = None,
    kind: PatrolKind | None = None,
    ended: Annotated[bool | None, Query(description="Only those that have been ended, or only the others.")] = None,
    cursor: CursorText = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Page[PlanView]:
    """List plans, the oldest first."""
    wanted = {"team": team, "grid": grid, "kind": kind}
    pages = Pages(request, caller, "patrol-plans", {**wanted, "post": post, "ended": ended})
    last = pages.after(cursor)
    after = None if last is None else UUID(str(last[0]))
    async with engine.connect() as connection:
        rows = await patrol_plans.page(
            connection, caller.tenant, wanted, post=post, ended=ended, after=after, size=limit + 1
        )
    if len(rows) > limit:
        pages.link_next(response, str(rows[limit - 1]["id"]))
    return Page(items=[PlanView.of(row) for row in rows[:limit]])


@router.get("/{plan_id}")
async def show_plan(plan_id: UUID, response: Response, caller: Staff, engine: ReadEngine) -> PlanView:
    """Show a plan."""
    try:
        async with engine.connect() as connection:
            row = await patrol_plans.find(connection, caller.tenant, plan_id)
    except PatrolError as error:
        raise problem_of(error) from error
    response.headers["ETag"] = etag(row["version"])
    return PlanView.of(row)


@router.put("/{plan_id}", response_model=PlanView)
async def replace_plan(plan_id: UUID, body: PlanBody, caller: Planner, change: Change, if_match: IfMatch) -> Response:
    """Change a plan as a whole; its patrols that have not begun are made anew. 409 `plan-ended` where it was ended."""

    async def work(connection: AsyncConnection) -> Answer:
        by = change.planning(caller)
        await planning.change(connection, by, plan_id, body.row(), partial(check, if_match))
        return await _shown(connection, caller.tenant, plan_id)

    return await change.run(caller, work)


@router.delete("/{plan_id}", status_code=204)
async def end_plan(plan_id: UUID, caller: Planner, engine: Engine, change: Change, if_match: IfMatch) -> None:
    """End a plan; its patrols that have not begun go, those that have stay, and so does the plan, to be seen."""
    try:
        async with engine.begin() as connection:
            await planning.end(connection, change.planning(caller), plan_id, partial(check, if_match))
    except PatrolError as error:
        raise problem_of(error) from error


async def _shown(connection: AsyncConnection, tenant: str, plan_id: UUID, *, is_new: bool = False) -> Answer:
    row = await patrol_plans.find(connection, tenant, plan_id)
    location = f"/dispatch/v1/patrol-plans/{plan_id}" if is_new else None
    return Answer(PlanView.of(row), row["version"], location)
