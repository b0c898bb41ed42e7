"""Who of a team is chosen, and what becomes of a case while nobody is on duty."""

from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch_service.domain.limits import Grade
from dispatch_service.domain.router import Route
from dispatch_service.domain.routing import DUTY_DESK, Decision, Team
from dispatch_service.domain.rules import Ruling
from dispatch_service.domain.staffing import Assignment, Choice, Officer, Policy, Staffing, TeamStaff, choose

HERE = (107.2357, 26.5807)
NOW = datetime(2026, 11, 2, 12, tzinfo=UTC)
SOON, LATER = NOW + timedelta(hours=1), NOW + timedelta(hours=9)
TEAM, DESK = Team("team-1", "一队"), Team(DUTY_DESK, "值班台")


def north(metres: float) -> tuple[float, float]:
    return HERE[0], HERE[1] + metres / 111_195


def route(*, grade: Grade | None = None, team: Team = TEAM, skill: str | None = None) -> Route:
    return Route(Decision("grid", TEAM, "g", 1, "c"), Ruling(grade=grade, skill=skill), None, team)


def staffing(policy: Policy | None = None, **teams: TeamStaff) -> Staffing:
    return Staffing(policy or Policy(), DESK, {code.replace("_", "-"): staff for code, staff in teams.items()})


@pytest.mark.parametrize("order", [*permutations(range(4))])
def test_the_order_of_officers_does_not_matter(order: tuple[int, ...]) -> None:
    officers = [
        Officer("far", position=north(2_000)),
        Officer("busy", position=north(100), open_cases=2),
        Officer("free", position=north(450), open_cases=1),
        Officer("somewhere"),
    ]

    choice = choose([officers[place] for place in order], None, HERE, 500)

    assert choice == Choice("free", "fewest_cases", 4, 4, 3, 450, 1)


def test_who_stands_somewhere_unknown_comes_last_but_comes() -> None:
    assert choose([Officer("a"), Officer("b", position=north(90_000))], None, HERE, 500).officer == "b"
    assert choose([Officer("b", open_cases=1), Officer("c")], None, HERE, 500).officer == "c"
    assert choose([Officer("b"), Officer("a", position=HERE)], None, None, 500).officer == "a"


@given(st.lists(st.tuples(st.integers(0, 3_000), st.integers(0, 3), st.booleans()), min_size=1, max_size=6))
def test_nobody_else_is_nearer_or_has_less_to_do_in_the_same_step(made: list[tuple[int, int, bool]]) -> None:
    officers = [
        Officer(f"o{place}", frozenset({"x"} if able else ()), north(metres + 0.5), cases)
        for place, (metres, cases, able) in enumerate(made)
    ]

    choice = choose(officers, "x", HERE, 500)

    ranks = {f"o{place}": (metres // 500, cases) for place, (metres, cases, able) in enumerate(made) if able}
    if choice.officer is None:
        assert not ranks
    else:
        assert ranks[choice.officer] == min(ranks.values())
        assert sum(officer.open_cases for officer in officers) == sum(cases for _, cases, _ in made) + 1


@pytest.mark.parametrize(
    ("policy", "grade", "accept_by", "team", "expected_from"),
    [
        (Policy(), None, LATER, TEAM, SOON),
        (Policy(), Grade.URGENT, LATER, DESK, None),
        (Policy(), Grade.EMERGENCY, LATER, DESK, None),
        (Policy(), None, NOW + timedelta(minutes=59), DESK, None),
        (Policy(urgent_by_limit=False), None, NOW + timedelta(minutes=59), TEAM, SOON),
        (Policy(other="duty_desk"), None, LATER, DESK, None),
        (Policy(urgent="next_shift"), Grade.URGENT, LATER, TEAM, SOON),
    ],
)
def test_what_becomes_of_a_case_outside_hours(
    policy: Policy, grade: Grade | None, accept_by: datetime, team: Team, expected_from: datetime | None
) -> None:
    staff = staffing(policy, team_1=TeamStaff(next_shift=SOON))

    given_to = staff.assign(route(grade=grade), HERE, accept_by)

    assert (given_to.team, given_to.expected_from) == (team, expected_from)
    assert given_to.instead_of == (None if team is TEAM else TEAM)


def test_at_the_duty_desk_its_own_officers_are_chosen_with_the_skill() -> None:
    desk = TeamStaff([Officer("one"), Officer("two", frozenset({"electric"}))])
    staff = staffing(team_1=TeamStaff(next_shift=SOON), duty_desk=desk)

    given_to = staff.assign(route(grade=Grade.URGENT, skill="electric"), HERE, LATER)

    assert given_to.choice is not None
    assert (given_to.team, given_to.choice.officer) == (DESK, "two")


def test_the_duty_desk_itself_waits_for_its_next_shift() -> None:
    staff = staffing(duty_desk=TeamStaff(next_shift=SOON))

    given_to = staff.assign(route(team=DESK, grade=Grade.URGENT), None, NOW)

    assert given_to == Assignment(DESK, Choice(None, "nobody_on_duty", 0, 0, 0), expected_from=SOON)


def test_somebody_on_duty_takes_it_whatever_the_next_shift() -> None:
    staff = staffing(team_1=TeamStaff([Officer("a")], SOON))

    assert staff.assign(route(grade=Grade.URGENT), HERE, NOW).expected_from is None


def test_what_is_not_known_is_not_told() -> None:
    told: dict[str, Any] = dict(staffing(team_1=TeamStaff([Officer("a")])).assign(route(), None, LATER).explanation())

    assert told == {
        "choice": {
            "officer": "a",
            "why": "only_one",
            "on_duty": 1,
            "with_skill": 1,
            "located": 0,
            "open_cases": 0,
        }
    }
    assert staffing().assign(route(), None, LATER).explanation() == {}
