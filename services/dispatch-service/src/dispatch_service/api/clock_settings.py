"""Reading and replacing what clocks go by: limits, office hours, calendars."""

from typing import Annotated

from fastapi import APIRouter, Path, Response

from dispatch_service.api.clock_schemas import (
    CalendarBody,
    CalendarView,
    LimitsBody,
    LimitsView,
    OfficeHoursBody,
    OfficeHoursView,
)
from dispatch_service.api.deps import Administrator, Engine, ReadEngine, Staff
from dispatch_service.api.documents import facts, read, replace
from dispatch_service.api.problems import problem_of
from dispatch_service.domain.calendars import are_office_hours
from dispatch_service.domain.errors import DispatchError
from dispatch_service.persistence.clock_settings import CATEGORIES, LIMITS, OFFICE_HOURS, calendar_of
from dispatch_service.persistence.documents import Document
from dispatch_service.service.clockworks import default_limits, limits_of, spans_of, told_lines
from dispatch_service.service.years import year_of
from operations.problems import invalid
from runtime.etag import IfMatch
from runtime.problems import PROBLEM_RESPONSES

router = APIRouter(tags=["limits and calendars"], responses=PROBLEM_RESPONSES)

Year = Annotated[int, Path(ge=2000, le=2100)]


@router.get("/limits")
async def show_limits(response: Response, caller: Staff, engine: ReadEngine) -> LimitsView:
    """Show how long each stage may take, by category and grade.

    `of_categories` are the limits that the categories of intake have of themselves: they count where the tenant's own
    table has no line for the same category and stage, and before what is shipped.
    """
    told = await read(engine, caller, CATEGORIES)
    return _limits(response, await read(engine, caller, LIMITS), told)


@router.put("/limits")
async def replace_limits(
    body: LimitsBody, response: Response, caller: Administrator, engine: Engine, if_match: IfMatch
) -> LimitsView:
    """Replace all limits. The clocks of open cases follow within seconds; what was agreed until a moment stays."""
    rows = [line.model_dump(mode="json") for line in body.limits]
    try:
        limits_of(rows)
    except DispatchError as error:
        raise problem_of(error) from error
    kept = await replace(engine, caller, if_match, LIMITS, rows)
    return _limits(response, kept, await read(engine, caller, CATEGORIES))


@router.get("/office-hours")
async def show_office_hours(response: Response, caller: Staff, engine: ReadEngine) -> OfficeHoursView:
    """Show when a working day is worked."""
    return _office_hours(response, await read(engine, caller, OFFICE_HOURS))


@router.put("/office-hours")
async def replace_office_hours(
    body: OfficeHoursBody, response: Response, caller: Administrator, engine: Engine, if_match: IfMatch
) -> OfficeHoursView:
    """Replace the office hours. The clocks of open cases follow within seconds."""
    rows = [span.model_dump(by_alias=True) for span in body.spans]
    if not are_office_hours(spans_of(rows)):
        raise invalid("/spans", "office-hours-invalid")
    return _office_hours(response, await replace(engine, caller, if_match, OFFICE_HOURS, rows))


@router.get("/calendars/{year}")
async def show_calendar(year: Year, response: Response, caller: Staff, engine: ReadEngine) -> CalendarView:
    """Show a year: public holidays with their make-up workdays 调休, and the tenant's own days."""
    return _calendar(response, year, await read(engine, caller, calendar_of(year)))


@router.put("/calendars/{year}")
async def replace_calendar(
    year: Year, body: CalendarBody, response: Response, caller: Administrator, engine: Engine, if_match: IfMatch
) -> CalendarView:
    """Replace the tenant's own days of a year. The clocks of open cases follow within seconds."""
    seen = set()
    for place, day in enumerate(body.days):
        if day.date.year != year:
            raise invalid(f"/days/{place}/date", "date-outside-year", year=year)
        if day.date in seen:
            raise invalid(f"/days/{place}/date", "date-twice")
        seen.add(day.date)
    rows = [day.model_dump(mode="json") for day in body.days]
    return _calendar(response, year, await replace(engine, caller, if_match, calendar_of(year), rows))


def _limits(response: Response, setting: Document, told: Document) -> LimitsView:
    rows = default_limits() if setting.content is None else setting.content
    of_categories = told_lines(told.content)
    shown = {"limits": rows, "of_categories": of_categories, **facts(response, setting)}
    return LimitsView.model_validate(shown)


def _office_hours(response: Response, setting: Document) -> OfficeHoursView:
    spans = [{"from": f"{opens:%H:%M}", "to": f"{closes:%H:%M}"} for opens, closes in spans_of(setting.content)]
    shown = {"spans": spans, **facts(response, setting)}
    return OfficeHoursView.model_validate(shown)


def _calendar(response: Response, year: int, setting: Document) -> CalendarView:
    return CalendarView.model_validate({**year_of(year, setting.content or []), **facts(response, setting)})
