"""Plans the duties of a period by a template, on the county's calendar."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncConnection

from dispatch_service.domain.calendars import Calendar
from dispatch_service.domain.roster import Place
from dispatch_service.domain.roster_errors import DutyBegun, RosterError, TooManyDuties
from dispatch_service.domain.roster_template import (
    CountyDays,
    OnHoliday,
    OnMakeUpWorkday,
    Template,
    TemplateDay,
    expand,
)
from dispatch_service.persistence import clock_settings, county, roster_templates, rosters
from dispatch_service.persistence.rows import Row
from dispatch_service.service.clockworks import calendar_of
from dispatch_service.service.duty_planning import (
    Given,
    LeftOut,
    Period,
    apart,
    conflicts,
    known_to,
    row_of,
    stint_of,
    touching,
)
from dispatch_service.service.patrol_plans import Planning
from dispatch_service.service.roster_templates import place_of


@dataclass(frozen=True, slots=True)
class Wanted:
    """For which days a template is applied, and what a planner says of single ones, which goes before the calendar."""

    first: date
    last: date
    days_off: frozenset[date]
    as_weekday: Mapping[date, int]
    most: int
    """So many duties are planned at once, those that are left out among them."""


@dataclass(frozen=True, slots=True)
class Conflict:
    """A place that cannot be planned, and why; or a duty that cannot go."""

    day: date
    place: Place
    reason: RosterError


@dataclass(frozen=True, slots=True)
class Application:
    """What a template makes of a period."""

    template: Row
    days: Sequence[TemplateDay]
    duties: int
    replaced: int
    """How many duties go for them."""
    left_out: Sequence[LeftOut]
    conflicts: Sequence[Conflict]


async def apply(connection: AsyncConnection, by: Planning, template_id: UUID, wanted: Wanted) -> Application:
    """Make the duties of the template's team on the days that are wanted those of the template.

    Duties on leave stay, and nobody is planned while on leave. Where there are conflicts nothing is planned, and the
    transaction is to be rolled back. Raises TemplateNotFound, TooManyDuties.
    """
    await county.lock(connection, by.tenant)
    row = await roster_templates.find(connection, by.tenant, template_id)
    days = CountyDays(await _calendar(connection, by.tenant), wanted.days_off, wanted.as_weekday)
    laid_out = list(expand(_template(row), wanted.first, wanted.last, days))
    count = sum(len(each.places) + len(each.left_out) for each in laid_out)
    if count > wanted.most:
        raise TooManyDuties(wanted.most, count)
    period = Period(tenant=by.tenant, team=row["team"], first=wanted.first, last=wanted.last)
    gone = await rosters.clear(connection, by.tenant, row["team"], period.first, period.last, state="planned")
    found = [_begun(duty) for duty in gone if duty["clocked_in_at"] is not None]
    rows, left_out, flaws = await _planned(connection, period, laid_out, by.zone)
    found += flaws
    if not found:
        await rosters.add(connection, rows)
    left_out += [LeftOut(each.day, place, each.why) for each in laid_out if each.why for place in each.left_out]
    return Application(row, laid_out, len(rows), len(gone), sorted(left_out, key=lambda each: each.day), found)


async def _calendar(connection: AsyncConnection, tenant: str) -> Calendar:
    settings = await clock_settings.contents(connection, [tenant])
    return calendar_of(settings.get(tenant, {}))


async def _planned(
    connection: AsyncConnection, period: Period, days: Sequence[TemplateDay], zone: ZoneInfo
) -> tuple[list[Row], list[LeftOut], list[Conflict]]:
    """Return the duties to plan, what is left out for leave, and what cannot be."""
    given = [Given(each.day, place, "") for each in days for place in each.places]
    known = await known_to(connection, period.tenant, period.team, [each.place for each in given])
    flaws: list[Conflict] = []
    rows: dict[object, Row] = {}
    for each in given:
        flaw = known.flaw(each.place)
        if flaw is None:
            planned = row_of(period, each, known.hours[each.place.shift], zone)
            rows[planned["id"]] = planned
        else:
            flaws.append(Conflict(each.day, each.place, flaw))
    stints = [stint_of(row, key) for key, row in rows.items()]
    free, away = apart(stints, await touching(connection, period.tenant, stints, state="leave"))
    for stint, reason in await conflicts(connection, period.tenant, free):
        row = rows[stint.source]
        flaws.append(Conflict(row["day"], place_of(row), reason))
    left_out = [LeftOut(row["day"], place_of(row), "leave") for row in (rows[each.source] for each in away)]
    return [rows[each.source] for each in free], left_out, flaws


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


def _begun(duty: Row) -> Conflict:
    return Conflict(duty["day"], place_of(duty), DutyBegun())
