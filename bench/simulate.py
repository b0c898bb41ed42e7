"""The planner's simulator: 100,000 cases of a month, from routing to figures, for the present and a proposal.

python -m bench.simulate [--cases 100000] [--json FILE]
"""

import argparse
import random
import resource
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import shapely

from bench import report
from dispatch_service.demo.county import CREW, rows
from dispatch_service.domain.calendars import Calendar
from dispatch_service.domain.clocks import Clockwork
from dispatch_service.domain.router import Router
from dispatch_service.domain.routing import DUTY_DESK, Grid, GridMap, Team
from dispatch_service.domain.rules import Facts
from dispatch_service.domain.simulation.comparison import Assumptions, Simulator
from dispatch_service.domain.simulation.duties import Duty, Roster
from dispatch_service.domain.simulation.past import PastCase
from dispatch_service.domain.simulation.scenario import Scenario
from dispatch_service.domain.simulation.travel import Travel
from dispatch_service.domain.staffing import Policy
from dispatch_service.service.clockworks import default_limits, limits_of
from dispatch_service.service.holidays import official

_BEGIN = datetime(2026, 3, 1, tzinfo=UTC)
_DAYS = 30
_PAGE = 200
_CATEGORIES = ("street_order.parking", "safety.strung_wires", "city_appearance.small_ads", None)
_TENANT = "522723"


def main() -> None:
    """Run and print the table."""
    options = _options()
    shifts, fewer = _scenario(per_team=20), _scenario(per_team=10)
    until = (_BEGIN + timedelta(days=_DAYS + 7)).timestamp()
    assumptions = Assumptions(
        travel=Travel(20, 1.3), longest_work=timedelta(hours=4), until=until, recorded_until=until
    )
    before = _peak_mb()
    simulator = Simulator([shifts, fewer], {}, assumptions)
    rng = random.Random(1)
    begun = time.process_time()
    for first in range(0, options.cases, _PAGE):
        size = min(_PAGE, options.cases - first)
        simulator.add([_case(rng, number, options.cases) for number in range(first, first + size)])
    routed = time.process_time()
    found = simulator.compare(moves=20)
    done = time.process_time()
    row: report.Row = {
        "cases": found.cases,
        "route and promise twice, s": routed - begun,
        "simulate twice, s": done - routed,
        "µs a case and scenario": (done - begun) / found.cases / 2 * 1e6,
        "memory, MB": _peak_mb() - before,
        "kept, now": found.present.whole.promises.rate or 0.0,
    }
    report.show("A month's cases simulated twice, in processor time (wanted: 100,000 in 60 s)", [row])
    report.write("simulate", {"simulate": row}, options.json)


def _scenario(per_team: int) -> Scenario:
    grids = [row for table, found in rows(_TENANT) if table == "grid" for row in found]
    teams = {row["team"]: Team(row["team"], row["name"]) for row in grids}
    areas = [
        Grid(row["code"], 1, row["community"], teams[row["team"]], shapely.geometry.shape(row["geometry"]))
        for row in grids
    ]
    calendar = Calendar(official)
    work = Clockwork(1, limits_of(default_limits()), calendar.office(), calendar.days())
    router = Router(GridMap(areas, Team(DUTY_DESK, DUTY_DESK)), teams)
    duties = [duty for grid in areas for duty in _duties(grid, per_team)]
    return Scenario(router, work, Policy(), Roster(duties, timedelta(days=14)))


def _duties(grid: Grid, per_team: int) -> list[Duty]:
    middle = grid.area.representative_point()
    begins = [(_BEGIN + timedelta(days=day)).timestamp() for day in range(_DAYS + 7)]
    return [
        Duty(
            team=grid.team.code,
            subject=f"{grid.code}-{number}",
            begins=begin + number % 3 * 5 * 3600,
            ends=begin + number % 3 * 5 * 3600 + 6 * 3600,
            place=(middle.x, middle.y),
        )
        for begin in begins
        for number in range(per_team * len(CREW))
    ]


def _case(rng: random.Random, number: int, cases: int) -> tuple[PastCase, Facts]:
    received_at = _BEGIN + timedelta(days=_DAYS) * (number / cases)
    at = received_at.timestamp()
    point = (rng.gauss(107.2357, 0.02), rng.gauss(26.5807, 0.02))
    category = rng.choice(_CATEGORIES)
    started_at = at + rng.uniform(600, 86_400)
    case = PastCase(
        number=f"20260301-{number:06}",
        category=category,
        point=point,
        status="closed",
        self_handled=False,
        team="team-08",
        officer=f"officer-{number % 80:04}",
        received_at=at,
        assigned_at=at,
        accepted_at=started_at,
        started_at=started_at,
        resolved_at=started_at + rng.expovariate(1 / 1800),
        promised_at=at + 86_400,
    )
    return case, Facts(category, "hotline", False, "路口有游摊占道", point, received_at)


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=100_000)
    parser.add_argument("--json", type=Path)
    return parser.parse_args()


if __name__ == "__main__":
    main()
