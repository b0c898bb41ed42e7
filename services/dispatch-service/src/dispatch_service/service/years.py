"""A year of a tenant's calendar, as people read it."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from dispatch_service.domain.calendars import Calendar, is_weekday
from dispatch_service.service import holidays
from dispatch_service.service.clockworks import days_of


def year_of(year: int, own: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return how many days of `year` are worked, and those that are not as their day of the week would have it.

    `own` are the tenant's own days of that year, as JSON has them.
    """
    calendar = Calendar(holidays.official, days_of(own))
    names = {date.fromisoformat(row["date"]): row["name"] for row in own}
    days = [
        {
            "date": day,
            "working": calendar.is_working(day),
            "name": names[day] if day in names else holidays.name_of(day),
            "own": day in names,
        }
        for day in _days(year)
        if day in names or calendar.is_working(day) != is_weekday(day)
    ]
    return {
        "year": year,
        "holidays_known": holidays.is_known(year),
        "working_days": sum(calendar.is_working(day) for day in _days(year)),
        "days": days,
    }


def _days(year: int) -> Iterator[date]:
    day = date(year, 1, 1)
    while day.year == year:
        yield day
        day += timedelta(days=1)
