"""Who of a team gets a case: on duty, with the skill, near, with few open cases; and what if nobody is on duty."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from operator import itemgetter
from typing import Literal

from dispatch_service.domain.attendance import metres_between
from dispatch_service.domain.limits import Grade
from dispatch_service.domain.router import Route
from dispatch_service.domain.routing import Point, Team

OutsideHours = Literal["duty_desk", "next_shift"]
Why = Literal["only_one", "nearest", "fewest_cases", "first_by_name", "nobody_with_skill", "nobody_on_duty"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """How a tenant wants officers to be chosen."""

    choose_officer: bool = True
    position_minutes: int = 30
    """A position that is older says nothing."""
    step_metres: int = 500
    """Officers whose distances lie in the same step are equally near; the fewest open cases count then."""
    urgent: OutsideHours = "duty_desk"
    """What becomes of an urgent case while nobody of the team is on duty."""
    other: OutsideHours = "next_shift"
    urgent_by_limit: bool = True
    """A case that has to be accepted before the next shift begins is urgent as well, whatever its grade."""


@dataclass(slots=True)
class Officer:
    """Somebody on duty. Choosing them adds to `open_cases`."""

    subject: str
    skills: frozenset[str] = frozenset()
    position: Point | None = None
    """None where it is not known, or too old."""
    open_cases: int = 0


@dataclass(frozen=True, slots=True)
class TeamStaff:
    """Who of a team is on duty, and when the next shift begins, None where none is planned."""

    on_duty: Sequence[Officer] = ()
    next_shift: datetime | None = None


@dataclass(frozen=True, slots=True)
class Choice:
    """Who was chosen, why, and among how many; `metres` and `open_cases` are those of the one chosen, before."""

    officer: str | None
    why: Why
    on_duty: int
    with_skill: int
    located: int
    metres: int | None = None
    open_cases: int | None = None

    def told(self) -> Mapping[str, object]:
        """Return what is kept with the case: the officer, None where nobody was chosen, and what else is known."""
        told: dict[str, object] = {
            "officer": self.officer,
            "why": self.why,
            "on_duty": self.on_duty,
            "with_skill": self.with_skill,
            "located": self.located,
        }
        if self.metres is not None:
            told["metres"] = self.metres
        if self.open_cases is not None:
            told["open_cases"] = self.open_cases
        return told


@dataclass(frozen=True, slots=True)
class Assignment:
    """Who gets a case in the end."""

    team: Team
    choice: Choice | None = None
    """None where nobody is chosen in this tenant, or the team has no roster."""
    instead_of: Team | None = None
    """The team that would have got it, had somebody of it been on duty."""
    expected_from: datetime | None = None
    """When the team's next shift begins; None where somebody is on duty, or no roster says so."""

    @property
    def officer(self) -> str | None:
        """Who was chosen."""
        return None if self.choice is None else self.choice.officer

    def explanation(self) -> Mapping[str, object]:
        """Return what is kept with the case; empty where its route says all."""
        return {**self.team_told(), **self.choice_told()}

    def team_told(self) -> Mapping[str, object]:
        """Return of that what goes for every case that the team gets in this way."""
        told: dict[str, object] = {}
        if self.instead_of is not None:
            told |= {"rule": "duty_desk", "team": self.team.code, "instead_of": self.instead_of.code}
        if self.expected_from is not None:
            told["expected_from"] = self.expected_from.isoformat()
        return told

    def choice_told(self) -> Mapping[str, object]:
        """Return of that what is told of the choice, which is another for each case."""
        return {} if self.choice is None else {"choice": self.choice.told()}


@dataclass(frozen=True, slots=True)
class Staffing:
    """The staff of one tenant at a moment."""

    policy: Policy
    desk: Team
    teams: Mapping[str, TeamStaff] = field(default_factory=dict)

    def assign(self, route: Route, point: Point | None, accept_by: datetime) -> Assignment:
        """Return who gets a case that `route` sends to a team and that is to be accepted by then.

        A team with no duty now and none planned has no roster: its cases are its own, and nobody is chosen.
        """
        staff, skill = self.teams.get(route.team.code, NOBODY), route.ruling.skill
        within = choose_within(self.policy, staff, route.team, skill, point)
        if within.expected_from is None or route.team.code == self.desk.code:
            return within
        is_late = self.policy.urgent_by_limit and accept_by < within.expected_from
        way = self.policy.urgent if route.grade is not Grade.ORDINARY or is_late else self.policy.other
        if way == "next_shift":
            return within
        desk = self.teams.get(self.desk.code, NOBODY)
        choice = _choose(self.policy, desk.on_duty, skill, point) if desk.on_duty else within.choice
        return Assignment(self.desk, choice, instead_of=route.team)


NOBODY = TeamStaff()
"""Of a team without a roster."""


def choose_within(policy: Policy, staff: TeamStaff, team: Team, skill: str | None, point: Point | None) -> Assignment:
    """Return who of a team gets a case that stays with the team, also while nobody of it is on duty."""
    if staff.on_duty:
        return Assignment(team, _choose(policy, staff.on_duty, skill, point))
    if staff.next_shift is None:
        return Assignment(team)
    nobody = Choice(None, "nobody_on_duty", 0, 0, 0) if policy.choose_officer else None
    return Assignment(team, nobody, expected_from=staff.next_shift)


def _choose(policy: Policy, on_duty: Sequence[Officer], skill: str | None, point: Point | None) -> Choice | None:
    return choose(on_duty, skill, point, policy.step_metres) if policy.choose_officer else None


def choose(on_duty: Sequence[Officer], skill: str | None, point: Point | None, step_metres: int) -> Choice:
    """Choose the nearest of those who have the skill, by steps, then the one with the fewest open cases.

    Who has no fresh position comes after all who have one; the subject decides between equals.
    """
    able = [officer for officer in on_duty if skill is None or skill in officer.skills]
    if not able:
        return Choice(None, "nobody_with_skill", len(on_duty), 0, 0)
    metres = [_metres(officer, point) for officer in able]
    ranked = [
        ((away // step_metres if math.isfinite(away) else math.inf, officer.open_cases), officer.subject, away, officer)
        for away, officer in zip(metres, able, strict=True)
    ]
    (rank, _, distance, best), *others = sorted(ranked, key=itemgetter(0, 1))
    choice = Choice(
        best.subject,
        _why(rank, others[0][0] if others else None),
        len(on_duty),
        len(able),
        sum(map(math.isfinite, metres)),
        round(distance) if math.isfinite(distance) else None,
        best.open_cases,
    )
    best.open_cases += 1
    return choice


def _why(rank: tuple[float, int], other: tuple[float, int] | None) -> Why:
    """Say by what the first differs from the next, if there is one."""
    if other is None:
        return "only_one"
    if rank[0] != other[0]:
        return "nearest"
    return "fewest_cases" if rank[1] != other[1] else "first_by_name"


def _metres(officer: Officer, point: Point | None) -> float:
    if point is None or officer.position is None:
        return math.inf
    return metres_between(point, officer.position)
