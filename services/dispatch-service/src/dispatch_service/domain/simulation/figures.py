"""What a planner looks at, of what happened or was simulated."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from dispatch_service.domain.routing import DUTY_DESK
from dispatch_service.domain.simulation.work import Work


@dataclass(frozen=True, slots=True)
class Spread:
    """Of some durations in seconds or lengths in metres; median and p90 are None where there are none."""

    count: int
    median: float | None
    p90: float | None
    """Nine of ten are not larger (nearest rank)."""

    @classmethod
    def of(cls, values: Sequence[float]) -> "Spread":
        """Return the spread of `values`, in any order."""
        if not values:
            return cls(0, None, None)
        ordered = sorted(values)
        return cls(len(ordered), median(ordered), ordered[-(-9 * len(ordered) // 10) - 1])


@dataclass(frozen=True, slots=True)
class Promises:
    """Of cases with a promised time: those kept, those broken (late, or open beyond it), and those not due yet."""

    kept: int
    broken: int
    not_due: int

    @property
    def rate(self) -> float | None:
        """Kept by due 按期率; None where nothing was due."""
        due = self.kept + self.broken
        return self.kept / due if due else None


@dataclass(frozen=True, slots=True)
class Load:
    """Of one team, or of all."""

    cases: int
    open: int
    """Not resolved in the end."""
    promises: Promises
    busy_hours: float
    """On the way and at work, of all officers together."""
    peak: int
    """The most open cases at the same time."""
    kilometres: float


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures of one column."""

    whole: Load
    teams: Mapping[str, Load]
    desk: int
    """Cases at the duty desk."""
    metres: Spread
    """Of the ways that are known."""
    to_site: Spread
    """Seconds from the assignment to the arrival on site."""
    on_site: Spread
    """Seconds from the arrival to the resolution."""
    to_resolution: Spread
    """Seconds from the assignment to the resolution."""


def figures_of(works: Iterable[Work], until: float) -> Figures:
    """Return the figures of what happened until a moment."""
    known = list(works)
    of_team: dict[str, list[Work]] = defaultdict(list)
    for work in known:
        of_team[work.team].append(work)
    arrived = [work for work in known if work.on_site_at is not None]
    done = [work for work in known if work.resolved_at is not None]
    return Figures(
        whole=_load(known, until),
        teams={team: _load(of_team[team], until) for team in sorted(of_team)},
        desk=len(of_team.get(DUTY_DESK, ())),
        metres=Spread.of([work.metres for work in known if work.metres is not None]),
        to_site=_between(arrived, "assigned_at", "on_site_at"),
        on_site=_between([work for work in done if work.on_site_at is not None], "on_site_at", "resolved_at"),
        to_resolution=_between(done, "assigned_at", "resolved_at"),
    )


def _between(works: Sequence[Work], begin: str, end: str) -> Spread:
    """Return the spread of a time; a device that was ahead of the server does not make it negative."""
    return Spread.of([max(0.0, getattr(work, end) - getattr(work, begin)) for work in works])


def _load(works: Sequence[Work], until: float) -> Load:
    return Load(
        cases=len(works),
        open=sum(work.resolved_at is None for work in works),
        promises=_promises(works, until),
        busy_hours=sum(work.busy for work in works) / 3600,
        peak=_peak(works),
        kilometres=sum(work.metres or 0.0 for work in works) / 1000,
    )


def _promises(works: Sequence[Work], until: float) -> Promises:
    kept = broken = not_due = 0
    for work in works:
        if work.promised_at is None:
            continue
        if work.resolved_at is not None and work.resolved_at <= work.promised_at:
            kept += 1
        elif work.resolved_at is None and work.promised_at > until:
            not_due += 1
        else:
            broken += 1
    return Promises(kept, broken, not_due)


def _peak(works: Sequence[Work]) -> int:
    """Return how many were open at once; what is resolved at a moment makes room for what comes at it."""
    changes = [(work.assigned_at, 1) for work in works]
    changes += [(work.resolved_at, -1) for work in works if work.resolved_at is not None]
    peak = now = 0
    for _, change in sorted(changes):
        now += change
        peak = max(peak, now)
    return peak
