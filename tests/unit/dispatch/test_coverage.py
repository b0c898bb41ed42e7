"""What is within a walk of a post."""

import math
from collections.abc import Sequence

import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from dispatch_service.domain.attendance import metres_between
from dispatch_service.domain.coverage import Coverage, Ground, Walk
from dispatch_service.domain.routing import Point

WEST, SOUTH = 107.2, 26.5
WALK = Walk(15, 4.5, 1.3)
AREA = shapely.box(WEST, SOUTH, WEST + 0.1, SOUTH + 0.1)
MIDDLE = (WEST + 0.05, SOUTH + 0.05)


def cover(
    grids: Sequence[tuple[str, shapely.Geometry]],
    spots: Sequence[Point],
    cases: Sequence[tuple[str | None, Point]],
    walk: Walk,
) -> Coverage:
    ground = Ground(grids, cases)
    return ground.cover([ground.reach(spots, walk)])


def test_a_walk_reaches_as_far_as_its_formula_says() -> None:
    assert WALK.metres == pytest.approx(15 / 60 * 4500 / 1.3)


def test_one_post_covers_a_circle() -> None:
    coverage = cover([("c", AREA)], [MIDDLE], [("c", MIDDLE), ("c", (WEST, SOUTH)), (None, MIDDLE)], WALK)

    share = coverage.communities["c"]
    assert share.square_metres_covered == pytest.approx(math.pi * WALK.metres**2, rel=0.005)
    assert share.square_metres == pytest.approx(9_960 * 11_132, rel=0.01)
    assert (share.cases, share.cases_covered) == (2, 1)
    assert (coverage.whole.cases, coverage.whole.cases_covered) == (3, 2)
    assert not coverage.gaps["c"].contains(shapely.Point(MIDDLE))


def test_without_a_post_all_is_a_gap_and_with_enough_nothing_is() -> None:
    nothing = cover([("c", AREA)], [], [("c", MIDDLE)], WALK)
    everything = cover([("c", AREA)], [MIDDLE], [("c", MIDDLE)], Walk(120, 30, 1))

    assert shapely.equals_exact(nothing.gaps["c"].normalize(), AREA.normalize(), 1e-6)
    assert (nothing.communities["c"].square_metres_covered, nothing.whole.cases_covered) == (0, 0)
    assert everything.gaps == {}
    assert everything.whole.square_metres_covered == pytest.approx(everything.whole.square_metres)


def test_circles_that_overlap_count_once_and_reach_into_neighbours() -> None:
    left = shapely.box(WEST, SOUTH, MIDDLE[0], SOUTH + 0.1)
    right = shapely.box(MIDDLE[0], SOUTH, WEST + 0.1, SOUTH + 0.1)

    once = cover([("l", left), ("r", right)], [MIDDLE], [], WALK)
    twice = cover([("l", left), ("r", right)], [MIDDLE, MIDDLE], [], WALK)

    assert twice.whole == once.whole
    assert once.communities["l"].square_metres_covered == pytest.approx(
        once.communities["r"].square_metres_covered, rel=0.001
    )


@given(
    st.lists(st.tuples(st.floats(0, 0.1), st.floats(0, 0.1)), max_size=6),
    st.lists(st.tuples(st.floats(0, 0.1), st.floats(0, 0.1)), max_size=20),
)
def test_cases_agree_with_distances_one_by_one(
    posts: list[tuple[float, float]], cases: list[tuple[float, float]]
) -> None:
    spots = [(WEST + x, SOUTH + y) for x, y in posts]
    places = [(WEST + x, SOUTH + y) for x, y in cases]
    nearest = [min((metres_between(place, spot) for spot in spots), default=math.inf) for place in places]

    covered = cover([("c", AREA)], spots, [("c", place) for place in places], WALK).whole.cases_covered

    surely = sum(metres < WALK.metres * 0.985 for metres in nearest)
    perhaps = sum(metres < WALK.metres * 1.015 for metres in nearest)
    assert surely <= covered <= perhaps
