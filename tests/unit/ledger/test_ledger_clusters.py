"""A planted burst is found where it is, and noise is left alone."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from random import Random

import pytest

from ledger_service.domain.clusters import find, watched
from ledger_service.domain.hotspot_rules import LevelRule, Rules
from ledger_service.domain.terrain import Tally, cell_of
from unit.ledger.towns import LAT, LON, METRES_LAT, METRES_LON, NOW, Town

PLACE = cell_of(LON + 900 / METRES_LON, LAT - 600 / METRES_LAT)
SEEDS = range(10, 16)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_planted_burst_is_found_in_its_place(seed: int) -> None:
    [cluster] = Town(Random(seed)).noise(a_day=30).burst(9).clusters()
    assert (cluster.category, PLACE in cluster.cells) == ("facilities.lamps", True)
    assert cluster.count >= 8
    assert cluster.chance < 1e-4


def test_noise_makes_no_hot_spot_most_of_the_time() -> None:
    found = [len(Town(Random(seed)).noise(a_day=a_day).clusters()) for a_day in (10, 80) for seed in SEEDS]
    assert sum(found) <= 1


def test_what_rises_everywhere_is_no_hot_spot() -> None:
    found = [len(Town(Random(seed)).noise(a_day=30, growth=4).clusters()) for seed in SEEDS]
    assert sum(found) <= 1


def test_a_burst_is_found_while_all_rises() -> None:
    for seed in SEEDS:
        found = Town(Random(seed)).noise(a_day=30, growth=3).burst(20).clusters()
        assert [cluster.category for cluster in found if PLACE in cluster.cells] == ["facilities.lamps"]


def test_a_place_that_always_has_many_is_none() -> None:
    town = Town(Random(1)).noise(a_day=30)
    town.burst(160, days=64, category="street_order.vendors")
    assert town.clusters() == []


def test_without_a_past_nothing_is_hot() -> None:
    assert Town(Random(1)).noise(a_day=60, days=8).burst(30).clusters() == []


def test_a_young_platform_is_compared_with_what_there_is() -> None:
    [cluster] = Town(Random(1)).noise(a_day=30, days=30).burst(12).clusters()
    assert PLACE in cluster.cells


def test_an_upper_level_takes_what_the_lower_ones_leave() -> None:
    of_one = Town(Random(2)).noise(a_day=20).burst(14, category="street_order.parking").clusters()
    assert [cluster.category for cluster in of_one] == ["street_order.parking"]
    kinds = ["street_order.stalls", "street_order.signs", "street_order.carts", "street_order.bikes"]
    of_many = Town(Random(2)).noise(a_day=20).burst(16, category=kinds).clusters()
    assert [cluster.category for cluster in of_many] == ["street_order"]
    assert {spot.category for spot in of_many[0].spots} >= set(kinds)


def test_each_complaint_is_in_one_cluster_at_the_most() -> None:
    town = Town(Random(3)).noise(a_day=40).burst(30, category="street_order.parking")
    town.burst(32, category=[f"street_order.kind-{number}" for number in range(8)])
    found = town.clusters()
    assert {cluster.category for cluster in found} >= {"street_order.parking", "street_order"}
    spots = Counter(spot for cluster in found for spot in cluster.spots)
    assert set(spots.values()) == {1}


def test_two_bursts_apart_are_two_and_side_by_side_one() -> None:
    apart = Town(Random(4)).noise(a_day=30).burst(12).burst(12, east=-900).clusters()
    assert len(apart) == 2
    near = Town(Random(4)).noise(a_day=30).burst(12).burst(12, east=1100).clusters()
    assert len(near) == 1


def test_a_hot_spot_does_not_flicker() -> None:
    town = Town(Random(8)).noise(a_day=30).burst(8)
    [cluster] = town.clusters()
    later = replace(town, reports=[each for each in town.reports if each.spot not in cluster.spots])
    later.burst(4, spread=20)
    assert later.clusters() == []
    [kept] = later.clusters(warm={cluster.category: cluster.hot})
    assert kept.cells & cluster.cells
    assert later.clusters(at=NOW + timedelta(days=11), warm={cluster.category: cluster.hot}) == []


def test_the_baseline_is_asked_for_where_it_decides() -> None:
    town = Town(Random(6)).noise(a_day=30).burst(9)
    survey = town.survey()
    cells = watched(survey.terrain, survey.recent, Rules(), {})
    assert len(cells) < len(survey.terrain.cells) / 2
    lines = {
        category: [line for line in zip(*tally, strict=True) if line[0] in cells]
        for category, tally in survey.before.items()
    }
    before = {category: Tally([cell for cell, _ in each], [n for _, n in each]) for category, each in lines.items()}
    narrow = replace(survey, before=before)
    assert find(narrow, Rules(), {}) == find(survey, Rules(), {}) != []


def test_rules_decide() -> None:
    town = Town(Random(7)).noise(a_day=30).burst(9)
    strict = Rules(levels=(LevelRule(level=2, min_count=30, min_reporters=3, significance=0.01),))
    assert town.clusters() != []
    assert town.clusters(rules=strict) == []


def test_a_hot_spot_does_not_creep() -> None:
    town = Town(Random(9)).noise(a_day=60).burst(25)
    [first] = town.clusters()
    [again] = town.clusters(warm={first.category: first.hot})
    assert again == first
