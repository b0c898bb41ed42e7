"""The working days and office hours of a tenant."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, time

from dispatch_service.domain.working_time import MIDNIGHT, WHOLE_DAY, Span, WorkingTime

MONDAY = 1
OFFICE_HOURS: Sequence[Span] = ((time(9), time(12)), (time(13), time(18)))
"""Of a tenant that has not set its own."""


def _nameless(_day: date) -> None:
    return None


@dataclass(frozen=True, slots=True)
class Calendar:
    """Which days a tenant works, and when.

    `holidays` says of a day whether the State Council's notice makes it a working day; None where it has none. Then
    Monday to Friday are.
    """

    holidays: Callable[[date], bool | None]
    overrides: Mapping[date, bool] = field(default_factory=dict)
    """The tenant's own word, which goes before all else."""
    office_hours: Sequence[Span] = OFFICE_HOURS
    name_of: Callable[[date], str | None] = _nameless
    """The name of a public holiday; None for days that have none."""
    replaced: Callable[[date], int | None] = _nameless
    """The weekday whose day off a make-up workday stands for (Monday is 1); None where nobody knows."""

    def is_working(self, day: date) -> bool:
        """Say whether `day` is a working day."""
        own = self.overrides.get(day)
        if own is not None:
            return own
        official = self.holidays(day)
        return is_weekday(day) if official is None else official

    def is_holiday(self, day: date) -> bool:
        """Say whether `day` is a day off that has a name, or is the tenant's own."""
        return not self.is_working(day) and (self.overrides.get(day) is False or self.name_of(day) is not None)

    def is_make_up_workday(self, day: date) -> bool:
        """Say whether `day` is a Saturday or Sunday that is worked."""
        return self.is_working(day) and not is_weekday(day)

    def stands_for(self, day: date) -> int:
        """Return the weekday that a make-up workday stands for; a Monday, where no notice says."""
        return self.replaced(day) or MONDAY

    def office(self) -> WorkingTime:
        """Return the counting of working hours."""
        return WorkingTime(self.office_hours, self.is_working)

    def days(self) -> WorkingTime:
        """Return the counting of working days."""
        return WorkingTime(WHOLE_DAY, self.is_working)


def is_weekday(day: date) -> bool:
    """Say whether `day` is one from Monday to Friday."""
    return day.weekday() < 5


def are_office_hours(spans: Sequence[Span]) -> bool:
    """Say whether `spans` are in order, apart, and each longer than nothing; 00:00 ends the day."""
    ends = [_minutes(stop) or 24 * 60 for _, stop in spans]
    starts = [_minutes(start) for start, _ in spans]
    inside = all(start < end for start, end in zip(starts, ends, strict=True))
    return bool(spans) and inside and all(end <= start for end, start in zip(ends, starts[1:], strict=False))


def _minutes(clock: time) -> int:
    return 0 if clock == MIDNIGHT else clock.hour * 60 + clock.minute
