"""On which days a patrol plan wants a patrol."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

IsWorking = Callable[[date], bool]
"""Says of a day whether it is worked."""
_FAR = timedelta(days=3 * 366)
"""A rule that finds no day for so long finds none: holidays move, but not for three years."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recurrence:
    """Days from `first` to `last`, both included; without `last` there is no end.

    One of `weekdays` (Monday is 1), `every_days` (counted from `first`) and `dates` says which; the other two are as
    they are by default. By default it is every day. `working_days_only` leaves out days that are not worked.
    """

    first: date
    last: date | None = None
    weekdays: frozenset[int] = frozenset()
    every_days: int = 1
    dates: frozenset[date] = frozenset()
    working_days_only: bool = False

    def days(self, begin: date, end: date, is_working: IsWorking) -> Iterator[date]:
        """Yield the days from `begin` to `end`, both included, in order."""
        begin, end = max(begin, self.first), min(end, self.last or end)
        for day in self._candidates(begin, end):
            if not self.working_days_only or is_working(day):
                yield day

    def next_day(self, begin: date, is_working: IsWorking) -> date | None:
        """Return the first day from `begin` on; None where it never happens again."""
        begin = max(begin, self.first)
        end = max(self.dates) if self.dates else begin + min(_FAR, date.max - begin)
        return next(self.days(begin, end, is_working), None)

    def _candidates(self, begin: date, end: date) -> Iterator[date]:
        if self.dates:
            yield from sorted(day for day in self.dates if begin <= day <= end)
            return
        step = self.every_days
        number = (begin - self.first).days + -(begin - self.first).days % step
        for offset in range(number, (end - self.first).days + 1, step):
            day = self.first + timedelta(days=offset)
            if not self.weekdays or day.isoweekday() in self.weekdays:
                yield day
