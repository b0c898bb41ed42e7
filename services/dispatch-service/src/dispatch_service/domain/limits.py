"""How much time the work may take: limits by category, grade and stage."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from contracts import categories
from dispatch_service.domain.errors import LimitMissing, LimitTwice


class Unit(StrEnum):
    """What a limit is counted in."""

    HOURS = "hours"
    """自然时: on every day, day and night."""
    DAYS = "days"
    """自然日: 24 hours each."""
    WORKING_HOURS = "working_hours"
    """工作时: within office hours."""
    WORKING_DAYS = "working_days"
    """工作日: 24 hours each, of which only those of working days count."""

    @property
    def length(self) -> timedelta:
        """The time that one of it takes of the hours that count."""
        return timedelta(days=1) if self in {Unit.DAYS, Unit.WORKING_DAYS} else timedelta(hours=1)


class Grade(StrEnum):
    """How urgent a case is 级别: ordinary unless a dispatcher says otherwise."""

    ORDINARY = "ordinary"
    URGENT = "urgent"
    EMERGENCY = "emergency"


class Stage(StrEnum):
    """What a limit is for: returning, accepting and getting there count from the assignment to the team, resolving
    from the first assignment of the round.
    """

    RETURN = "return"
    ACCEPT = "accept"
    ON_SITE = "on_site"
    RESOLVE = "resolve"


NEEDED = (Stage.ACCEPT, Stage.ON_SITE, Stage.RESOLVE)
"""A table has a limit of these for every case; one without a limit to return lets units return cases at any time."""


@dataclass(frozen=True, slots=True)
class Allowance:
    """An amount of time in its unit."""

    amount: int
    unit: Unit

    @property
    def time(self) -> timedelta:
        """What it comes to in time that counts."""
        return self.amount * self.unit.length


@dataclass(frozen=True, slots=True)
class Limit:
    """One line of the table; `category` and `grade` None stand for all."""

    category: str | None
    grade: Grade | None
    stage: Stage
    allowance: Allowance


class LimitTable:
    """The limits of one tenant: of those that fit a case, the one with the lowest category counts, then the grade's."""

    def __init__(self, limits: Iterable[Limit]) -> None:
        """Raises LimitTwice for a second limit of the same case, LimitMissing for a stage without a limit for all."""
        self._limits: dict[tuple[str | None, Grade | None, Stage], Allowance] = {}
        for place, limit in enumerate(limits):
            key = (limit.category, limit.grade, limit.stage)
            if key in self._limits:
                raise LimitTwice(place)
            self._limits[key] = limit.allowance
        for stage in NEEDED:
            if (None, None, stage) not in self._limits:
                raise LimitMissing(stage)

    def of(self, category: str | None, grade: Grade) -> Mapping[Stage, Allowance]:
        """Return the limit of each stage for a case of that category (levels are parted by dots) and grade."""
        levels = levels_of(category)
        found = {stage: self._find(levels, grade, stage) for stage in Stage}
        return {stage: allowance for stage, allowance in found.items() if allowance is not None}

    def _find(self, levels: list[str | None], grade: Grade, stage: Stage) -> Allowance | None:
        keys = ((level, which, stage) for level in levels for which in (grade, None))
        return next((self._limits[key] for key in keys if key in self._limits), None)


def levels_of(category: str | None) -> list[str | None]:
    """Return the category, those above it, and None for all, the lowest first."""
    return [*categories.levels_of(category), None]
