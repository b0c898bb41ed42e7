"""Rules, grids and the duty desk together; usable without a database."""

from datetime import UTC, datetime
from typing import Any

import shapely

from dispatch_service.domain.calendars import Calendar
from dispatch_service.domain.limits import Grade
from dispatch_service.domain.router import Helper, Router
from dispatch_service.domain.routing import DUTY_DESK, Grid, GridMap, Team
from dispatch_service.domain.rule_matching import RuleSet
from dispatch_service.domain.rules import Facts, Rule, RuleName, Then, When

DESK, LEFT, RIGHT, CARS = (Team(code, code.upper()) for code in (DUTY_DESK, "left", "right", "cars"))
GRIDS = GridMap(
    [
        Grid("g-left", 3, "c", LEFT, shapely.box(0, 0, 1, 1)),
        Grid("g-right", 1, "c", RIGHT, shapely.box(1, 0, 2, 1)),
    ],
    DESK,
)
TEAMS = {team.code: team for team in (LEFT, RIGHT, CARS)}
IN_LEFT, IN_RIGHT, NOWHERE = (0.5, 0.5), (1.5, 0.5), (9.0, 9.0)


def router(*rules: Rule) -> Router:
    return Router(GRIDS, TEAMS, RuleSet(7, rules, Calendar(lambda _: None)))


def a_rule(code: str, when: When | None = None, **then: Any) -> Rule:
    return Rule(code, RuleName("规则", "Rule"), when or When(), Then(**then))


def facts(point: tuple[float, float] | None, category: str = "street_order.parking") -> Facts:
    return Facts(category, "hotline", False, "占道", point, datetime(2026, 11, 2, tzinfo=UTC))


def test_without_rules_the_grid_decides_and_one_route_serves_all() -> None:
    alone = Router(GRIDS, TEAMS)

    routes = alone.route([facts(IN_LEFT), facts(NOWHERE), facts(None), facts(IN_LEFT)])

    assert [route.team for route in routes] == [LEFT, DESK, DESK, LEFT]
    assert [route.rule for route in routes[:2]] == ["grid", "duty_desk"]
    assert routes[0] is routes[3]
    assert alone.by_place([IN_LEFT])[0] is routes[0]
    assert routes[0].explanation() == {"rule": "grid", "grid": "g-left", "grid_version": 3, "team": "left"}


def test_a_rule_goes_before_the_grid_whose_team_may_help() -> None:
    ruled = router(
        a_rule("cars", When(categories=("street_order",)), team="cars", grid_supports=True, supporting=("right",))
    )

    left, right, nowhere = ruled.route([facts(IN_LEFT), facts(IN_RIGHT), facts(NOWHERE)])

    assert (left.team, left.rule, left.grade) == (CARS, "rule", Grade.ORDINARY)
    assert left.supporting == (Helper(RIGHT, "cars"), Helper(LEFT, "cars"))
    assert right.supporting == nowhere.supporting == (Helper(RIGHT, "cars"),)
    assert left.explanation() == {
        "rule": "rule",
        "rule_code": "cars",
        "rules": ["cars"],
        "rules_version": 7,
        "grid": "g-left",
        "grid_version": 3,
        "team": "cars",
        "supporting": ["right", "left"],
    }


def test_nobody_supports_themselves() -> None:
    ruled = router(
        a_rule("help", supporting=("left", "cars"), grid_supports=True, stop=False), a_rule("lead", team="left")
    )

    (route,) = ruled.route([facts(IN_LEFT)])

    assert (route.team, route.supporting) == (LEFT, (Helper(CARS, "help"),))


def test_a_rule_without_a_team_leaves_the_lead_to_the_grid_and_says_so() -> None:
    (route,) = router(a_rule("stay", grade=Grade.URGENT, skill="electric")).route([facts(IN_RIGHT)])

    assert (route.team, route.rule, route.grade) == (RIGHT, "rule", Grade.URGENT)
    assert (route.explanation()["rule_code"], route.explanation()["skill"]) == ("stay", "electric")


def test_what_is_like_is_one_route_and_what_differs_is_not() -> None:
    ruled = router(a_rule("cars", When(categories=("street_order",)), team="cars"))

    routes = ruled.route([facts(IN_LEFT), facts(IN_LEFT), facts(IN_RIGHT), facts(IN_LEFT, "noise")])

    assert routes[0] is routes[1]
    assert len({id(route) for route in routes}) == 3
