"""Who was on the roster and did not come, came late or left early."""

from dataclasses import asdict
from datetime import date, datetime, time, timedelta
from typing import Annotated
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Query, Request, Response

from dispatch_service.api.attendance import Watcher
from dispatch_service.api.attendance_schemas import AbsenceView
from dispatch_service.api.deps import ReadEngine, Zone
from dispatch_service.api.roster_schemas import RosterDay
from dispatch_service.domain.attendance import Absence
from dispatch_service.persistence import absences
from dispatch_service.persistence.absences import AbsenceFilter
from dispatch_service.persistence.rosters import DutyFilter
from operations.filters import Code
from operations.pages import Page, Pages
from operations.periods import check_days
from runtime.clock import now
from runtime.paging import DEFAULT_LIMIT, CursorText, Limit
from runtime.problems import PROBLEM_RESPONSES

router = APIRouter(tags=["attendance"], responses=PROBLEM_RESPONSES)
_MOST_DAYS = 31


async def _duties(
    team_code: Annotated[Code | None, Query(alias="team")] = None,
    post: Code | None = None,
    community: Code | None = None,
    subject: Code | None = None,
) -> DutyFilter:
    return DutyFilter(team=team_code, post=post, community=community, subject=subject, state="planned")


async def _absence_filter(
    zone: Zone,
    duties: Annotated[DutyFilter, Depends(_duties)],
    first: Annotated[RosterDay | None, Query(alias="from", description="The first day; today, by default.")] = None,
    last: Annotated[RosterDay | None, Query(alias="to", description="The last; as the first, by default.")] = None,
    reason: Absence | None = None,
    grace: Annotated[int, Query(ge=0, le=240, description="So many minutes late, or early, are in time.")] = 0,
) -> AbsenceFilter:
    begin = first or last or now().astimezone(zone).date()
    end = last or begin
    check_days(begin, end, _MOST_DAYS)
    return AbsenceFilter(
        begin=_midnight(begin, zone),
        end=_midnight(end + timedelta(days=1), zone),
        duties=duties,
        reason=reason,
        grace=timedelta(minutes=grace),
    )


@router.get("/rosters/absences")
async def list_absences(
    request: Request,
    response: Response,
    caller: Watcher,
    engine: ReadEngine,
    wanted: Annotated[AbsenceFilter, Depends(_absence_filter)],
    cursor: CursorText = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Page[AbsenceView]:
    """List duties of up to 31 days that were not done as planned 缺勤, in the order of their begin.

    `absent` 旷工: the duty is over and nobody has clocked in; `not_clocked_in` 未到岗: it goes on; `late` 迟到;
    `left_early` 早退; `not_clocked_out` 未签退, four hours after the end. Leave is none, and whoever took a duty over
    answers for it. `asked` is what is asked about the duty and not decided. A phone that was offline may still clear
    somebody for three days.
    """
    pages = Pages(request, caller, "absences", asdict(wanted))
    last = pages.after(cursor)
    after = None if last is None else (datetime.fromisoformat(str(last[0])), UUID(str(last[1])))
    async with engine.connect() as connection:
        rows = await absences.page(connection, caller.tenant, wanted, now(), after=after, size=limit + 1)
    if len(rows) > limit:
        pages.link_next(response, rows[limit - 1]["begins_at"].isoformat(), str(rows[limit - 1]["id"]))
    return Page(items=[AbsenceView.of(row) for row in rows[:limit]])


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone)
