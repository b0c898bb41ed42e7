"""Which dimensions the roll-ups keep together, and which roll-ups a period is put together from.

A roll-up cell counts a day, a month or a year as it is known now, for one thing or for two. What else is asked, and
what was known at the end of a day, comes from the details: a line for each change of a day's counts, with all
dimensions and the day on which it was recorded.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import IntEnum, StrEnum
from itertools import count
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
    DEPARTMENT = "department"


LEVEL_ONE = "category_level_one"
"""大类, what figures can be broken down by as well: no cell is kept for it, those of its categories are added up."""
BROKEN_DOWN_BY: tuple[str, ...] = (*Dimension, LEVEL_ONE)


def dimension_of(name: str) -> Dimension:
    """Return what is kept of what figures are broken down by."""
    return Dimension.CATEGORY if name == LEVEL_ONE else Dimension(name)


class Kind(IntEnum):
    """Of what one term of the dictionary is a value.

    Those of an officer have the unit as well; those of a handling mode the department that it was transferred to, for
    few complaints are, so that figures by department take no cells of their own.
    """

    TENANT = 0
    UNIT = 1
    OFFICER = 2
    CATEGORY = 3
    SOURCE = 4
    HANDLING_MODE = 6
    """5 was the mode alone: replicas of the release before go on with it during an upgrade."""


_UNIT = (Dimension.COMMUNITY, Dimension.GRID, Dimension.TEAM)
TERMS: dict[Kind, tuple[Dimension, ...]] = {
    Kind.UNIT: _UNIT,
    Kind.OFFICER: (*_UNIT, Dimension.OFFICER),
    Kind.CATEGORY: (Dimension.CATEGORY,),
    Kind.SOURCE: (Dimension.SOURCE,),
    Kind.HANDLING_MODE: (Dimension.HANDLING_MODE, Dimension.DEPARTMENT),
}
"""What each kind of term says."""


class Cube(IntEnum):
    """A choice of dimensions; the smallest that has what is asked for is read."""

    TOTAL = 0
    SOURCE = 1
    HANDLING_MODE = 2
    CATEGORY = 3
    UNIT = 4
    OFFICER = 5
    SOURCE_MODE = 6
    CATEGORY_MODE = 7
    CATEGORY_SOURCE = 8
    UNIT_MODE = 9
    UNIT_SOURCE = 10
    UNIT_CATEGORY = 11
    OFFICER_MODE = 12
    OFFICER_CATEGORY = 13
    DETAIL = 14
    """All of them: no roll-up but the details themselves, which are summed up where they are few."""


KINDS: dict[Cube, tuple[Kind, ...]] = {
    Cube.TOTAL: (),
    Cube.SOURCE: (Kind.SOURCE,),
    Cube.HANDLING_MODE: (Kind.HANDLING_MODE,),
    Cube.CATEGORY: (Kind.CATEGORY,),
    Cube.UNIT: (Kind.UNIT,),
    Cube.OFFICER: (Kind.OFFICER,),
    Cube.SOURCE_MODE: (Kind.SOURCE, Kind.HANDLING_MODE),
    Cube.CATEGORY_MODE: (Kind.CATEGORY, Kind.HANDLING_MODE),
    Cube.CATEGORY_SOURCE: (Kind.CATEGORY, Kind.SOURCE),
    Cube.UNIT_MODE: (Kind.UNIT, Kind.HANDLING_MODE),
    Cube.UNIT_SOURCE: (Kind.UNIT, Kind.SOURCE),
    Cube.UNIT_CATEGORY: (Kind.UNIT, Kind.CATEGORY),
    Cube.OFFICER_MODE: (Kind.OFFICER, Kind.HANDLING_MODE),
    Cube.OFFICER_CATEGORY: (Kind.OFFICER, Kind.CATEGORY),
    Cube.DETAIL: (Kind.OFFICER, Kind.CATEGORY, Kind.SOURCE, Kind.HANDLING_MODE),
}
KEPT: dict[Cube, tuple[Dimension, ...]] = {
    cube: tuple(name for kind in kinds for name in TERMS[kind]) for cube, kinds in KINDS.items()
}
ROLLED_UP = tuple(cube for cube in Cube if cube is not Cube.DETAIL)
WITH_WORK = frozenset({cube for cube in ROLLED_UP if len(KINDS[cube]) < 2} | {Cube.DETAIL})
"""Those that are small enough to keep work, which is times of work and deeds, and the details."""


def cube_of(dimensions: Collection[Dimension], *, with_work: bool = False) -> Cube:
    """Return the smallest cube that keeps all of `dimensions`, and times of work and deeds where they are wanted."""
    return next(
        cube for cube, kept in KEPT.items() if set(dimensions) <= set(kept) and (cube in WITH_WORK or not with_work)
    )


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
    """Cells of a grain, of periods that begin from `first` to before `end`."""

    grain: Grain
    first: date
    end: date


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

        The one before is as many months earlier as it takes to have no day in common, so one month where it is no
        longer than that. Whole months are compared with whole months; of others, a day that the earlier month does not
        have becomes its last one.
        """
        months = 12 if step == "year" else next(n for n in count(1) if _earlier(self.last, n) < self.first)
        first, last = _earlier(self.first, months), _earlier(self.last, months)
        if self.first.day == 1 and Grain.MONTH.next(self.last) == self.last + timedelta(days=1):
            last = Grain.MONTH.next(last) - timedelta(days=1)
        return type(self)(first, last)

    def pieces(self, *, coarsest: Grain = Grain.YEAR) -> Iterator[Piece]:
        """Yield what the period is the sum of."""
        return _pieces(self.first, self.last + timedelta(days=1), coarsest)


def _earlier(day: date, months: int) -> date:
    month = day.year * 12 + day.month - 1 - months
    first = date(month // 12, month % 12 + 1, 1)
    return first.replace(day=min(day.day, (Grain.MONTH.next(first) - timedelta(days=1)).day))


def _pieces(first: date, end: date, grain: Grain) -> Iterator[Piece]:
    """Split the days from `first` to before `end` into whole periods as long as can be."""
    if first >= end:
        return
    if grain is Grain.DAY:
        yield Piece(grain, first, end)
        return
    finer = Grain(grain - 1)
    begin = first if grain.floor(first) == first else grain.next(first)
    stop = grain.floor(end)
    if begin >= stop:
        yield from _pieces(first, end, finer)
        return
    yield from _pieces(first, begin, finer)
    yield Piece(grain, begin, stop)
    yield from _pieces(stop, end, finer)
