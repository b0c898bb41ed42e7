import itertools
import random

import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from dispatch_service.domain.routing import DUTY_DESK, Decision, Grid, GridMap, Team

DESK = Team(DUTY_DESK, "值班台")


def a_grid(code: str, area: shapely.Polygon | shapely.MultiPolygon) -> Grid:
    return Grid(code, 1, f"community of {code}", Team(f"team of {code}", code), area)


def grid_of(decision: Decision) -> str | None:
    return decision.grid


LEFT, RIGHT = a_grid("b-left", shapely.box(0, 0, 1, 1)), a_grid("a-right", shapely.box(1, 0, 2, 1))


def test_a_point_goes_to_the_team_of_the_grid_around_it() -> None:
    (decision,) = GridMap([LEFT, RIGHT], DESK).decide([(0.5, 0.5)])

    assert decision == Decision("grid", LEFT.team, "b-left", 1, LEFT.community)
    assert decision.explanation() == {
        "rule": "grid",
        "grid": "b-left",
        "grid_version": 1,
        "team": "team of b-left",
    }


@pytest.mark.parametrize("grids", [*itertools.permutations([LEFT, RIGHT])])
def test_a_border_belongs_to_the_lowest_code_whatever_the_order_of_loading(grids: tuple[Grid, ...]) -> None:
    decisions = GridMap(grids, DESK).decide([(1.0, 0.5), (1.0, 0.0), (0.0, 1.0)])

    assert [grid_of(decision) for decision in decisions] == ["a-right", "a-right", "b-left"]


def test_an_overlap_belongs_to_the_lowest_code() -> None:
    grids = [a_grid("z", shapely.box(0, 0, 2, 2)), a_grid("c", shapely.box(1, 1, 3, 3))]

    assert [grid_of(d) for d in GridMap(grids, DESK).decide([(1.5, 1.5), (0.5, 0.5)])] == ["c", "z"]


def test_outside_every_grid_and_in_a_hole_the_duty_desk_answers() -> None:
    ring = shapely.Polygon(shapely.box(0, 0, 3, 3).exterior, [shapely.box(1, 1, 2, 2).exterior])
    grid_map = GridMap([a_grid("ring", ring)], DESK)

    decisions = grid_map.decide([(1.5, 1.5), (9.0, 9.0), (-180.0, 90.0)])

    assert decisions == [grid_map.desk] * 3
    assert grid_map.desk.explanation()["rule"] == "duty_desk"


def test_a_grid_of_several_parts_covers_all_of_them() -> None:
    parts = shapely.MultiPolygon([shapely.box(0, 0, 1, 1), shapely.box(5, 5, 6, 6)])

    decisions = GridMap([a_grid("parts", parts)], DESK).decide([(0.5, 0.5), (5.5, 5.5), (3.0, 3.0)])

    assert [grid_of(decision) for decision in decisions] == ["parts", "parts", None]


def test_without_coordinates_the_duty_desk_answers_and_the_others_keep_their_places() -> None:
    decisions = GridMap([LEFT, RIGHT], DESK).decide([None, (0.5, 0.5), None, (1.5, 0.5)])

    assert [grid_of(decision) for decision in decisions] == [None, "b-left", None, "a-right"]


@pytest.mark.parametrize("points", [[], [None], [None, (0.5, 0.5)]])
def test_without_grids_the_duty_desk_answers_for_everything(points: list[tuple[float, float] | None]) -> None:
    grid_map = GridMap([], DESK)

    assert grid_map.decide(points) == [grid_map.desk] * len(points)


coordinates = st.floats(-1, 8, allow_nan=False) | st.integers(-1, 8).map(float)


@given(st.lists(st.tuples(coordinates, coordinates), max_size=40), st.integers(0, 2**16))
def test_many_points_at_once_are_decided_as_each_alone_by_plain_geometry(
    points: list[tuple[float, float]], seed: int
) -> None:
    rng = random.Random(seed)
    grids = [
        a_grid(f"g{index}", shapely.box(x, y, x + rng.randint(1, 4), y + rng.randint(1, 4)))
        for index, (x, y) in enumerate((rng.randint(0, 5), rng.randint(0, 5)) for _ in range(6))
    ]
    rng.shuffle(grids)

    found = [grid_of(decision) for decision in GridMap(grids, DESK).decide(points)]

    assert found == [
        min((grid.code for grid in grids if grid.area.covers(shapely.Point(point))), default=None) for point in points
    ]
