"""Routing: what a case costs with many grids and rules, beside a bare look-up of its grid.

python -m bench.routing [--cases 20000] [--grids 1000] [--points 200] [--rules 500] [--json FILE]

CPU time of one process, in slices as the consumer has them. The bare twin asks an STRtree of the same grids for the
same points, and does nothing with the answer. `no category` is a set whose rules ask for all but the category, so that
the quickest look-up does not help; `rosters` adds the choice among five officers a team.
"""

import argparse
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import shapely

from bench import report
from dispatch_service.domain.calendars import Calendar
from dispatch_service.domain.router import Route, Router
from dispatch_service.domain.routing import DUTY_DESK, Grid, GridMap, Team
from dispatch_service.domain.rule_matching import RuleSet
from dispatch_service.domain.rules import AttributeTest, Circle, Facts, Interval, Rule, RuleName, Then, TimeWindow, When
from dispatch_service.domain.staffing import Officer, Policy, Staffing, TeamStaff
from dispatch_service.domain.working_time import SHANGHAI
from dispatch_service.service.holidays import official

_SLICE = 500
_WEST, _SOUTH, _CELL = 107.0, 26.0, 0.01
_CATEGORIES = [f"{top}.{low}" for top in "abcdefghi" for low in ("one", "two", "three", "four")]
_SOURCES = ("resident_app", "hotline", "grid_patrol", "video_sensor", "media")
_WORDS = [f"词{number:03}" for number in range(400)]
_NOW = datetime(2026, 11, 2, 4, tzinfo=UTC)
_DESK = Team(DUTY_DESK, "值班台")


def main() -> None:
    """Measure and print the table."""
    options = _options()
    random = Random(522723)
    grids = _grids(options.grids, options.points, random)
    rules = _rules(options.rules, len(grids), random)
    cases = [_case(len(grids), random) for _ in range(options.cases)]
    slices = [cases[begin : begin + _SLICE] for begin in range(0, len(cases), _SLICE)]
    bare = _measure(_bare(grids), slices)
    anywhere = [replace(rule, when=replace(rule.when, categories=())) for rule in rules]
    ways = {
        "no rules": _routing(grids, None),
        f"{len(rules)} rules": _routing(grids, rules),
        f"{len(rules)} rules, no category": _routing(grids, anywhere),
        f"{len(rules)} rules, rosters": _choosing(grids, rules),
    }
    rows = [{"what": "bare STRtree query", "µs a case": bare, "ratio": 1.0}]
    for name, way in ways.items():
        each = _measure(way, slices)
        rows.append({"what": name, "µs a case": each, "ratio": each / bare})
    title = f"Routing with {len(grids):,} grids of {options.points} points (wanted: 200 µs of CPU a case)"
    report.show(title, rows)
    report.write("routing", {"grids": len(grids), "rules": len(rules), "rows": rows}, options.json)


Way = Callable[[Sequence[Facts]], object]


def _measure(way: Way, slices: Sequence[Sequence[Facts]]) -> float:
    """Return microseconds of CPU a case; the first slice warms up."""
    way(slices[0])
    begun = time.process_time()
    for each in slices:
        way(each)
    return (time.process_time() - begun) / sum(map(len, slices)) * 1e6


def _bare(grids: Sequence[Grid]) -> Way:
    tree = shapely.STRtree([grid.area for grid in grids])
    return lambda cases: tree.query(shapely.points(np.array([facts.point for facts in cases])), predicate="intersects")


def _routing(grids: Sequence[Grid], rules: Sequence[Rule] | None) -> Way:
    router = _router(grids, rules)
    if rules is None:
        return lambda cases: router.by_place([facts.point for facts in cases])
    return router.route


def _choosing(grids: Sequence[Grid], rules: Sequence[Rule]) -> Way:
    router = _router(grids, rules)

    def choose(cases: Sequence[Facts]) -> object:
        routes: list[Route] = router.route(cases)
        teams = {route.team.code: TeamStaff(_officers(route.team.code)) for route in routes}
        staffing = Staffing(Policy(), _DESK, teams)
        return [staffing.assign(route, facts.point, _NOW) for route, facts in zip(routes, cases, strict=True)]

    return choose


def _officers(team: str) -> list[Officer]:
    skills = frozenset({"electric"})
    return [Officer(f"{team}-{place}", skills, (_WEST + 0.01 * place, _SOUTH), place) for place in range(5)]


def _router(grids: Sequence[Grid], rules: Sequence[Rule] | None) -> Router:
    teams = {grid.team.code: grid.team for grid in grids}
    compiled = None if rules is None else RuleSet(1, rules, Calendar(official), zone=SHANGHAI)
    return Router(GridMap(grids, _DESK), teams, compiled)


def _grids(count: int, points: int, random: Random) -> list[Grid]:
    """Return cells of a lattice with winding borders; neighbours overlap a little, as drawn maps do."""
    side = math.ceil(math.sqrt(count))
    grids = []
    for number in range(count):
        x, y = _WEST + _CELL * (number % side + 0.5), _SOUTH + _CELL * (number // side + 0.5)
        ring = []
        for step in range(points):
            angle = 2 * math.pi * step / points
            reach = _CELL * 0.5 * random.uniform(0.97, 1.03) / max(abs(math.cos(angle)), abs(math.sin(angle)))
            ring.append((x + reach * math.cos(angle), y + reach * math.sin(angle)))
        team = Team(f"team-{number % 200:03}", f"队伍 {number % 200}")
        grids.append(Grid(f"grid-{number:04}", 1, f"community-{number % 100:03}", team, shapely.Polygon(ring)))
    return grids


def _rules(count: int, grids: int, random: Random) -> list[Rule]:
    """Return rules as counties write them: most for a category, with one or two conditions more; few fit often."""
    return [
        Rule(f"rule-{number:03}", RuleName("规则", "Rule"), _when(number, grids, random), _then(number))
        for number in range(count)
    ]


def _when(number: int, grids: int, random: Random) -> When:
    more: list[dict[str, Any]] = [
        {"grids": tuple(f"grid-{random.randrange(grids):04}" for _ in range(20))},
        {"words": tuple(random.sample(_WORDS, 3))},
        {"times": (TimeWindow((6, 7)), TimeWindow(days="off"))},
        {"attributes": (AttributeTest("floor", at_least=float(random.randrange(5, 30))),)},
        {"circles": (Circle(*_point(grids, random), random.uniform(100, 800)),)},
        {"areas": (shapely.geometry.mapping(shapely.Point(_point(grids, random)).buffer(0.003)),)},
        {"confidence": Interval(0.9)},
        {"sources": (random.choice(_SOURCES),), "words": tuple(random.sample(_WORDS, 5))},
    ]
    when = When(categories=(random.choice(_CATEGORIES),))
    return replace(when, **more[number % len(more)])


def _then(number: int) -> Then:
    team = f"team-{number % 200:03}"
    return Then(team, skill="electric") if number % 3 else Then(supporting=(team,), stop=False)


def _case(grids: int, random: Random) -> Facts:
    return Facts(
        category=random.choice(_CATEGORIES),
        source=random.choice(_SOURCES),
        proactive=random.random() < 0.3,
        description="小区门口夜间有人占道经营，噪声很大，请尽快处理。" + random.choice(_WORDS),
        point=_point(grids, random),
        received_at=_NOW + timedelta(seconds=random.randrange(60)),
        attributes={"floor": float(random.randrange(30))} if random.random() < 0.3 else {},
        confidence=random.random() if random.random() < 0.5 else None,
    )


def _point(grids: int, random: Random) -> tuple[float, float]:
    side = math.ceil(math.sqrt(grids)) * _CELL
    return _WEST + random.uniform(0, side), _SOUTH + random.uniform(0, side)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, usual in (("cases", 20_000), ("grids", 1_000), ("points", 200), ("rules", 500)):
        parser.add_argument(f"--{name}", type=int, default=usual)
    parser.add_argument("--json", type=Path)
    return parser.parse_args()


if __name__ == "__main__":
    main()
