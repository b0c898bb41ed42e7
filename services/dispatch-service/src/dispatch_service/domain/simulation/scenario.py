"""A way to run the county: where each case would go, and by when it would be promised."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from dispatch_service.domain.clocks import Clockwork
from dispatch_service.domain.router import Route, Router
from dispatch_service.domain.rules import Facts
from dispatch_service.domain.simulation.duties import Roster
from dispatch_service.domain.simulation.past import Handling, PastCase
from dispatch_service.domain.simulation.work import Task
from dispatch_service.domain.staffing import Policy, Staffing


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a case would go, and by when it would be promised, in seconds since 1970."""

    route: Route
    team: str
    instead_of: str | None
    """The team that would have got it, had somebody of it been on duty."""
    promised_at: float


class Scenario:
    """Grids, rules, teams and roster as they are, or as somebody proposes them."""

    def __init__(self, router: Router, work: Clockwork, policy: Policy, roster: Roster) -> None:
        """`policy` says what becomes of cases while nobody of the team is on duty."""
        self.router = router
        self.roster = roster
        self._work = work
        self._policy = replace(policy, choose_officer=False)  # the simulation chooses by deadline

    def place(self, complaints: Sequence[Facts]) -> list[Placement]:
        """Return where complaints would go at the moment of their receipt, in order."""
        routes = self.router.route(complaints)
        return [self._placed(facts, route) for facts, route in zip(complaints, routes, strict=True)]

    def _placed(self, facts: Facts, route: Route) -> Placement:
        at = facts.received_at
        clock = self._work.start(facts.category, route.grade, begun_at=at, assigned_at=at)
        staff = {route.team.code: self.roster.staff_at(route.team.code, at.timestamp())}
        assignment = Staffing(self._policy, self.router.desk, staff).assign(route, facts.point, clock.accept_by)
        instead_of = None if assignment.instead_of is None else assignment.instead_of.code
        return Placement(route, assignment.team.code, instead_of, clock.promised_at.timestamp())


def tasks_of(
    cases: Iterable[tuple[PastCase, Placement]], handling: Handling, longest_work: timedelta
) -> Iterator[Task]:
    """Yield what teams are given, in the order of `cases`. No officer stays longer than `longest_work` with one."""
    longest = longest_work.total_seconds()
    for case, placement in cases:
        lasts = handling.seconds(case)
        yield Task(
            team=placement.team,
            skill=placement.route.ruling.skill,
            point=case.point,
            assigned_at=case.received_at,
            promised_at=placement.promised_at,
            lasts=lasts,
            busy=min(lasts, longest),
        )
