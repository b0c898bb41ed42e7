"""Templates of rosters: keeping them, and planning a period by one."""

from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from sqlalchemy.ext.asyncio import AsyncConnection

from dispatch_service.api.deps import Engine, ReadEngine, Staff
from dispatch_service.api.patrol_changing import Answer, Change
from dispatch_service.api.roster_problems import problem_of
from dispatch_service.api.roster_schemas import DaysBody, RosterDay
from dispatch_service.api.roster_template_schemas import ApplicationView, TemplateBody, TemplateView
from dispatch_service.api.rosters import MOST_DAYS, Planner
from dispatch_service.domain.roster_errors import RosterError
from dispatch_service.persistence import roster_templates
from dispatch_service.service import applying_templates
from dispatch_service.service import roster_templates as templates
from dispatch_service.service.applying_templates import Wanted
from operations.filters import Code
from operations.pages import Page, Pages
from operations.periods import check_days
from runtime.etag import IfMatch, check, etag
from runtime.paging import DEFAULT_LIMIT, CursorText, Limit
from runtime.problems import PROBLEM_RESPONSES, Problem

router = APIRouter(prefix="/roster-templates", tags=["rosters"], responses=PROBLEM_RESPONSES)
_MOST_TOLD = 100


@router.post("", status_code=201, response_model=TemplateView)
async def create_template(body: TemplateBody, caller: Planner, change: Change) -> Response:
    """Keep a template of a team's weeks 排班模板.

    422 names what cannot be: `unknown-team`, `unknown-shift`, `unknown-post`, `not-a-member`, and `in-two-places` for
    somebody who would be needed twice at the same time. 409 `template-name-taken`.
    """

    async def work(connection: AsyncConnection) -> Answer:
        by = change.planning(caller)
        row = await templates.create(connection, by, body.row(by.today()))
        location = f"/dispatch/v1/roster-templates/{row['id']}"
        return Answer(TemplateView.model_validate(row), row["version"], location)

    return await change.run(caller, work)


@router.get("")
async def list_templates(
    request: Request,
    response: Response,
    caller: Staff,
    engine: ReadEngine,
    team: Code | None = None,
    cursor: CursorText = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Page[TemplateView]:
    """List templates, the oldest first."""
    pages = Pages(request, caller, "roster-templates", {"team": team})
    last = pages.after(cursor)
    after = None if last is None else UUID(str(last[0]))
    async with engine.connect() as connection:
        rows = await roster_templates.page(connection, caller.tenant, team=team, after=after, size=limit + 1)
    if len(rows) > limit:
        pages.link_next(response, str(rows[limit - 1]["id"]))
    return Page(items=[TemplateView.model_validate(row) for row in rows[:limit]])


@router.get("/{template_id}")
async def show_template(template_id: UUID, response: Response, caller: Staff, engine: ReadEngine) -> TemplateView:
    """Show a template."""
    try:
        async with engine.connect() as connection:
            row = await roster_templates.find(connection, caller.tenant, template_id)
    except RosterError as error:
        raise problem_of(error) from error
    response.headers["ETag"] = etag(row["version"])
    return TemplateView.model_validate(row)


@router.put("/{template_id}", response_model=TemplateView)
async def replace_template(
    template_id: UUID, body: TemplateBody, caller: Planner, change: Change, if_match: IfMatch
) -> Response:
    """Change a template as a whole; what was planned by it stays until it is applied again."""

    async def work(connection: AsyncConnection) -> Answer:
        by = change.planning(caller)
        row = await templates.change(connection, by, template_id, body.row(by.today()), partial(check, if_match))
        return Answer(TemplateView.model_validate(row), row["version"])

    return await change.run(caller, work)


@router.delete("/{template_id}", status_code=204)
async def remove_template(template_id: UUID, caller: Planner, engine: Engine, if_match: IfMatch) -> None:
    """Remove a template; what was planned by it stays."""
    try:
        async with engine.begin() as connection:
            await templates.remove(connection, caller.tenant, template_id, partial(check, if_match))
    except RosterError as error:
        raise problem_of(error) from error


@router.post("/{template_id}/application")
async def apply_template(
    template_id: UUID,
    caller: Planner,
    engine: Engine,
    change: Change,
    response: Response,
    if_match: IfMatch,
    first: Annotated[RosterDay, Query(alias="from", description="The first day.")],
    last: Annotated[RosterDay, Query(alias="to", description="The last day.")],
    body: DaysBody | None = None,
    dry_run: Annotated[bool, Query(description="Only say what would be planned, and what is in its way.")] = False,
) -> ApplicationView:
    """Make the duties of the template's team in a period those of the template, in place of those that were planned.

    Holidays and make-up workdays are those of the tenant's calendar; `days_off` and `as_weekday` of the body go before
    it. The answer says which days are not as their weekday, and what was left out for that or for leave 请假; leave
    that was approved stays, and the officer is not planned for that time. With `dry_run=true` nothing is changed and
    `conflicts` names all that is in the way: `in-two-places`, `duty-begun`, `not-a-member`, `unknown-shift`,
    `unknown-post`. Without it, conflicts are 409 `roster-conflicts`, and nothing is planned.

    Duties that are over stay as they are (`over`), and none is planned for a time that is over; a duty that the
    template has too stays, with what was asked about it. The `ETag`, and what `If-Match` names, is that of the team's
    roster.
    """
    check_days(first, last, MOST_DAYS)
    days = body or DaysBody()
    wanted = Wanted(first, last, frozenset(days.days_off), days.as_weekday)
    try:
        async with engine.begin() as connection:
            applied = await applying_templates.apply(
                connection, change.planning(caller), template_id, wanted, partial(check, if_match), dry_run=dry_run
            )
    except RosterError as error:
        raise problem_of(error) from error
    view = ApplicationView.of(applied, dry_run=dry_run)
    if view.conflicts and not dry_run:
        told = view.model_dump(mode="json", include={"conflicts"})["conflicts"][:_MOST_TOLD]
        raise Problem(409, "roster-conflicts", extra={"conflicts": told}, count=len(view.conflicts))
    response.headers["ETag"] = etag(applied.version)
    return view
