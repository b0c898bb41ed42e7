"""What was, what the present gives and what a proposal gives, in a county of two grids."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import shapely

from dispatch_service.domain.calendars import Calendar
from dispatch_service.domain.clocks import Clockwork
from dispatch_service.domain.router import Router
from dispatch_service.domain.routing import DUTY_DESK, Grid, GridMap, Point, Team
from dispatch_service.domain.rule_matching import RuleSet
from dispatch_service.domain.rules import Facts, Rule, RuleName, Then, When
from dispatch_service.domain.simulation.changes import Reason
from dispatch_service.domain.simulation.comparison import Assumptions, Comparison, Fit, Gap, Simulator
from dispatch_service.domain.simulation.duties import Duty, Roster
from dispatch_service.domain.simulation.past import UNKNOWN_SECONDS, Handling, PastCase
from dispatch_service.domain.simulation.scenario import Scenario
from dispatch_service.domain.simulation.travel import Travel
from dispatch_service.domain.staffing import Policy
from dispatch_service.domain.working_time import SHANGHAI
from dispatch_service.service.clockworks import default_limits, limits_of

MONDAY = datetime(2026, 11, 2, tzinfo=SHANGHAI)
EIGHT = (MONDAY + timedelta(hours=8)).timestamp()
HOUR = 3600.0
WEST, EAST = (107.25, 26.5), (107.75, 26.5)
TEAMS = {code: Team(code, code) for code in ("west", "east", "night")}
AHEAD = timedelta(days=14)
CALENDAR = Calendar(lambda _day: None)


def grids(border: float = 107.5, teams: Sequence[str] = ("west", "east")) -> list[Grid]:
    boxes = (shapely.box(107, 26, border, 27), shapely.box(border, 26, 108, 27))
    return [Grid(f"g-{n}", 1, "c", TEAMS[team], box) for n, team, box in zip((1, 2), teams, boxes, strict=True)]


def scenario(*duties: Duty, rules: Sequence[Rule] = (), policy: Policy | None = None, **drawn: Any) -> Scenario:
    compiled = RuleSet(1, rules, CALENDAR) if rules else None
    router = Router(GridMap(grids(**drawn), Team(DUTY_DESK, "值班台")), TEAMS, compiled)
    work = Clockwork(1, limits_of(default_limits()), CALENDAR.office(), CALENDAR.days())
    return Scenario(router, work, policy or Policy(), Roster(duties, AHEAD))


def a_duty(subject: str, team: str, place: Point, begins: float = 0, ends: float = 10) -> Duty:
    return Duty(team=team, subject=subject, begins=EIGHT + begins * HOUR, ends=EIGHT + ends * HOUR, place=place)


def a_case(number: str, point: Point | None, at: float, **given: Any) -> tuple[PastCase, Facts]:
    moment = EIGHT + at * HOUR
    facts = {
        "category": "street.vendors",
        "status": "closed",
        "self_handled": False,
        "team": "west",
        "officer": "li",
        "assigned_at": moment,
        "accepted_at": moment,
        "started_at": moment + HOUR,
        "resolved_at": moment + 2 * HOUR,
        "promised_at": moment + 24 * HOUR,
        **given,
    }
    case = PastCase(number=number, point=point, received_at=moment, **facts)
    received_at = datetime.fromtimestamp(moment, UTC)
    return case, Facts(facts["category"], "hotline", False, "占道", point, received_at)


def compare(
    cases: Sequence[tuple[PastCase, Facts]], *scenarios: Scenario, recorded: float = 100, **middles: Point
) -> Comparison:
    assumptions = Assumptions(
        travel=Travel(),
        longest_work=timedelta(hours=4),
        until=EIGHT + 100 * HOUR,
        recorded_until=EIGHT + recorded * HOUR,
    )
    simulator = Simulator(scenarios, middles, assumptions)
    for case in cases:
        simulator.add([case])
    return simulator.compare(moves=10)


BOTH = (a_duty("li", "west", WEST), a_duty("wang", "east", EAST))


def test_a_moved_border_moves_the_cases_between() -> None:
    cases = [a_case("1", (107.45, 26.5), 0), a_case("2", WEST, 1), a_case("3", EAST, 2, team="east", officer="wang")]

    found = compare(cases, scenario(*BOTH), scenario(*BOTH, border=107.4))

    assert found.changes is not None
    assert [(move.number, move.before, move.after) for move in found.changes.moves] == [("1", "west", "east")]
    assert found.changes.reasons == {Reason("grid", "g-1", "g-2"): 1}
    assert found.proposed is not None
    assert {code: load.cases for code, load in found.proposed.teams.items()} == {"east": 2, "west": 1}
    assert (found.fit.same_team, found.fit.cases) == (3, 3)


def test_a_rule_and_its_end_are_named_as_the_reason() -> None:
    rule = Rule("vendors", RuleName("游摊", "Vendors"), When(categories=("street",)), Then(team="night"))
    with_rule, without = scenario(*BOTH, rules=[rule]), scenario(*BOTH)

    there, back = (compare([a_case("1", WEST, 0)], *pair) for pair in ((without, with_rule), (with_rule, without)))

    assert there.changes is not None
    assert back.changes is not None
    assert there.changes.reasons == {Reason("rule", None, "vendors"): 1}
    assert back.changes.reasons == {Reason("no_rule", "vendors", None): 1}


def test_a_grid_that_gets_another_team_is_named_as_the_reason() -> None:
    found = compare([a_case("1", WEST, 0)], scenario(*BOTH), scenario(*BOTH, teams=("night", "east")))

    assert found.changes is not None
    assert found.changes.reasons == {Reason("grid_team", "g-1", "g-1"): 1}
    assert found.proposed is not None
    assert found.proposed.whole.open == 1  # nobody of that team is on duty


def test_while_nobody_is_on_duty_urgent_cases_go_to_the_duty_desk() -> None:
    later = a_duty("li", "west", WEST, begins=48, ends=60)
    cases = [a_case("1", WEST, 0)]

    found = compare(cases, scenario(*BOTH), scenario(later))

    assert found.changes is not None
    assert found.changes.reasons == {Reason("off_duty", None, "west"): 1}
    assert found.proposed is not None
    assert (found.present.desk, found.proposed.desk) == (0, 1)
    patient = compare(cases, scenario(*BOTH), scenario(later, policy=Policy(urgent="next_shift")))
    assert patient.proposed is not None
    assert patient.proposed.to_site.median == 48 * HOUR


def test_the_record_is_told_in_the_same_terms() -> None:
    far = (107.26, 26.5)
    cases = [
        a_case("1", WEST, 0),
        a_case("2", far, 3),
        a_case("3", far, 4, status="accepted", resolved_at=None, started_at=None),
    ]

    found = compare(cases, scenario(*BOTH)).recorded

    assert found.whole.promises.kept == 2
    assert found.whole.promises.broken == 1  # promised for the next day, and open at the end
    assert (found.to_site.median, found.to_resolution.median) == (HOUR, 2 * HOUR)
    assert found.metres.count == 2  # from the post, then from the case before
    assert found.whole.kilometres == pytest.approx((Travel().metres(WEST, far) or 0) / 1000)
    assert found.whole.busy_hours == pytest.approx(2 + found.whole.kilometres / 4.5)


def test_an_officer_off_the_roster_comes_from_the_middle_of_the_grids_or_the_case_before() -> None:
    cases = [a_case("1", (107.26, 26.5), 0), a_case("2", WEST, 3), a_case("3", WEST, 30)]

    found = compare(cases, scenario(), west=EAST).recorded

    way, back = (Travel().metres(*ends) or 0 for ends in ((EAST, (107.26, 26.5)), ((107.26, 26.5), WEST)))
    assert found.whole.kilometres == pytest.approx((way + back + (Travel().metres(EAST, WEST) or 0)) / 1000)


def test_a_simulation_that_repeats_the_record_is_called_close() -> None:
    cases = [a_case(f"{n:02}", WEST, n * 2, started_at=EIGHT + n * 2 * HOUR + 60) for n in range(4)]

    close = compare(cases, scenario(*BOTH)).fit
    far = compare(cases, scenario(a_duty("li", "west", WEST, 40, 60), policy=Policy(urgent="next_shift"))).fit

    assert close == Fit(4, 4, 0.0, Gap(60, 0), Gap(2 * HOUR, 2 * HOUR - 60))
    assert close.is_close
    assert far.is_close is False


def test_a_simulation_that_goes_beyond_the_record_is_not_checked_by_it() -> None:
    found = compare([a_case("1", WEST, 0)], scenario(*BOTH), recorded=0.5)

    assert found.fit == Fit(1, 1, None, None, None)
    assert found.fit.is_close is None
    assert (found.recorded.whole.open, found.recorded.whole.promises.not_due) == (1, 1)
    assert found.present.whole.open == 0


def test_what_takes_no_work_is_left_out() -> None:
    cases = [
        a_case("1", WEST, 0),
        a_case("2", WEST, 0, self_handled=True),
        a_case("3", WEST, 0, status="withdrawn"),
        a_case("4", WEST, 0, status="transferred"),
    ]

    found = compare(cases, scenario(*BOTH), scenario(*BOTH))

    assert (found.cases, found.left_out) == (1, 3)
    assert found.changes is not None
    assert (found.changes.cases, found.changes.teams) == (1, 0)


def test_pages_may_come_in_any_order() -> None:
    cases = [a_case(f"{n:02}", WEST if n % 2 else EAST, n / 3, team="east") for n in range(20)]

    assert compare(cases, scenario(*BOTH)) == compare(cases[::-1], scenario(*BOTH))


def _handling(recorded: Mapping[str, Sequence[float]], seed: int | None = None) -> Handling:
    cases = [
        a_case(f"{category}-{n}", None, 0, category=category, resolved_at=EIGHT + HOUR + seconds)[0]
        for category, times in recorded.items()
        for n, seconds in enumerate(times)
    ]
    return Handling(cases, seed)


def test_times_that_no_record_says_are_those_of_the_lowest_level_of_the_category() -> None:
    handling = _handling({"street.vendors": [60, 120, 6000], "street.parking": [10, 20, 30], "dogs": [5]})

    def seconds(category: str | None) -> float:
        return handling.seconds(a_case("new", None, 0, category=category, resolved_at=None)[0])

    assert [seconds("street.vendors"), seconds("street.vendors.night")] == [120, 120]
    assert seconds("street.stalls") == 45  # of all in the street
    assert seconds(None) == seconds("noise") == 30
    assert _handling({}).seconds(a_case("1", None, 0, resolved_at=None)[0]) == UNKNOWN_SECONDS


def test_a_seed_draws_the_same_times_for_the_same_cases() -> None:
    recorded = {"street": [float(n) for n in range(100)]}
    cases = [a_case(str(n), None, 0, category="street", resolved_at=None)[0] for n in range(50)]

    def drawn(seed: int, numbers: Sequence[PastCase]) -> dict[str, float]:
        handling = _handling(recorded, seed)
        return {case.number: handling.seconds(case) for case in numbers}

    assert drawn(1, cases) == drawn(1, cases[::-1])
    assert drawn(1, cases) != drawn(2, cases)
    assert set(drawn(1, cases).values()) <= set(recorded["street"])


def test_a_start_that_is_not_known_is_the_acceptance_and_a_resolution_before_it_says_nothing() -> None:
    assert a_case("1", None, 0, started_at=None)[0].handling_seconds == 2 * HOUR
    assert a_case("2", None, 0, resolved_at=EIGHT)[0].handling_seconds is None
