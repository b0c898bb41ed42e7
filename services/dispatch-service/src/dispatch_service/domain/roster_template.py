"""Templates of rosters by week: what is worked on each day of a county's calendar, and what is left out of it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from typing import Literal

from dispatch_service.domain.calendars import MONDAY, Calendar
from dispatch_service.domain.roster import Place

SUNDAY = 7
_NO_CALENDAR = Calendar(lambda _day: None)
MOST_WEEKS = 8
Why = Literal["holiday", "make_up_workday", "day_off", "as_weekday"]


class OnHoliday(StrEnum):
    """What a public holiday 节假日, or a day off of the tenant's own, does to the week."""

    SKIP = "skip"
    AS_SUNDAY = "as_sunday"
    AS_USUAL = "as_usual"


class OnMakeUpWorkday(StrEnum):
    """What a Saturday or Sunday that is worked 调休上班 does to the week."""

    AS_REPLACED = "as_replaced"
    """As the weekday whose day off it makes up for; as a Monday where nobody knows which that is."""
    AS_MONDAY = "as_monday"
    AS_USUAL = "as_usual"


@dataclass(frozen=True, slots=True)
class TemplateDay:
    """A day as a template has it."""

    day: date
    worked_as: int | None
    """The weekday whose places are worked (Monday is 1); None where nobody works."""
    why: Why | None
    """Why that is not simply its own weekday; None on common days."""
    places: Sequence[Place]
    left_out: Sequence[Place]
    """Those of its own weekday that are not worked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """Weeks that are worked in turn."""

    weeks: Sequence[Mapping[int, Sequence[Place]]]
    """Places by weekday; Monday is 1."""
    turns_from: date
    """A day of a week in which the first of the weeks is worked."""
    holiday: OnHoliday = OnHoliday.SKIP
    make_up_workday: OnMakeUpWorkday = OnMakeUpWorkday.AS_REPLACED

    def week_of(self, day: date) -> Mapping[int, Sequence[Place]]:
        """Return the week that is worked in the week of `day`."""
        return self.weeks[(_monday(day) - _monday(self.turns_from)).days // 7 % len(self.weeks)]


@dataclass(frozen=True, slots=True)
class CountyDays:
    """What decides how a day is worked: the county's calendar, and what a planner says of single days before it."""

    calendar: Calendar
    days_off: frozenset[date] = frozenset()
    as_weekday: Mapping[date, int] = field(default_factory=dict)


def expand(template: Template, first: date, last: date, county: CountyDays) -> Iterator[TemplateDay]:
    """Yield the days from `first` to `last`, both included."""
    for offset in range((last - first).days + 1):
        day = first + timedelta(days=offset)
        worked_as, why = _worked_as(template, day, county)
        week = template.week_of(day)
        places = week.get(worked_as, ()) if worked_as is not None else ()
        usual = week.get(day.isoweekday(), ())
        yield TemplateDay(day, worked_as, why, places, [each for each in usual if each not in places])


def expand_week(
    week: Mapping[int, Sequence[Place]],
    first: date,
    last: date,
    *,
    days_off: frozenset[date] = frozenset(),
    as_weekday: Mapping[date, int] | None = None,
) -> Iterator[tuple[date, Place]]:
    """Yield the places of a week that repeats whatever the calendar says, but for what is said of single days."""
    plain = Template(
        weeks=[week], turns_from=first, holiday=OnHoliday.AS_USUAL, make_up_workday=OnMakeUpWorkday.AS_USUAL
    )
    for each in expand(plain, first, last, CountyDays(_NO_CALENDAR, days_off, as_weekday or {})):
        for place in each.places:
            yield each.day, place


def _worked_as(template: Template, day: date, county: CountyDays) -> tuple[int | None, Why | None]:
    usual = day.isoweekday()
    if day in county.days_off:
        return None, "day_off"
    if day in county.as_weekday:
        return county.as_weekday[day], "as_weekday"
    if county.calendar.is_holiday(day):
        worked: Mapping[OnHoliday, int | None] = {OnHoliday.SKIP: None, OnHoliday.AS_SUNDAY: SUNDAY}
        return worked.get(template.holiday, usual), "holiday"
    if county.calendar.is_make_up_workday(day):
        return _made_up(template.make_up_workday, day, county.calendar), "make_up_workday"
    return usual, None


def _made_up(way: OnMakeUpWorkday, day: date, calendar: Calendar) -> int:
    match way:
        case OnMakeUpWorkday.AS_USUAL:
            return day.isoweekday()
        case OnMakeUpWorkday.AS_MONDAY:
            return MONDAY
        case OnMakeUpWorkday.AS_REPLACED:
            return calendar.stands_for(day)


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())
