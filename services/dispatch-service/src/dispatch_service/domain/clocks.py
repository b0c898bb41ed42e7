"""The clock of a case: by when each stage is due, what its light shows, and when somebody is told."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Literal, NamedTuple, TypedDict

from dispatch_service.domain.counting import Counting, NaturalTime
from dispatch_service.domain.limits import Allowance, Grade, LimitTable, Stage, Unit
from dispatch_service.domain.stage_times import DUE, TWICE, WARNING, Level, StageTimes
from dispatch_service.domain.working_time import WorkingTime

Light = Literal["green", "yellow", "red"]
"""To 80 % of the limit, to 100 %, and beyond."""
RUNS_FIRST = (Stage.ACCEPT, Stage.ON_SITE, Stage.RESOLVE)
"""The stages that have timers, in the order in which they end."""


class Timer(NamedTuple):
    """A level of a stage's limit that is announced at its time."""

    at: datetime
    stage: Stage
    level: Level


class ToldTimes(TypedDict):
    """What events say of a clock."""

    promised_at: datetime
    warn_at: datetime | None
    accept_by: datetime
    on_site_by: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """The times of one case in one round: those of each stage, of which the last is that of the whole.

    `budget` is the time to resolve it, counted in `unit`.
    """

    unit: Unit
    budget: timedelta
    accept: StageTimes
    on_site: StageTimes
    resolve: StageTimes

    @property
    def accept_by(self) -> datetime:
        """By when the unit is to accept it."""
        return self.accept.due_at

    @property
    def on_site_by(self) -> datetime:
        """By when somebody of the unit is to be on site."""
        return self.on_site.due_at

    @property
    def warn_at(self) -> datetime | None:
        """When 80 % of the time to resolve it have passed."""
        return self.resolve.warn_at

    @property
    def promised_at(self) -> datetime:
        """承诺时限: by when it is to be resolved."""
        return self.resolve.due_at

    def told(self) -> ToldTimes:
        """Return what events say of it."""
        return {
            "promised_at": self.promised_at,
            "warn_at": self.warn_at,
            "accept_by": self.accept_by,
            "on_site_by": self.on_site_by,
        }

    def of(self, stage: Stage) -> StageTimes:
        """Return the times of one of the stages that have timers."""
        return {Stage.ACCEPT: self.accept, Stage.ON_SITE: self.on_site, Stage.RESOLVE: self.resolve}[stage]

    def after(self, former: "Clock | None", *, is_same_unit: bool) -> "Clock":
        """Return this clock as the successor of `former` in the same round: what was announced stays announced.

        Another unit begins anew with what it has to accept, and to come for.
        """
        if former is None:
            return self
        clock = replace(self, resolve=self.resolve.after(former.resolve))
        if is_same_unit:
            clock = replace(clock, accept=self.accept.after(former.accept), on_site=self.on_site.after(former.on_site))
        return clock

    def announce_due(self, timers: Mapping[Stage, datetime | None], now: datetime) -> "tuple[Clock, list[Timer]]":
        """Return the clock after all that is to be announced until `now`, and that, the longest due first.

        `timers` says of the stages that run when the next level of each is reached, if one is.
        """
        clock, waiting, announced = self, dict(timers), []
        while (stage := _earliest(waiting, now)) is not None:
            times, at = clock.of(stage), waiting[stage]
            if at is not None and times.next_level is not None:
                announced.append(Timer(at, stage, times.next_level))
                times = times.announced(times.next_level, now)
                changes: dict[str, Any] = {stage.value: times}
                clock = replace(clock, **changes)
            waiting[stage] = times.timer_at
        return clock, announced


def _earliest(timers: Mapping[Stage, datetime | None], now: datetime) -> Stage | None:
    """Return the stage whose timer is the longest due; of two at one moment, that which ends first."""
    due = {stage: at for stage, at in timers.items() if at is not None and at <= now}
    return min(due, key=lambda stage: due[stage], default=None)


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
        resolve = self._times(unit, budget, begun_at)
        if deadline is not None and begun_at < deadline < resolve.due_at:  # whether anybody works on that day or not
            unit, budget = Unit.HOURS, deadline - begun_at
            resolve = self._times(unit, budget, begun_at)
        return Clock(
            unit=unit,
            budget=budget,
            accept=self._stage(limits[Stage.ACCEPT], assigned_at, resolve.due_at),
            on_site=self._stage(limits[Stage.ON_SITE], assigned_at, resolve.due_at),
            resolve=resolve,
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
            accept=self._bounded(fresh.accept, assigned_at, clock.promised_at),
            on_site=self._bounded(fresh.on_site, assigned_at, clock.promised_at),
        )

    def extend(self, clock: Clock, until: datetime, agreed_at: datetime) -> Clock:
        """Return the clock of a case that has time until `until`, which lies after the promised time.

        Levels that lie ahead again when that is agreed are announced again.
        """
        counting = self._countings[clock.unit]
        budget = clock.budget + counting.between(clock.promised_at, until)
        resolve = replace(
            clock.resolve,
            warn_at=counting.add(until, -(budget - budget * WARNING / DUE)),
            due_at=until,
            twice_at=counting.add(until, budget * TWICE / DUE - budget),
        )
        return replace(clock, budget=budget, resolve=resolve.agreed(agreed_at))

    def resume(
        self,
        clock: Clock,
        category: str | None,
        grade: Grade,
        suspended_at: datetime,
        resumed_at: datetime,
        *,
        assigned_at: datetime,
    ) -> Clock:
        """Return the clock of a case that stood still between the two: what was left of each time is left again.

        A team that has got it meanwhile, at `assigned_at`, has lost nothing of its time before. What was left is
        counted in the unit of the stage's limit, in that of the whole where the whole bounds it.
        """
        limits = self._limits.of(category, grade)
        stood_from = min(max(suspended_at, assigned_at), resumed_at)
        resolve = clock.resolve.moved(self._shift(clock.unit, suspended_at, resumed_at))

        def resumed(stage: Stage) -> StageTimes:
            times = clock.of(stage)
            unit = clock.unit if times.due_at == clock.promised_at else limits[stage].unit
            moved = times.moved(self._shift(unit, stood_from, resumed_at))
            if times.due_at <= clock.promised_at:
                return replace(moved, due_at=min(moved.due_at, resolve.due_at))
            return moved

        return replace(clock, accept=resumed(Stage.ACCEPT), on_site=resumed(Stage.ON_SITE), resolve=resolve)

    def _shift(self, unit: Unit, suspended_at: datetime, resumed_at: datetime) -> Callable[[datetime], datetime]:
        counting = self._countings[unit]

        def shifted(moment: datetime) -> datetime:
            if moment <= suspended_at:
                return moment
            return max(moment, counting.add(resumed_at, counting.between(suspended_at, moment)))

        return shifted

    def _times(self, unit: Unit, budget: timedelta, begun_at: datetime) -> StageTimes:
        counting = self._countings[unit]
        return StageTimes(
            warn_at=counting.add(begun_at, budget * WARNING / DUE),
            due_at=counting.add(begun_at, budget),
            twice_at=counting.add(begun_at, budget * TWICE / DUE),
        )

    def _stage(self, limit: Allowance, assigned_at: datetime, promised_at: datetime) -> StageTimes:
        return self._bounded(self._times(limit.unit, limit.time, assigned_at), assigned_at, promised_at)

    def _bounded(self, times: StageTimes, assigned_at: datetime, promised_at: datetime) -> StageTimes:
        """Return the times of a stage that is not due after the whole, counted in natural hours where that bounds it.

        A promise that was over before the unit got the case bounds it no more.
        """
        if assigned_at < promised_at < times.due_at:
            return self._times(Unit.HOURS, promised_at - assigned_at, assigned_at)
        return times
