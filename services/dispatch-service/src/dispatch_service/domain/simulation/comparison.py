"""A period as it was, as the county would handle it now, and as it would by a proposal."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from dispatch_service.domain.routing import Point
from dispatch_service.domain.rules import Facts
from dispatch_service.domain.simulation.changes import Changes, changes_of
from dispatch_service.domain.simulation.engine import Engine
from dispatch_service.domain.simulation.figures import Figures, Spread, figures_of
from dispatch_service.domain.simulation.past import Handling, PastCase
from dispatch_service.domain.simulation.recorded import Record
from dispatch_service.domain.simulation.scenario import Placement, Scenario, tasks_of
from dispatch_service.domain.simulation.travel import Travel
from dispatch_service.domain.simulation.work import Work

CLOSE_POINTS, CLOSE_RATIO, CLOSE_SECONDS = 0.05, 0.25, 900.0
"""What is simulated is near the record where the kept share differs by no more, and medians by no greater part or by
no more seconds."""

_TOLD_EVERY = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Assumptions:
    """What no record says."""

    travel: Travel
    longest_work: timedelta
    """No officer stays longer with one case; what took longer waited for something else."""
    until: float
    """The moment up to which is simulated, in seconds since 1970."""
    recorded_until: float
    """The end of the record: `until`, or now where that is earlier."""
    seed: int | None = None


@dataclass(frozen=True, slots=True)
class Gap:
    """The medians of one time, in seconds."""

    recorded: float
    simulated: float

    @property
    def is_close(self) -> bool:
        """Whether they are near."""
        gap = abs(self.simulated - self.recorded)
        return gap <= max(CLOSE_SECONDS, CLOSE_RATIO * self.recorded)


@dataclass(frozen=True, slots=True)
class Fit:
    """How near the simulation of the present is to what happened; times only where the record is as long."""

    cases: int
    same_team: int
    kept_points: float | None
    """Simulated less recorded share of promises kept; None where one is not known."""
    to_site: Gap | None
    """From the assignment to the arrival on site."""
    to_resolution: Gap | None

    @property
    def is_close(self) -> bool | None:
        """Whether all that is known is near; None where nothing is known."""
        verdicts = [gap.is_close for gap in (self.to_site, self.to_resolution) if gap is not None]
        if self.kept_points is not None:
            verdicts.append(abs(self.kept_points) <= CLOSE_POINTS)
        return all(verdicts) if verdicts else None


@dataclass(frozen=True, slots=True)
class Comparison:
    """What the simulator says."""

    cases: int
    left_out: int
    known_times: int
    """Cases whose time of handling was recorded; that of the others is estimated."""
    recorded: Figures
    present: Figures
    proposed: Figures | None
    """None where nothing was proposed."""
    fit: Fit
    changes: Changes | None


class Simulator:
    """Takes cases a page at a time, and keeps of each what is needed: about a kilobyte."""

    def __init__(self, scenarios: Sequence[Scenario], middles: Mapping[str, Point], assumptions: Assumptions) -> None:
        """`scenarios` are the present one and, where something is proposed, that; `middles` those of teams' grids."""
        self._scenarios = scenarios
        self._middles = middles
        self._assumptions = assumptions
        self._cases: list[tuple[PastCase, tuple[Placement, ...]]] = []
        self._left_out = 0

    @property
    def steps(self) -> int:
        """How many cases are to be simulated, in all scenarios together."""
        return len(self._cases) * len(self._scenarios)

    def add(self, complaints: Sequence[tuple[PastCase, Facts]]) -> None:
        """Take cases, in any order."""
        worked = [(case, facts) for case, facts in complaints if not case.is_left_out]
        self._left_out += len(complaints) - len(worked)
        facts = [facts for _, facts in worked]
        placed = zip(*(scenario.place(facts) for scenario in self._scenarios), strict=True)
        self._cases += [(case, placements) for (case, _), placements in zip(worked, placed, strict=True)]

    def compare(self, *, moves: int, progress: Callable[[int], None] = lambda _: None) -> Comparison:
        """Simulate; `progress` is called now and then with how many of the `steps` are done.

        Up to `moves` moved cases are kept.
        """
        self._cases.sort(key=lambda pair: (pair[0].received_at, pair[0].number))
        cases = [case for case, _ in self._cases]
        handling = Handling(cases, self._assumptions.seed)
        recorded = figures_of(self._record().work(cases), self._assumptions.recorded_until)
        columns = [self._figures(place, handling, progress) for place in range(len(self._scenarios))]
        is_proposed = len(columns) > 1
        return Comparison(
            cases=len(cases),
            left_out=self._left_out,
            known_times=handling.known,
            recorded=recorded,
            present=columns[0],
            proposed=columns[1] if is_proposed else None,
            fit=self._fit(recorded, columns[0]),
            changes=changes_of(self._pairs(), shown=moves) if is_proposed else None,
        )

    def _record(self) -> Record:
        assumed = self._assumptions
        return Record(
            self._scenarios[0].roster,
            self._middles,
            assumed.travel,
            longest_work=assumed.longest_work,
            until=assumed.recorded_until,
        )

    def _figures(self, place: int, handling: Handling, progress: Callable[[int], None]) -> Figures:
        assumed = self._assumptions
        engine = Engine(self._scenarios[place].roster, assumed.travel, assumed.until)
        cases = ((case, placements[place]) for case, placements in self._cases)
        works = engine.run(tasks_of(cases, handling, assumed.longest_work))
        return figures_of(_counted(works, place * len(self._cases), progress), assumed.until)

    def _pairs(self) -> Iterator[tuple[PastCase, Placement, Placement]]:
        return ((case, placements[0], placements[1]) for case, placements in self._cases)

    def _fit(self, recorded: Figures, present: Figures) -> Fit:
        same_team = sum(case.team == placements[0].team for case, placements in self._cases)
        if self._assumptions.recorded_until < self._assumptions.until:
            return Fit(len(self._cases), same_team, None, None, None)
        kept, kept_now = recorded.whole.promises.rate, present.whole.promises.rate
        return Fit(
            cases=len(self._cases),
            same_team=same_team,
            kept_points=None if kept is None or kept_now is None else kept_now - kept,
            to_site=_gap(recorded.to_site, present.to_site),
            to_resolution=_gap(recorded.to_resolution, present.to_resolution),
        )


def _gap(recorded: Spread, simulated: Spread) -> Gap | None:
    if recorded.median is None or simulated.median is None:
        return None
    return Gap(recorded.median, simulated.median)


def _counted(works: Iterable[Work], before: int, progress: Callable[[int], None]) -> Iterator[Work]:
    for done, work in enumerate(works, start=before + 1):
        if done % _TOLD_EVERY == 0:
            progress(done)
        yield work
