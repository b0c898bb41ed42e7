"""When a place is open 开放时间: weekly hours, and what a holiday does, by the county's calendar.

Written as OpenStreetMap's `opening_hours` writes it, of which this is a part: `Mo-Fr 08:00-12:00,14:00-18:00; PH off`.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Self

from dispatch_service.domain.calendars import Calendar

WEEK = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")
HOLIDAY = "PH"
AROUND_THE_CLOCK = "24/7"

Minutes = tuple[int, int]
"""From and to, in minutes since the day began; a `to` beyond 24 hours is on the next day."""
_DAY = 24 * 60
_KNOWN_TEXTS = 10_000
_ASCII = str.maketrans("；，：－", ";,:-")
_TIME = r"(?:[01]\d|2[0-3]):[0-5]\d"
_SPAN = rf"{_TIME}-(?:{_TIME}|24:00)"
_NAME = rf"(?:{'|'.join(WEEK)})"
_DAYS = rf"(?:{_NAME}-{_NAME}|{_NAME}|{HOLIDAY})"
_RULE = re.compile(rf"(?:(?P<days>{_DAYS}(?:,{_DAYS})*) )?(?P<hours>off|{_SPAN}(?:,{_SPAN})*)", re.IGNORECASE)


class OpeningHoursInvalid(ValueError):
    """The text says no hours."""


@dataclass(frozen=True, slots=True)
class OpeningHours:
    """The hours of each weekday, and of holidays where they have their own; days that are not there have none."""

    text: str
    """In the one way of writing in which it is kept."""
    days: Mapping[str, Sequence[Minutes]]

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read hours; a later part counts before an earlier one for the same day. Raises OpeningHoursInvalid."""
        if text.strip() == AROUND_THE_CLOCK:
            return cls(AROUND_THE_CLOCK, {day: [(0, _DAY)] for day in WEEK})
        parts, days = [], dict[str, Sequence[Minutes]]()
        for part in filter(None, (each.strip() for each in text.translate(_ASCII).split(";"))):
            rule = _RULE.fullmatch(re.sub(r"\s*,\s*", ",", re.sub(r"\s+", " ", part)))
            if rule is None:
                raise OpeningHoursInvalid(part)
            named, hours = _written(rule["days"] or ""), rule["hours"].lower()
            days |= dict.fromkeys(_days(named), [] if hours == "off" else [_minutes(span) for span in hours.split(",")])
            parts.append(f"{named} {hours}".strip())
        if not parts:
            raise OpeningHoursInvalid(text)
        return cls("; ".join(parts), days)

    def is_open(self, moment: datetime, calendar: Calendar) -> bool:
        """Say whether it is open at a moment, which is given on the clock of the county."""
        minute = moment.hour * 60 + moment.minute
        today, before = moment.date(), moment.date() - timedelta(days=1)
        return self._has(today, minute, calendar) or self._has(before, minute + _DAY, calendar)

    def _has(self, day: date, minute: int, calendar: Calendar) -> bool:
        return any(start <= minute < stop for start, stop in self.days.get(self._kind_of(day, calendar), ()))

    def _kind_of(self, day: date, calendar: Calendar) -> str:
        """Return whose hours a day has: a make-up workday 调休上班日 those of the weekday that it stands for."""
        if HOLIDAY in self.days and calendar.is_holiday(day):
            return HOLIDAY
        weekday = calendar.stands_for(day) if calendar.is_make_up_workday(day) else day.isoweekday()
        return WEEK[weekday - 1]


@lru_cache(_KNOWN_TEXTS)
def opening_hours(text: str) -> OpeningHours:
    """Return the hours that a text says, read once; raises OpeningHoursInvalid."""
    return OpeningHours.parse(text)


def _written(days: str) -> str:
    return days.title().replace(HOLIDAY.title(), HOLIDAY)


def _days(named: str) -> Iterator[str]:
    """Yield the days that a part is about; one that names none is about all of the week."""
    if not named:
        yield from WEEK
    for each in filter(None, named.split(",")):
        first, _, last = each.partition("-")
        if not last:
            yield first
        else:
            start = WEEK.index(first)
            yield from (WEEK[(start + step) % 7] for step in range((WEEK.index(last) - start) % 7 + 1))


def _minutes(span: str) -> Minutes:
    start, stop = (int(clock[:2]) * 60 + int(clock[3:]) for clock in span.split("-"))
    return start, stop if stop > start else stop + _DAY
