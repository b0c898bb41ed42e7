"""Asks, reads the proposals and simulates: everything between the command line and the report."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from dispatch_service.api.planning_schemas import PastCaseView
from dispatch_service.domain.rules import Facts
from dispatch_service.domain.simulation.comparison import Assumptions, Simulator
from dispatch_service.domain.simulation.past import PastCase
from dispatch_service.domain.simulation.travel import Travel
from jieban.errors import UserError
from jieban.simulator.asking import Dispatch
from jieban.simulator.county import County
from jieban.simulator.plan import Plan
from jieban.simulator.proposals import with_grids, with_rules, with_teams
from jieban.simulator.report import Report
from jieban.simulator.rosters import with_roster
from runtime.problems.language import Language

_LONGEST_DUTY = timedelta(days=1)
_DEFAULT_PERIOD = timedelta(days=30)
Progress = Callable[[str, float, float], None]
"""What is done (`reading`, `simulating`), how much of it, and how much there is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Files:
    """What is proposed; None is left as it is."""

    teams: Path | None = None
    grids: Path | None = None
    rules: Path | None = None
    roster: Path | None = None

    @property
    def is_empty(self) -> bool:
        """Whether nothing is proposed."""
        return self.teams is None and self.grids is None and self.rules is None and self.roster is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked: the days, both included (None: the last 30), how long after them, and what no record says."""

    first: date | None
    last: date | None
    after: timedelta
    travel: Travel
    longest_work: timedelta
    seed: int | None
    moves: int


def run(dispatch: Dispatch, question: Question, files: Files, language: Language, progress: Progress) -> Report:
    """Return the report; UserError where a file cannot be gone by, the period is reversed, or has no cases."""
    view = dispatch.county()
    county = County.of(view)
    first, last = _days(question, county)
    begin = datetime.combine(first, datetime.min.time(), county.zone).astimezone(UTC)
    end = datetime.combine(last + timedelta(days=1), datetime.min.time(), county.zone).astimezone(UTC)
    until = end + question.after
    present = Plan.present(view, dispatch.duties(begin - _LONGEST_DUTY, until))
    plans = [present]
    if not files.is_empty:
        plans.append(_proposed(present, county, files, language, begin=begin, until=until))
    scenarios = [plan.scenario(county, begin, until) for plan in plans]
    assumptions = Assumptions(
        travel=question.travel,
        longest_work=question.longest_work,
        until=until.timestamp(),
        recorded_until=min(until, datetime.now(UTC)).timestamp(),
        seed=question.seed,
    )
    simulator = Simulator(scenarios, present.middles(), assumptions)
    _read(dispatch, simulator, begin, end, progress)
    if not simulator.steps:
        raise UserError(f"No case was received from {first} to {last} that took any work [no-cases].")
    comparison = simulator.compare(
        moves=question.moves, progress=lambda done: progress("simulating", done, simulator.steps)
    )
    return Report(
        first=first,
        last=last,
        until=until.astimezone(county.zone),
        comparison=comparison,
        assumptions=assumptions,
        office_teams=scenarios[-1].roster.assumed_teams,
        off=[*plans[-1].unreadable, *plans[-1].lost(county)],
        names={code: team.name for plan in plans for code, team in plan.teams.items()},
    )


def _days(question: Question, county: County) -> tuple[date, date]:
    today = datetime.now(county.zone).date()
    last = question.last or today
    first = question.first or last - _DEFAULT_PERIOD
    if last < first:
        raise UserError(f"The period is reversed: {last} is before {first} [period-reversed].")
    if first > today:
        raise UserError(f"The period is in the future: {first} has not come [period-in-future].")
    return first, last


def _proposed(
    present: Plan, county: County, files: Files, language: Language, *, begin: datetime, until: datetime
) -> Plan:
    """Put the proposals in the place of what is there: teams before what names them."""
    plan = present
    if files.teams is not None:
        plan = with_teams(plan, county, files.teams, language)
    if files.grids is not None:
        plan = with_grids(plan, county, files.grids, language)
    if files.rules is not None:
        plan = with_rules(plan, county, files.rules, language)
    if files.roster is not None:
        plan = with_roster(plan, county, files.roster, language, begin=begin, until=until)
    return plan


def _read(dispatch: Dispatch, simulator: Simulator, begin: datetime, end: datetime, progress: Progress) -> None:
    whole = (end - begin).total_seconds()
    for page in dispatch.cases(begin, end):
        simulator.add([_case(view) for view in page])
        if page:
            progress("reading", min(whole, (end - page[-1].received_at).total_seconds()), whole)
    progress("reading", whole, whole)


def _case(view: PastCaseView) -> tuple[PastCase, Facts]:
    point = None if view.lon is None or view.lat is None else (view.lon, view.lat)
    case = PastCase(
        number=view.number,
        category=view.category,
        point=point,
        status=view.status.value,
        self_handled=view.self_handled,
        team=view.team,
        officer=view.officer,
        received_at=view.received_at.timestamp(),
        assigned_at=view.assigned_at.timestamp(),
        accepted_at=_seconds(view.accepted_at),
        started_at=_seconds(view.started_at),
        resolved_at=_seconds(view.resolved_at),
        promised_at=_seconds(view.promised_at),
    )
    facts = Facts(
        category=view.category,
        source=view.source,
        proactive=view.proactive,
        description=view.description,
        point=point,
        received_at=view.received_at,
        attributes=view.attributes or {},
        confidence=view.category_confidence,
    )
    return case, facts


def _seconds(moment: datetime | None) -> float | None:
    return None if moment is None else moment.timestamp()
