"""Time that counts: office hours, or whole days, of working days only."""

from bisect import bisect_right
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")
MIDNIGHT = time(0)

Span = tuple[time, time]
"""From and to on one day; a `to` of 00:00 is the end of the day."""
WHOLE_DAY: Sequence[Span] = ((MIDNIGHT, MIDNIGHT),)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_SPARE_YEARS = 2


class WorkingTime:
    """Adds and measures the time that lies within `spans` of working days.

    What lies between two spans takes no time. Spans are kept with the working time before each of them, so that adding
    and measuring are binary searches; years are laid out when they are first asked for.
    """

    def __init__(self, spans: Sequence[Span], is_working: Callable[[date], bool], zone: ZoneInfo = SHANGHAI) -> None:
        """`spans` are in order, apart, and not empty; `is_working` says it of a day of `zone`."""
        self._day = spans
        self._is_working = is_working
        self._zone = zone
        self._first = self._end = 0
        self._laid_out = (0, 0)
        self._starts: list[int] = []
        self._ends: list[int] = []
        self._before: list[int] = []

    def add(self, moment: datetime, amount: timedelta) -> datetime:
        """Return the earliest moment, in UTC, by which `amount` of working time has passed since `moment`.

        A negative amount goes back, to the latest moment from which so much passes until `moment`. No amount at all
        gives `moment` itself. OverflowError where no date is so far away.
        """
        if not amount:
            return moment.astimezone(UTC)
        wanted = self._elapsed(moment) + amount // _MICROSECOND
        while not self._before or wanted > self._total or wanted < 0:
            wanted += self._widen(later=wanted >= 0)
        place = bisect_right(self._before, wanted - 1 if amount > timedelta() else wanted) - 1
        return _EPOCH + timedelta(microseconds=self._starts[place] + wanted - self._before[place])

    def between(self, begin: datetime, end: datetime) -> timedelta:
        """Return the working time from `begin` to `end`; negative where `end` is the earlier one."""
        self._elapsed(min(begin, end))  # lays out earlier years, from which all else is counted
        return timedelta(microseconds=self._elapsed(end) - self._elapsed(begin))

    @property
    def _total(self) -> int:
        return self._before[-1] + self._ends[-1] - self._starts[-1] if self._before else 0

    def _elapsed(self, moment: datetime) -> int:
        """Return the working time, in microseconds, from the first day laid out until `moment`."""
        at = (moment - _EPOCH) // _MICROSECOND
        if not self._laid_out[0] <= at < self._laid_out[1]:
            self._cover(moment.astimezone(self._zone).year)
        place = bisect_right(self._starts, at) - 1
        if place < 0:
            return 0
        return self._before[place] + min(at, self._ends[place]) - self._starts[place]

    def _cover(self, year: int) -> None:
        if not self._end:
            self._lay_out(year, year + _SPARE_YEARS)
        elif year < self._first:
            self._lay_out(year, self._end)
        else:
            self._lay_out(self._first, year + _SPARE_YEARS)

    def _widen(self, *, later: bool) -> int:
        """Lay out more years; return by how much working time since the first day has grown thereby."""
        years = max(_SPARE_YEARS, self._end - self._first)
        if later:
            self._lay_out(self._first, self._end + years)
            return 0
        total = self._total
        self._lay_out(self._first - years, self._end)
        return self._total - total

    def _lay_out(self, first: int, end: int) -> None:
        """Lay out the years from `first` until before `end`."""
        if first < 1 or end > date.max.year:
            raise OverflowError("no date is so far away")
        self._first, self._end = first, end
        self._laid_out = (
            self._microseconds(date(first, 1, 1), MIDNIGHT),
            self._microseconds(date(end, 1, 1), MIDNIGHT),
        )
        self._starts, self._ends, self._before = [], [], []
        elapsed = 0
        day, last = date(first, 1, 1), date(end, 1, 1)
        while day < last:
            if self._is_working(day):
                for span in self._day:
                    start, stop = self._bounds(day, span)
                    self._starts.append(start)
                    self._ends.append(stop)
                    self._before.append(elapsed)
                    elapsed += stop - start
            day += timedelta(days=1)

    def _bounds(self, day: date, span: Span) -> tuple[int, int]:
        start, stop = span
        last = day + timedelta(days=1) if stop == MIDNIGHT else day
        return self._microseconds(day, start), self._microseconds(last, stop)

    def _microseconds(self, day: date, clock: time) -> int:
        return (datetime.combine(day, clock, self._zone) - _EPOCH) // _MICROSECOND
