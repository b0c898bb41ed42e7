"""Clusters of complaints in space, time and category: cells of H3 (https://h3geo.org) that are hot, and touch.

A cell has 0.015 km² (edge 76 m) and is judged together with its six neighbours, about 400 m across, so that nothing
is lost where a group lies on an edge. Hot cells whose surroundings touch are one cluster.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import h3.api.basic_int as h3

from ledger_service.domain.bursts import share_elsewhere, tail, threshold
from ledger_service.domain.hotspot_rules import LevelRule, Rules

RESOLUTION = 10
_STAYS_WARM = 0.05
"""A hot spot does not end while its cells are this improbable, and have half of what makes one: it would flicker."""


class Spot(NamedTuple):
    """A category, at any level, in a cell."""

    category: str
    cell: int


Counts = Mapping[Spot, int]
Warm = Mapping[str, Set[int]]
"""The hot cells of the present hot spots, by category."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """A place in which a category is hot."""

    category: str
    hot: frozenset[int]
    """The cells that are hot, together with their neighbours."""
    cells: frozenset[int]
    """All of these."""
    spots: frozenset[Spot]
    """Where the complaints of the window are that belong to it, by the category that each has."""
    count: int
    before: int
    """How many there were in the baseline."""
    share: float
    """Of the window, as it was tested: by time or by what came elsewhere."""

    @property
    def chance(self) -> float:
        """How probable so many are by chance."""
        return tail(self.count, self.count + self.before, self.share)


@dataclass(frozen=True, slots=True)
class Survey:
    """What there is to judge: complaints of the window and of the baseline."""

    recent: Counts
    before: Counts
    """In the cells of `watched`; more do no harm."""
    before_all: Mapping[str, int]
    """By category, wherever they were."""
    share: float
    """Which part of all the time the window is."""


def cell_of(lon: float, lat: float) -> int:
    """Return the cell of a WGS84 point; it fits a bigint."""
    cell: int = h3.latlng_to_cell(lat, lon, RESOLUTION)
    return cell


@lru_cache(maxsize=10_000)
def level_of(category: str, level: int) -> str | None:
    """Return the first `level` parts of a category; None where it has fewer."""
    parts = category.split(".")
    return ".".join(parts[:level]) if len(parts) >= level else None


def surroundings(cells: Iterable[int]) -> frozenset[int]:
    """Return these cells and all their neighbours."""
    return frozenset(near for cell in cells for near in _around(cell))


def watched(recent: Counts, rules: Rules, warm: Warm) -> set[int]:
    """Return the cells whose baseline has to be known."""
    cells = {near for each in warm.values() for near in surroundings(each)}
    for rule in rules.levels:
        counts = _at_level(recent, rule.level)
        cells.update(cell for spot, count in _disks(counts) if count >= rule.min_count for cell in _around(spot.cell))
    return cells


def find(survey: Survey, rules: Rules, warm: Warm) -> list[Cluster]:
    """Return all clusters, those of the finest level first; each complaint is in one at the most.

    What is in a cluster of `street_order.parking` does not count for one of `street_order`: that needs others.
    """
    left = dict(survey.recent)
    found: list[Cluster] = []
    for rule in rules.finest_first():
        made = list(_at(left, survey, rule, warm))
        for spot in {spot for cluster in made for spot in cluster.spots}:
            del left[spot]
        found += made
    return found


def _at(left: Counts, survey: Survey, rule: LevelRule, warm: Warm) -> Iterator[Cluster]:
    world = _World(left, survey, rule.level)
    hot: defaultdict[str, list[int]] = defaultdict(list)
    for spot in _hot(world, rule, warm):
        hot[spot.category].append(spot.cell)
    for category in sorted(hot):
        for cells in _joined(hot[category]):
            yield world.cluster(category, cells)


class _World:
    """The counts of one level, and what they add up to."""

    def __init__(self, left: Counts, survey: Survey, level: int) -> None:
        self.recent = _at_level(left, level)
        self.before = _at_level(survey.before, level)
        self._share = survey.share
        self._before_all = _rolled_up(survey.before_all, level)
        self._recent_all: Counter[str] = Counter()
        for spot, count in self.recent.items():
            self._recent_all[spot.category] += count
        self._left = left
        self._by_cell: defaultdict[int, list[Spot]] = defaultdict(list)
        for spot in left:
            self._by_cell[spot.cell].append(spot)

    def judge(self, category: str, count: int, before: int) -> float:
        """Return the share that a place with these counts has to be tested against."""
        elsewhere = self._recent_all[category] - count, self._before_all.get(category, 0) - before
        return share_elsewhere(max(0, elsewhere[0]), max(0, elsewhere[1]), self._share)

    def cluster(self, category: str, hot: Iterable[int]) -> Cluster:
        """Return the cluster that these hot cells make."""
        cells = surroundings(hot)
        there = (spot for cell in cells for spot in self._by_cell.get(cell, ()))
        spots = frozenset(spot for spot in there if _is_within(spot.category, category))
        count = sum(self._left[spot] for spot in spots)
        before = sum(self.before.get(Spot(category, cell), 0) for cell in cells)
        return Cluster(category, frozenset(hot), cells, spots, count, before, self.judge(category, count, before))


def _hot(world: _World, rule: LevelRule, warm: Warm) -> Iterator[Spot]:
    nothing: frozenset[int] = frozenset()
    chances: dict[Spot, float] = {}
    lasting = []
    for spot, count in _disks(world.recent):
        is_warm = spot.cell in warm.get(spot.category, nothing)
        if count < (math.ceil(rule.min_count / 2) if is_warm else rule.min_count):
            continue
        before = _sum_around(world.before, spot)
        chance = tail(count, count + before, world.judge(spot.category, count, before))
        if count >= rule.min_count:
            chances[spot] = chance
        if is_warm and chance <= _STAYS_WARM:
            lasting.append(spot)
    limit = threshold(chances.values(), max(1, len(world.recent)), rule.significance)
    yield from {*lasting, *(spot for spot, chance in chances.items() if chance <= limit)}


def _joined(hot: Iterable[int]) -> Iterator[set[int]]:
    """Yield groups of cells whose surroundings touch, in the order of their lowest cells."""
    waiting = set(hot)
    for first in sorted(waiting):
        if first not in waiting:
            continue
        waiting.remove(first)
        group, edge = {first}, [first]
        while edge:
            near = waiting.intersection(h3.grid_disk(edge.pop(), 2))
            waiting -= near
            group |= near
            edge += near
        yield group


def _disks(counts: Counts) -> Iterator[tuple[Spot, int]]:
    """Yield each spot with the number in its cell and the neighbours."""
    return ((spot, _sum_around(counts, spot)) for spot in counts)


def _sum_around(counts: Counts, spot: Spot) -> int:
    category = spot.category
    return sum(counts.get(Spot(category, cell), 0) for cell in _around(spot.cell))


@lru_cache(maxsize=20_000)
def _around(cell: int) -> tuple[int, ...]:
    """Return a cell and its neighbours."""
    return tuple(h3.grid_disk(cell, 1))


def _at_level(counts: Counts, level: int) -> Counts:
    sums: Counter[Spot] = Counter()
    for spot, count in counts.items():
        if (category := level_of(spot.category, level)) is not None:
            sums[Spot(category, spot.cell)] += count
    return sums


def _rolled_up(counts: Mapping[str, int], level: int) -> Mapping[str, int]:
    sums: Counter[str] = Counter()
    for given, count in counts.items():
        if (category := level_of(given, level)) is not None:
            sums[category] += count
    return sums


def _is_within(category: str, upper: str) -> bool:
    return category == upper or category.startswith(f"{upper}.")
