"""Clusters of complaints in space, time and category: cells that are hot, and touch.

Each cell is judged together with its neighbours, so that nothing is lost where a group lies on an edge. Hot cells
whose surroundings touch are one cluster.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from ledger_service.domain.bursts import share_elsewhere, tail, threshold
from ledger_service.domain.hotspot_rules import LevelRule, Rules
from ledger_service.domain.terrain import Counts, Tally, Terrain, joined, level_of, surroundings

_STAYS_WARM = 0.05
"""A hot spot does not end while its cells are this improbable, and have half of what makes one: it would flicker."""


class Spot(NamedTuple):
    """A category, as a complaint has it, in a cell."""

    category: str
    cell: int


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
    spots: Mapping[Spot, int]
    """Where the complaints of the window are that belong to it, by the category that each has, and how many."""
    before: int
    """How many there were in the baseline."""
    share: float
    """Of the window, as it was tested: by time or by what came elsewhere."""

    @property
    def count(self) -> int:
        """How many complaints there are in the window."""
        return sum(self.spots.values())

    @property
    def chance(self) -> float:
        """How probable so many are by chance."""
        return tail(self.count, self.count + self.before, self.share)


@dataclass(frozen=True, slots=True)
class Survey:
    """What there is to judge: complaints of the window and of the baseline."""

    terrain: Terrain
    """Of the window."""
    recent: Counts
    before: Counts
    """In the cells of `watched`; more do no harm."""
    before_all: Mapping[str, int]
    """By category, wherever they were."""
    share: float
    """Which part of all the time the window is."""


def watched(terrain: Terrain, recent: Counts, rules: Rules, warm: Warm) -> set[int]:
    """Return the cells whose baseline has to be known."""
    cells = {near for each in warm.values() for near in surroundings(each)}
    for rule in rules.levels:
        for tallies in _by_level(recent, rule.level).values():
            layer = terrain.layer(tallies.values())
            places = np.flatnonzero(terrain.inner(layer))
            cells |= terrain.near(places[terrain.sums(layer, places) >= rule.min_count])
    return cells


def find(survey: Survey, rules: Rules, warm: Warm) -> list[Cluster]:
    """Return all clusters, those of the finest level first; each complaint is in one at the most.

    What is in a cluster of `street_order.parking` does not count for one of `street_order`: that needs others.
    """
    left = dict(survey.recent)
    found: list[Cluster] = []
    for rule in rules.finest_first():
        made = _Level(survey, left, rule).clusters(warm)
        taken: defaultdict[str, set[int]] = defaultdict(set)
        for spot in (spot for cluster in made for spot in cluster.spots):
            taken[spot.category].add(spot.cell)
        left |= {category: _without(left[category], cells) for category, cells in taken.items()}
        found += made
    return found


class _Candidate(NamedTuple):
    """A cell that has enough complaints around it to be judged."""

    category: str
    cell: int
    complaints: int
    chance: float
    is_warm: bool


class _Level:
    """What there is to judge at one level of categories."""

    def __init__(self, survey: Survey, left: Counts, rule: LevelRule) -> None:
        self._rule = rule
        self._share = survey.share
        self._terrain = survey.terrain
        self._recent = _by_level(left, rule.level)
        self._before = _by_level(survey.before, rule.level)
        self._before_all: Counter[str] = Counter()
        for given, count in survey.before_all.items():
            self._before_all[level_of(given, rule.level) or ""] += count

    def clusters(self, warm: Warm) -> list[Cluster]:
        """Return all clusters of the level, by category."""
        candidates: list[_Candidate] = []
        looked_at = 0
        for category in self._recent:
            places, made = self._candidates(category, warm.get(category, frozenset()))
            looked_at += places
            candidates += made
        chances = [each.chance for each in candidates if each.complaints >= self._rule.min_count]
        limit = threshold(chances, max(1, looked_at), self._rule.significance)
        hot: defaultdict[str, list[int]] = defaultdict(list)
        for each in candidates:
            lasts = each.is_warm and each.chance <= _STAYS_WARM
            if lasts or (each.complaints >= self._rule.min_count and each.chance <= limit):
                hot[each.category].append(each.cell)
        return [cluster for category in sorted(hot) for cluster in self._made(category, joined(hot[category]))]

    def _candidates(self, category: str, warm: Set[int]) -> tuple[int, list[_Candidate]]:
        """Return in how many cells the category is, and those to be judged: `warm` ones with half of what it takes."""
        terrain, enough = self._terrain, self._rule.min_count
        layer = terrain.layer(self._recent[category].values())
        places = np.flatnonzero(terrain.inner(layer))
        cells, counts = terrain.cells[places], terrain.sums(layer, places)
        is_warm = np.isin(cells, list(warm))
        chosen = np.flatnonzero((counts >= enough) | (is_warm & (counts >= math.ceil(enough / 2))))
        before = terrain.sums(terrain.layer(self._before.get(category, {}).values()), places[chosen])
        columns = cells[chosen], counts[chosen], before, is_warm[chosen]
        total = int(layer.sum())
        return len(places), [
            _Candidate(category, cell, count, self._chance(category, total, count, earlier), warmth)
            for cell, count, earlier, warmth in zip(*(column.tolist() for column in columns), strict=True)
        ]

    def _chance(self, category: str, total: int, count: int, before: int) -> float:
        return tail(count, count + before, self._tested_share(category, total, count, before))

    def _tested_share(self, category: str, total: int, count: int, before: int) -> float:
        """Return the share that a place with these counts has to be tested against, beside a `total` of the window."""
        before_elsewhere = max(0, self._before_all[category] - before)
        return share_elsewhere(max(0, total - count), before_elsewhere, self._share)

    def _made(self, category: str, groups: Sequence[frozenset[int]]) -> Iterator[Cluster]:
        """Yield the clusters that these groups of hot cells make."""
        cells = [surroundings(group) for group in groups]
        group_of = {cell: number for number, each in enumerate(cells) for cell in each}
        spots: list[dict[Spot, int]] = [{} for _ in groups]
        for given, cell, count in _lines(self._recent[category]):
            if cell in group_of:
                spots[group_of[cell]][Spot(given, cell)] = count
        before = [0 for _ in groups]
        for _, cell, count in _lines(self._before.get(category, {})):
            if cell in group_of:
                before[group_of[cell]] += count
        total = sum(count for _, _, count in _lines(self._recent[category]))
        for hot, around, there, earlier in zip(groups, cells, spots, before, strict=True):
            share = self._tested_share(category, total, sum(there.values()), earlier)
            yield Cluster(category, hot, around, there, earlier, share)


def _by_level(counts: Counts, level: int) -> dict[str, dict[str, Tally]]:
    """Return the tallies of each category of a level, by the categories that complaints have."""
    found: defaultdict[str, dict[str, Tally]] = defaultdict(dict)
    for given, tally in counts.items():
        if (category := level_of(given, level)) is not None:
            found[category][given] = tally
    return found


def _lines(tallies: Mapping[str, Tally]) -> Iterator[tuple[str, int, int]]:
    for given, tally in tallies.items():
        for cell, count in zip(*tally, strict=True):
            yield given, cell, count


def _without(tally: Tally, cells: Set[int]) -> Tally:
    left = [(cell, count) for cell, count in zip(*tally, strict=True) if cell not in cells]
    return Tally([cell for cell, _ in left], [count for _, count in left])
