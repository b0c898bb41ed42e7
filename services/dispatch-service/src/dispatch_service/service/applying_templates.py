"""Plans the duties of a period by a template, on the county's calendar."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from dispatch_service.domain.calendars import Calendar
from dispatch_service.domain.roster import Place
from dispatch_service.domain.roster_template import (
    CountyDays,
    OnHoliday,
    OnMakeUpWorkday,
    Template,
    TemplateDay,
    expand,
)
from dispatch_service.persistence import clock_settings, county, roster_templates, roster_versions
from dispatch_service.persistence.rows import Row
from dispatch_service.service import replanning
from dispatch_service.service.clockworks import calendar_of
from dispatch_service.service.duty_planning import Given, LeftOut, Period, check_count, place_of
from dispatch_service.service.patrol_plans import Planning
from dispatch_service.service.replanning import Flaw


@dataclass(frozen=True, slots=True)
class Wanted:
    """For which days a template is applied, and what a planner says of single ones, which goes before the calendar."""

    first: date
    last: date
    days_off: frozenset[date]
    as_weekday: Mapping[date, int]


@dataclass(frozen=True, slots=True)
class Application:
    """What a template makes of a period."""

    template: Row
    days: Sequence[TemplateDay]
    duties: int
    replaced: int
    """How many duties go for them."""
    over: int
    """How many are over, and stay."""
    left_out: Sequence[LeftOut]
    conflicts: Sequence[Flaw]
    version: int
    """Of the team's roster."""


async def apply(
    connection: AsyncConnection,
    by: Planning,
    template_id: UUID,
    wanted: Wanted,
    check_version: Callable[[int], None],
    *,
    dry_run: bool,
) -> Application:
    """Make the duties of the template's team on the days that are wanted those of the template.

    Duties that are the same, are over or on leave stay, and nobody is planned while on leave. Where there are
    conflicts, and with `dry_run`, nothing is planned. `check_version` raises where the caller saw another version of
    the team's roster. Raises TemplateNotFound, TooManyDuties.
    """
    await county.lock(connection, by.tenant)
    row = await roster_templates.find(connection, by.tenant, template_id)
    version = await roster_versions.of(connection, by.tenant, row["team"])
    check_version(version)
    days = CountyDays(await _calendar(connection, by.tenant), wanted.days_off, wanted.as_weekday)
    laid_out = list(expand(_template(row), wanted.first, wanted.last, days))
    check_count(sum(len(each.places) + len(each.left_out) for each in laid_out))
    period = Period(tenant=by.tenant, team=row["team"], first=wanted.first, last=wanted.last)
    given = [Given(each.day, place, "", of_week=True) for each in laid_out for place in each.places]
    replan = await replanning.draft(connection, period, given, by.zone, by.now)
    if not (dry_run or replan.flaws):
        version = await replanning.carry_out(connection, replan, by.actor, by.now)
    left_out = [LeftOut(each.day, place, each.why) for each in laid_out if each.why for place in each.left_out]
    return Application(
        template=row,
        days=laid_out,
        duties=replan.duties,
        replaced=len(replan.gone),
        over=replan.over,
        left_out=sorted([*replan.left_out, *left_out], key=lambda each: each.day),
        conflicts=replan.flaws,
        version=version,
    )


async def _calendar(connection: AsyncConnection, tenant: str) -> Calendar:
    settings = await clock_settings.contents(connection, [tenant])
    return calendar_of(settings.get(tenant, {}))


def _template(row: Row) -> Template:
    weeks: list[dict[int, list[Place]]] = []
    for given in row["weeks"]:
        week: dict[int, list[Place]] = {}
        for place in given:
            week.setdefault(place["weekday"], []).append(place_of(place))
        weeks.append(week)
    return Template(
        weeks=weeks,
        turns_from=row["turns_from"],
        holiday=OnHoliday(row["holiday"]),
        make_up_workday=OnMakeUpWorkday(row["make_up_workday"]),
    )
