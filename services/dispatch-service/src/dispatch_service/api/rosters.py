"""Planning who is on duty, and seeing it."""

from collections.abc import Iterator
from dataclasses import asdict
from datetime import date, datetime
from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query, Request, Response

from contracts.roles import Role
from dispatch_service.api.changing import NEW, Change
from dispatch_service.api.deps import Engine, ReadEngine, Staff, Zone
from dispatch_service.api.places import CodeInPath
from dispatch_service.api.roster_problems import problem_of
from dispatch_service.api.roster_schemas import (
    DutyView,
    LeftOutView,
    OnDutyView,
    PlannedView,
    RosterBody,
    RosterDay,
    ShiftBody,
    ShiftView,
)
from dispatch_service.domain.attendance import Presence
from dispatch_service.domain.roster_errors import RosterError
from dispatch_service.persistence import county, roster_versions, rosters
from dispatch_service.persistence.rosters import DutyFilter
from dispatch_service.persistence.tables import team
from dispatch_service.service.directory import SHIFT
from dispatch_service.service.duty_planning import BadPlace, Given, Period
from dispatch_service.service.patrol_plans import Planning
from dispatch_service.service.rostering import plan
from operations.filters import Code
from operations.pages import Page, Pages
from operations.periods import check_days, check_order
from operations.problems import invalid
from runtime.auth import Caller, require
from runtime.clock import now
from runtime.etag import IfMatch, check, etag
from runtime.paging import DEFAULT_LIMIT, CursorText, Limit
from runtime.problems import PROBLEM_RESPONSES, Problem
from runtime.types import Instant

router = APIRouter(tags=["rosters"], responses=PROBLEM_RESPONSES)
Planner = Annotated[Caller, Depends(require(Role.DISPATCHER, Role.SUPERVISOR, Role.ADMIN))]
Admin = Annotated[Caller, Depends(require(Role.ADMIN))]
MOST_DAYS = 366


@router.get("/shifts")
async def list_shifts(caller: Staff, engine: ReadEngine) -> Page[ShiftView]:
    """List the shifts in the order of their begin."""
    async with engine.connect() as connection:
        rows = await rosters.shifts(connection, caller.tenant)
    return Page(items=[ShiftView.model_validate(row) for row in rows])


@router.put("/shifts/{code}", responses=NEW)
async def put_shift(code: CodeInPath, body: ShiftBody, response: Response, change: Change) -> ShiftView:
    """Add a shift or change its hours; duties that are planned keep theirs."""
    return ShiftView.model_validate(await change.put(SHIFT, code, body.model_dump(), response))


@router.delete("/shifts/{code}", status_code=204)
async def remove_shift(code: CodeInPath, change: Change) -> None:
    """Remove a shift; duties that are planned stay. 409 `place-in-use` while a patrol plan goes by it."""
    await change.remove(SHIFT, code)


@router.put("/rosters/{code}")
async def plan_duties(
    code: Annotated[str, Path(max_length=64, description="Of the team.")],
    body: RosterBody,
    response: Response,
    caller: Planner,
    engine: Engine,
    zone: Zone,
    if_match: IfMatch,
    first: Annotated[RosterDay, Query(alias="from", description="The first day.")],
    last: Annotated[RosterDay, Query(alias="to", description="The last day.")],
) -> PlannedView:
    """Make the duties of a team in a period those given, in place of those that were planned 排班.

    `week` repeats through the period but on `days_off`; `as_weekday` names days that are worked as another weekday.
    Leave that was approved stays: the week leaves those officers out for its time (`left_out`), while one of `duties`
    ends the leave that the officer has from this team. Nobody may be on duty twice at the same time, in whichever team:
    422 `in-two-places` with the duty that is there.
    409 `duty-begun` where somebody has clocked in at a duty that would go.

    A duty that is the same, of the officer, the day and the shift, stays with all that was asked about it; what was
    asked about one that goes ends (`dropped`). Duties that are over stay as they are (`over`): the week is planned for
    the time to come, and one of `duties` that would be over is 422 `duty-over`, unless it was planned so.

    The `ETag` is that of the team's roster, which `GET /dispatch/v1/rosters?team=…` shows too.
    """
    check_days(first, last, MOST_DAYS)
    given = list(_given(body, first, last))
    period = Period(tenant=caller.tenant, team=code, first=first, last=last)
    try:
        async with engine.begin() as connection:
            if not await county.known(connection, team, caller.tenant, [code]):
                raise Problem(404, "place-not-found")
            by = Planning(tenant=caller.tenant, actor=caller.subject, now=now(), zone=zone)
            planned = await plan(connection, by, period, given, partial(check, if_match))
    except BadPlace as error:
        raise problem_of(error.reason, error.pointer) from error
    except RosterError as error:
        raise problem_of(error) from error
    response.headers["ETag"] = etag(planned.version)
    left_out = [LeftOutView.of(each) for each in planned.left_out]
    return PlannedView(duties=planned.duties, over=planned.over, left_out=left_out)


async def _duty_filter(
    begins_from: Annotated[Instant | None, Query(alias="from", description="Duties that end after it.")] = None,
    begins_to: Annotated[Instant | None, Query(alias="to", description="Duties that begin before it.")] = None,
    team_code: Annotated[Code | None, Query(alias="team")] = None,
    post: Code | None = None,
    community: Code | None = None,
    subject: Code | None = None,
    shift_code: Annotated[Code | None, Query(alias="shift")] = None,
) -> DutyFilter:
    check_order(begins_from, begins_to)
    return DutyFilter(
        begins_from=begins_from,
        begins_to=begins_to,
        team=team_code,
        post=post,
        community=community,
        subject=subject,
        shift=shift_code,
    )


@router.get("/rosters")
async def list_duties(
    request: Request,
    response: Response,
    caller: Staff,
    engine: ReadEngine,
    wanted: Annotated[DutyFilter, Depends(_duty_filter)],
    cursor: CursorText = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Page[DutyView]:
    """List duties in the order of their begin, with attendance; with `team`, the `ETag` is that of its roster."""
    pages = Pages(request, caller, "rosters", asdict(wanted))
    last = pages.after(cursor)
    after = None if last is None else (datetime.fromisoformat(str(last[0])), UUID(str(last[1])))
    async with engine.connect() as connection:
        if wanted.team is not None:  # before the duties, so that none is newer than the version that is told
            response.headers["ETag"] = etag(await roster_versions.of(connection, caller.tenant, wanted.team))
        rows = await rosters.page(connection, caller.tenant, wanted, after=after, size=limit + 1)
    if len(rows) > limit:
        pages.link_next(response, rows[limit - 1]["begins_at"].isoformat(), str(rows[limit - 1]["id"]))
    return Page(items=[DutyView.of(row) for row in rows[:limit]])


@router.get("/rosters/on-duty")
async def who_is_on_duty(
    caller: Staff,
    engine: ReadEngine,
    at: Annotated[Instant | None, Query(description="Now, if it is not given.")] = None,
    team_code: Annotated[Code | None, Query(alias="team")] = None,
    post: Code | None = None,
    community: Code | None = None,
    presence: Annotated[Presence | None, Query(description="Only who had come by then, or not, or had left.")] = None,
    limit: Annotated[int, Query(ge=1, le=2_000)] = 500,
) -> Page[OnDutyView]:
    """Say who is on duty where at a moment: planned, whether clocked in or not (`presence`), but not on leave."""
    moment = at or now()
    wanted = DutyFilter(
        begins_from=moment, begins_to=moment, team=team_code, post=post, community=community, state="planned"
    )
    async with engine.connect() as connection:
        rows = await rosters.at(connection, caller.tenant, wanted, moment, presence=presence, size=limit)
    return Page(items=[OnDutyView.of(row) for row in rows])


def _given(body: RosterBody, first: date, last: date) -> Iterator[Given]:
    """Yield every duty with the pointer to where the body names it."""
    for day, place in body.by_day(first, last):
        yield Given(day, place, "/week", of_week=True)
    for index, each in enumerate(body.duties):
        if not first <= each.day <= last:
            raise invalid(f"/duties/{index}/day", "outside-period", first=first, last=last)
        yield Given(each.day, each.place(), f"/duties/{index}")
