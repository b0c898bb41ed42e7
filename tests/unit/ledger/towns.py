"""Made-up towns: complaints at places and times, reproducibly at random."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random

from ledger_service.domain.clusters import Cluster, Spot, Survey, Warm, find
from ledger_service.domain.hotspot_rules import Period, Rules
from ledger_service.domain.terrain import Counts, Tally, Terrain, cell_of

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
LON, LAT = 107.2357, 26.5807
METRES_LON, METRES_LAT = 99_500.0, 110_900.0
"""Metres in a degree, there."""
CATEGORIES = ("street_order.vendors", "street_order.parking", "noise.night", "facilities.lamps", "safety.wires")


@dataclass(frozen=True)
class Report:
    """A complaint."""

    at: datetime
    category: str
    lon: float
    lat: float

    @property
    def spot(self) -> Spot:
        return Spot(self.category, cell_of(self.lon, self.lat))


def around(random: Random, east: float, north: float, spread: float) -> tuple[float, float]:
    """Return a point about so many metres from the middle of the town."""
    metres = random.gauss(east, spread), random.gauss(north, spread)
    return LON + metres[0] / METRES_LON, LAT + metres[1] / METRES_LAT


@dataclass
class Town:
    """Complaints of a town of some six kilometres, day by day, until NOW."""

    random: Random
    reports: list[Report] = field(default_factory=list)

    def noise(self, *, a_day: float, days: int = 64, growth: float = 1.0) -> "Town":
        """Let complaints come from everywhere, more in the middle; in the last eight days `growth` times as many."""
        for day in range(days):
            factor = growth if day < 8 else 1.0
            for _ in range(_poisson(self.random, a_day * factor)):
                at = NOW - timedelta(days=day + self.random.random())
                weights = (8, 5, 3, 2, 1)
                [category] = self.random.choices(CATEGORIES, weights)
                self.reports.append(Report(at, category, *around(self.random, 0, 0, 1500)))
        return self

    def burst(
        self, count: int, *, east: float = 900, north: float = -600, spread: float = 60, days: float = 3,
        category: str | Sequence[str] = "facilities.lamps",
    ) -> "Town":  # fmt: skip
        """Let `count` complaints come from about one place within the last `days`."""
        kinds = [category] if isinstance(category, str) else category
        for number in range(count):
            at = NOW - timedelta(days=days * self.random.random())
            self.reports.append(Report(at, kinds[number % len(kinds)], *around(self.random, east, north, spread)))
        return self

    def survey(self, *, at: datetime = NOW, rules: Rules | None = None) -> Survey:
        """Return the counts of a look at that moment."""
        period = Period.of(rules or Rules(), at, min(each.at for each in self.reports).date())
        recent = [each for each in self.reports if period.since <= each.at <= at]
        before = [each for each in self.reports if period.before <= each.at < period.since]
        counts = tallies(each.spot for each in recent)
        earlier = tallies(each.spot for each in before)
        return Survey(Terrain(counts), counts, earlier, Counter(each.category for each in before), period.share)

    def clusters(self, *, at: datetime = NOW, rules: Rules | None = None, warm: Warm | None = None) -> list[Cluster]:
        """Return what is hot at that moment."""
        return find(self.survey(at=at, rules=rules), rules or Rules(), warm or {})


def tallies(spots: Iterable[Spot]) -> Counts:
    """Return how often each spot is there, as surveys take it."""
    found: dict[str, Tally] = {}
    for spot, count in Counter(spots).items():
        tally = found.setdefault(spot.category, Tally([], []))
        tally.cells.append(spot.cell)
        tally.counts.append(count)
    return found


def _poisson(random: Random, mean: float) -> int:
    count, passed = 0, random.expovariate(1.0)
    while passed < mean:
        count += 1
        passed += random.expovariate(1.0)
    return count
