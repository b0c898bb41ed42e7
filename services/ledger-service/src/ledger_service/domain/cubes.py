"""Which dimensions the roll-ups keep together, and which roll-ups a period is put together from.

A roll-up cell counts a period (a day, a month or a year) as far as it was recorded in a period of the same grain. So
what was known at the end of a day is a sum of cells too, and a correction changes no cell of an earlier day.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import IntEnum, StrEnum
from typing import NamedTuple, Self

BEGIN = date(1900, 1, 1)
"""Nothing is counted before."""


class Dimension(StrEnum):
    """What figures are broken down by."""

    COMMUNITY = "community"
    GRID = "grid"
    TEAM = "team"
    OFFICER = "officer"
    CATEGORY = "category"
    SOURCE = "source"
    HANDLING_MODE = "handling_mode"


_UNIT = (Dimension.COMMUNITY, Dimension.GRID, Dimension.TEAM)


class Cube(IntEnum):
    """A choice of dimensions; the smallest that has what is asked for is read."""

    TOTAL = 0
    SOURCE = 1
    HANDLING_MODE = 2
    CATEGORY = 3
    UNIT = 4
    OFFICER = 5
    UNIT_MATTER = 6
    OFFICER_MATTER = 7


KEPT: dict[Cube, tuple[Dimension, ...]] = {
    Cube.TOTAL: (),
    Cube.SOURCE: (Dimension.SOURCE,),
    Cube.HANDLING_MODE: (Dimension.HANDLING_MODE,),
    Cube.CATEGORY: (Dimension.CATEGORY,),
    Cube.UNIT: _UNIT,
    Cube.OFFICER: (*_UNIT, Dimension.OFFICER),
    Cube.UNIT_MATTER: (*_UNIT, Dimension.CATEGORY, Dimension.SOURCE, Dimension.HANDLING_MODE),
    Cube.OFFICER_MATTER: (*_UNIT, Dimension.OFFICER, Dimension.CATEGORY, Dimension.HANDLING_MODE),
}
WITH_DURATIONS = frozenset(Cube) - {Cube.UNIT_MATTER, Cube.OFFICER_MATTER}
"""Those that are small enough to keep times of work."""


def cube_of(dimensions: Collection[Dimension]) -> Cube | None:
    """Return the smallest cube that keeps all of `dimensions`; None where none does."""
    return next((cube for cube, kept in KEPT.items() if set(dimensions) <= set(kept)), None)


class Grain(IntEnum):
    """How long the period of a cell is."""

    DAY = 1
    MONTH = 2
    YEAR = 3

    def floor(self, day: date) -> date:
        """Return the first day of the period that `day` is in."""
        if self is Grain.DAY:
            return day
        return day.replace(day=1) if self is Grain.MONTH else day.replace(month=1, day=1)

    def next(self, day: date) -> date:
        """Return the first day of the period after that of `day`."""
        if self is Grain.DAY:
            return day + timedelta(days=1)
        if self is Grain.YEAR:
            return date(day.year + 1, 1, 1)
        return date(day.year + day.month // 12, day.month % 12 + 1, 1)


class Piece(NamedTuple):
    """Cells of a grain: periods that begin from `first` to before `end`, recorded in ones from `since` to `until`.

    `until` is a day too, before which they began; None is no limit.
    """

    grain: Grain
    first: date
    end: date
    since: date | None = None
    until: date | None = None


@dataclass(frozen=True, slots=True)
class Period:
    """Days from `first` to `last`, both included; `first` may be the later one, then there are none."""

    first: date
    last: date

    @property
    def days(self) -> int:
        """How many days it has."""
        return (self.last - self.first).days + 1

    def before(self, step: str) -> Self:
        """Return the period that it is compared with: `month` 环比, the one before it, or `year` 同比, a year earlier.

        Whole months are compared with as many whole months; other days with those of the month before, where a day
        that this does not have becomes its last one.
        """
        months = 1 if step == "month" else 12
        if self.first.day == 1 and Grain.MONTH.next(self.last) == self.last + timedelta(days=1):
            months = months if step == "year" else self._months()
            end = Grain.MONTH.next(_earlier(self.last.replace(day=1), months))
            return type(self)(_earlier(self.first, months), end - timedelta(days=1))
        return type(self)(_earlier(self.first, months), _earlier(self.last, months))

    def pieces(self, *, coarsest: Grain = Grain.YEAR, as_of: date | None = None) -> Iterator[Piece]:
        """Yield what the period is the sum of: all that was ever recorded, or up to the end of the day `as_of`."""
        for grain, first, end in _spans(self.first, self.last + timedelta(days=1), coarsest):
            if as_of is None:
                yield Piece(grain, first, end)
            else:
                yield from _recorded(grain, first, end, as_of)

    def _months(self) -> int:
        return (self.last.year - self.first.year) * 12 + self.last.month - self.first.month + 1


def _earlier(day: date, months: int) -> date:
    month = day.year * 12 + day.month - 1 - months
    first = date(month // 12, month % 12 + 1, 1)
    return first.replace(day=min(day.day, (Grain.MONTH.next(first) - timedelta(days=1)).day))


def _spans(first: date, end: date, grain: Grain) -> Iterator[tuple[Grain, date, date]]:
    """Split the days from `first` to before `end` into whole periods as long as can be."""
    if first >= end:
        return
    if grain is Grain.DAY:
        yield grain, first, end
        return
    finer = Grain(grain - 1)
    begin = first if grain.floor(first) == first else grain.next(first)
    stop = grain.floor(end)
    if begin >= stop:
        yield from _spans(first, end, finer)
        return
    yield from _spans(first, begin, finer)
    yield grain, begin, stop
    yield from _spans(stop, end, finer)


def _recorded(grain: Grain, first: date, end: date, as_of: date) -> Iterator[Piece]:
    """Split what was recorded of some periods by the end of `as_of`: the longer ago, the coarser."""
    since: date | None = None
    for each in range(grain, 0, -1):
        finer = Grain(each)
        until = finer.floor(as_of) if finer is not Grain.DAY else as_of + timedelta(days=1)
        yield Piece(finer, first, end, since, until)
        since = until
