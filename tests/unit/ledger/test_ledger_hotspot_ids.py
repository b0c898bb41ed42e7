"""Hot spots keep their ids as clusters move, grow, part and come together; and what is told of them."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import permutations
from random import Random
from uuid import UUID

import h3.api.basic_int as h3
import pytest

from ledger_service.domain.clusters import Cluster, Spot
from ledger_service.domain.hotspot_rounds import Finding, Round
from ledger_service.domain.hotspot_rules import LevelRule, Period, Rules
from ledger_service.domain.hotspots import Ending, Hotspot, Member, State, Trend, trend
from ledger_service.domain.terrain import surroundings
from runtime.ids import uuid7
from unit.ledger.test_ledger_clusters import PLACE
from unit.ledger.towns import NOW, around

CATEGORY = "facilities.lamps"
RULES = Rules(levels=(LevelRule(level=2, min_count=5, min_reporters=3, significance=0.01),))


def ring(steps: int) -> int:
    """Return a cell so many cells away from the place, always in the same direction."""
    return int(min(cell for cell in h3.grid_disk(PLACE, 40) if h3.grid_distance(PLACE, cell) == steps))


PATH = h3.grid_path_cells(PLACE, ring(30))


def found(*places: int, each: int = 4, category: str = CATEGORY, reporters: int = 99) -> Finding:
    """Return a cluster about cells of PATH, with so many complaints in each of them."""
    centres = [PATH[place] for place in places]
    cells = surroundings(centres)
    spots = {Spot(category, centre): each for centre in centres}
    random = Random(places[0])
    members = [
        Member(uuid7(), NOW - timedelta(hours=hour), *around(random, 0, 0, 50), f"r{hour % reporters}", "fulai", None)
        for hour in range(each * len(places))
    ]
    return Finding(Cluster(category, frozenset(centres), cells, spots, 1, 0.125), members)


def look(known: Sequence[Hotspot], *findings: Finding, hours: int = 0) -> list[Hotspot]:
    """Return what is told of these findings."""
    period = Period.of(RULES, NOW + timedelta(hours=hours), NOW.date() - timedelta(days=100))
    return Round(tenant="t", rules=RULES, period=period, new_id=uuid7).outcome(known, findings)


def ids(spots: Iterable[Hotspot]) -> set[UUID]:
    return {spot.id for spot in spots}


def test_a_new_cluster_is_told_of_with_its_evidence() -> None:
    finding = found(0, 1, 2, each=10)
    [spot] = look([], finding)
    told = spot.description
    assert (spot.version, spot.state, told.count, told.community, told.grid) == (1, State.LIVE, 30, "fulai", None)
    assert told.evidence == tuple(member.complaint_id for member in finding.members[:20])
    assert told.last_at == NOW
    assert told.first_at == NOW - timedelta(hours=29)
    assert 50 < told.radius_metres < 300
    assert told.expected == pytest.approx(0.14)
    assert told.score > 20
    assert told.trend is Trend.RISING


def test_one_person_alone_makes_no_hot_spot_but_does_not_end_one() -> None:
    assert look([], found(0, 1, reporters=2)) == []
    [spot] = look([], found(0, 1))
    assert [each.state for each in look([spot], found(0, 1, reporters=1))] == [State.LIVE]


def test_what_does_not_change_is_not_told_again() -> None:
    finding = found(0, 1)
    [spot] = look([], finding)
    assert look([spot], finding) == []
    expected_more = finding._replace(cluster=replace(finding.cluster, before=5))
    assert look([spot], expected_more) == []


def test_a_cluster_that_moves_and_grows_keeps_its_id() -> None:
    [spot] = look([], found(0, 1, each=20))
    begun = spot
    for step in range(1, 6):
        [spot] = look([spot], found(step, step + 1, each=4 + step), hours=step)
        assert (spot.id, spot.version) == (begun.id, step + 1)
    assert spot.description.first_at == begun.description.first_at
    assert spot.detected_at == begun.detected_at


def test_another_category_or_place_is_another_hot_spot() -> None:
    [spot] = look([], found(0, 1))
    told = look([spot], found(0, 1, category="noise.night"), found(20, 21))
    assert [each.state for each in told] == [State.LIVE, State.LIVE, State.ENDED]
    assert spot.id not in ids(told[:2])


def test_of_parts_the_one_with_most_complaints_keeps_the_id() -> None:
    [spot] = look([], found(*range(12)))
    parts = [found(0, 1), found(6, 7, 8, 9)]
    for order in permutations(parts):
        told = look([spot], *order)
        [kept] = [each for each in told if each.id == spot.id]
        assert kept.description.cells == tuple(sorted(parts[1].cluster.hot))
        assert len(told) == 2


def test_of_those_that_come_together_the_largest_stays() -> None:
    small, large = look([], found(0, 1), found(6, 7, 8, 9))
    for known in permutations([small, large]):
        stays, ends = look(known, found(*range(10)))
        assert (stays.id, ends.id) == (large.id, small.id)
        assert (ends.state, ends.ending, ends.merged_into) == (State.ENDED, Ending.MERGED, large.id)


def test_one_that_was_merged_comes_back_where_they_part_and_leaves_the_live_one_alone() -> None:
    small, large = look([], found(0, 1), found(6, 7, 8, 9))
    whole = found(*range(10))
    stays, over = look([small, large], whole)
    assert look([stays, over], whole) == []
    for known in permutations([stays, over]):
        told = look(known, found(0, 1), found(6, 7, 8, 9), hours=1)
        assert {(each.id, each.state, each.merged_into) for each in told} == {
            (large.id, State.LIVE, None),
            (small.id, State.LIVE, None),
        }
    [kept] = look([stays, over], found(0, 1, 2), hours=1)
    assert kept.id == stays.id


def test_of_equals_the_older_one_stays() -> None:
    older, younger = look([], found(0, 1), found(6, 7))
    for known in permutations([older, younger]):
        stays, ends = look(known, found(*range(8)))
        assert (stays.id, ends.id) == (older.id, younger.id)


def test_one_that_cools_down_ends_and_comes_back_under_its_id() -> None:
    [spot] = look([], found(0, 1))
    [over] = look([spot], hours=1)
    assert (over.state, over.ending, over.version, over.merged_into) == (State.ENDED, Ending.COOLED, 2, None)
    assert look([over], hours=2) == []
    [again] = look([over], found(1, 2), hours=3)
    assert (again.id, again.state, again.version, again.ended_at) == (spot.id, State.LIVE, 3, None)


def test_a_live_one_goes_before_one_that_is_over() -> None:
    [first] = look([], found(0, 1, 2, 3))
    [over] = look([first], hours=1)
    [live] = look([], found(4, 5))
    [kept] = look([over, live], found(0, 1, 2, 3, 4), hours=2)
    assert kept.id == live.id


@pytest.mark.parametrize(
    ("later", "total", "expected"),
    [(6, 6, Trend.RISING), (3, 6, Trend.STEADY), (0, 6, Trend.FALLING), (2, 3, Trend.STEADY), (60, 100, Trend.RISING)],
)
def test_a_trend_needs_more_than_chance(later: int, total: int, expected: Trend) -> None:
    assert trend(later, total) is expected


def test_the_baseline_begins_with_what_is_known() -> None:
    full = Period.of(Rules(), NOW, NOW.date() - timedelta(days=300))
    assert (full.since.isoformat(), full.before.isoformat()) == (
        "2026-02-23T00:00:00+00:00",
        "2025-12-29T00:00:00+00:00",
    )
    young = Period.of(Rules(), NOW, NOW.date() - timedelta(days=20))
    assert young.before == young.since - timedelta(days=12)
    assert Period.of(Rules(), NOW, NOW.date()).share == Period.of(Rules(), NOW, None).share == 1


def test_rules_come_back_as_they_were_kept() -> None:
    assert Rules.of(RULES.content()) == RULES
    assert Rules.of(None) == Rules()
