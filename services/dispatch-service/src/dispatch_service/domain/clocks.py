"""The clock of a case: by when each stage is due, what its light shows, and when somebody is told."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal, Protocol

from dispatch_service.domain.limits import Allowance, Grade, LimitTable, Stage, Unit
from dispatch_service.domain.working_time import WorkingTime

Light = Literal["green", "yellow", "red"]
"""To 80 % of the limit, to 100 %, and beyond."""
WARNING, DUE, TWICE = 80, 100, 200
LEVELS = (WARNING, DUE, TWICE)
"""Per cent of the limit to resolve at which somebody is told."""


class Counting(Protocol):
    """How time is added and measured in one unit."""

    def add(self, moment: datetime, amount: timedelta) -> datetime:
        """Return the moment by which `amount` has passed since `moment`; back in time for a negative amount."""

    def between(self, begin: datetime, end: datetime) -> timedelta:
        """Return how much time passes from `begin` to `end`."""


class NaturalTime:
    """Every moment counts."""

    def add(self, moment: datetime, amount: timedelta) -> datetime:
        """Return the moment by which `amount` has passed since `moment`."""
        return moment + amount

    def between(self, begin: datetime, end: datetime) -> timedelta:
        """Return the time from `begin` to `end`."""
        return end - begin


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """The times of one case in one round.

    `budget` is the time to resolve it, counted in `unit`; `warn_at`, `promised_at` (承诺时限) and `twice_at` are when
    80, 100 and 200 % of it have passed. `escalated` is the highest of these levels that was announced, 0 for none.
    """

    unit: Unit
    budget: timedelta
    accept_by: datetime
    on_site_by: datetime
    warn_at: datetime
    promised_at: datetime
    twice_at: datetime
    escalated: int = 0

    @property
    def timer_at(self) -> datetime | None:
        """When the next level is reached; None after the last."""
        level = self.next_level
        return None if level is None else {WARNING: self.warn_at, DUE: self.promised_at, TWICE: self.twice_at}[level]

    def after(self, former: "Clock | None") -> "Clock":
        """Return this clock as the successor of `former` in the same round: what was announced stays announced."""
        return self if former is None else replace(self, escalated=former.escalated)

    @property
    def next_level(self) -> int | None:
        """The level that is announced next: each once, in order, whatever happens to the times."""
        return next((level for level in LEVELS if level > self.escalated), None)


class Clockwork:
    """Sets the clocks of one tenant's cases, by its limits and its calendar."""

    def __init__(self, version: int, limits: LimitTable, office: WorkingTime, days: WorkingTime) -> None:
        """`version` grows with each change of the settings; `office` counts working hours, `days` working days."""
        natural = NaturalTime()
        self.version = version
        self._limits = limits
        self._countings: Mapping[Unit, Counting] = {
            Unit.HOURS: natural,
            Unit.DAYS: natural,
            Unit.WORKING_HOURS: office,
            Unit.WORKING_DAYS: days,
        }

    def start(
        self,
        category: str | None,
        grade: Grade,
        *,
        begun_at: datetime,
        assigned_at: datetime,
        deadline: datetime | None = None,
    ) -> Clock:
        """Return the clock of a case whose round began at `begun_at` and whose team has it since `assigned_at`.

        No stage is due after the whole: the promised time bounds the others. A `deadline` of a superior is the promised
        time where the limit ends later, counted in natural hours; one that was over before the round began binds it no
        more.
        """
        limits = self._limits.of(category, grade)
        unit, budget = limits[Stage.RESOLVE].unit, limits[Stage.RESOLVE].time
        promised_at = self._countings[unit].add(begun_at, budget)
        if deadline is not None and begun_at < deadline < promised_at:  # whether anybody works on that day or not
            unit, budget, promised_at = Unit.HOURS, deadline - begun_at, deadline
        counting = self._countings[unit]
        due = {
            stage: min(self._countings[limits[stage].unit].add(assigned_at, limits[stage].time), promised_at)
            for stage in (Stage.ACCEPT, Stage.ON_SITE)
        }
        return Clock(
            unit=unit,
            budget=budget,
            accept_by=due[Stage.ACCEPT],
            on_site_by=due[Stage.ON_SITE],
            warn_at=counting.add(begun_at, budget * WARNING / DUE),
            promised_at=promised_at,
            twice_at=counting.add(begun_at, budget * TWICE / DUE),
        )

    def return_by(self, category: str | None, grade: Grade, assigned_at: datetime) -> datetime | None:
        """Return until when a team that has a case since `assigned_at` may give it back; None for no limit."""
        limit = self._limits.of(category, grade).get(Stage.RETURN)
        return None if limit is None else self.end_of(limit, assigned_at)

    def end_of(self, allowance: Allowance, begin: datetime) -> datetime:
        """Return when so much time has passed since `begin`."""
        return self._countings[allowance.unit].add(begin, allowance.time)

    def reassign(self, clock: Clock, category: str | None, grade: Grade, assigned_at: datetime) -> Clock:
        """Return the clock of a case that went to another team: the promise stands, the stages before it begin anew."""
        fresh = self.start(category, grade, begun_at=assigned_at, assigned_at=assigned_at)
        return replace(
            clock,
            accept_by=min(fresh.accept_by, clock.promised_at),
            on_site_by=min(fresh.on_site_by, clock.promised_at),
        )

    def extend(self, clock: Clock, until: datetime) -> Clock:
        """Return the clock of a case that has time until `until`, which lies after the promised time."""
        counting = self._countings[clock.unit]
        budget = clock.budget + counting.between(clock.promised_at, until)
        return replace(
            clock,
            budget=budget,
            warn_at=counting.add(until, -(budget - budget * WARNING / DUE)),
            promised_at=until,
            twice_at=counting.add(until, budget * TWICE / DUE - budget),
        )

    def resume(self, clock: Clock, suspended_at: datetime, resumed_at: datetime) -> Clock:
        """Return the clock of a case that stood still between the two: what was left of each time is left again."""
        counting = self._countings[clock.unit]

        def shifted(moment: datetime) -> datetime:
            if moment <= suspended_at:
                return moment
            return max(moment, counting.add(resumed_at, counting.between(suspended_at, moment)))

        return replace(
            clock,
            accept_by=shifted(clock.accept_by),
            on_site_by=shifted(clock.on_site_by),
            warn_at=shifted(clock.warn_at),
            promised_at=shifted(clock.promised_at),
            twice_at=shifted(clock.twice_at),
        )
