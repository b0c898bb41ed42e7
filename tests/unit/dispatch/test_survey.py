"""What a survey of grids finds, and where."""

import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from dispatch_service.demo.tiling import rings
from dispatch_service.domain.survey import flaw_of, survey, turned

TOWN = (107.2, 26.5)
STEP = 0.01


def square(column: float, row: float, width: float = 1.0) -> shapely.Polygon:
    west, south = TOWN[0] + column * STEP, TOWN[1] + row * STEP
    return shapely.box(west, south, west + width * STEP, south + STEP)


def test_a_tiling_without_gaps_and_overlaps_has_no_findings() -> None:
    areas = [shapely.Polygon(ring) for ring in rings()]
    codes = [f"grid-{number:02}" for number in range(1, 16)]

    assert [flaw_of(area) for area in areas] == [None] * 15
    assert survey(codes, areas, least_square_metres=1) == []
    assert [finding for area in areas for finding in turned("x", area)[1]] == []


def test_an_overlap_is_told_with_its_place_and_size() -> None:
    [finding] = survey(["b", "a"], [square(0, 0, 1.1), square(1, 0)], least_square_metres=10)

    assert (finding.kind, finding.grids) == ("overlap", ("a", "b"))
    lon, lat = finding.at
    assert TOWN[0] + STEP <= lon <= TOWN[0] + 1.1 * STEP
    assert TOWN[1] <= lat <= TOWN[1] + STEP
    # 0.001 degrees of longitude at 26.5 degrees north, about 99.6 m, by 0.01 of latitude, about 1,113 m
    assert finding.square_metres == pytest.approx(99.6 * 1113, rel=0.01)


def test_a_gap_between_grids_and_a_hole_in_one_are_told() -> None:
    around = [square(column, row) for column in range(3) for row in range(3) if (column, row) != (1, 1)]
    holed = square(5, 0).difference(square(5, 0).centroid.buffer(0.1 * STEP))
    codes = [str(number) for number in range(9)]

    gap, hole = survey(codes, [*around, holed], least_square_metres=10)

    assert (gap.kind, gap.grids) == ("gap", ())
    assert square(1, 1).contains(shapely.Point(gap.at))
    assert (hole.kind, hole.grids) == ("gap", ())
    assert square(5, 0).contains(shapely.Point(hole.at))
    assert (gap.square_metres or 0) > (hole.square_metres or 0)


def test_crumbs_are_not_told() -> None:
    areas = [square(0, 0, 1.00001), square(1, 0)]

    assert survey(["a", "b"], areas, least_square_metres=2_000) == []
    assert len(survey(["a", "b"], areas, least_square_metres=1)) == 1


def test_neighbours_that_share_a_border_do_not_overlap() -> None:
    assert survey(["a", "b"], [square(0, 0), square(1, 0)], least_square_metres=0.001) == []


@pytest.mark.parametrize(
    ("ring", "reason", "at"),
    [
        ([(0, 0), (2, 2), (2, 0), (0, 2), (0, 0)], "Self-intersection", (1, 1)),
        ([(0, 0), (1, 1), (2, 2), (0, 0)], "Too few points in geometry component", None),
    ],
)
def test_a_shape_that_no_point_can_lie_in_is_named(
    ring: list[tuple[int, int]], reason: str, at: tuple[int, int] | None
) -> None:
    flaw = flaw_of(shapely.Polygon(ring))

    assert flaw is not None
    assert (flaw.reason, flaw.at) == (reason, at) or (at is None and flaw.reason)


def test_a_hole_outside_of_its_ring_is_a_flaw() -> None:
    outside = shapely.Polygon([(0, 0), (1, 0), (1, 1), (0, 1)], [[(5, 5), (6, 5), (6, 6), (5, 6)]])

    flaw = flaw_of(outside)

    assert flaw is not None
    assert flaw.reason.startswith("Hole lies outside")


@pytest.mark.parametrize(
    ("area", "code"),
    [
        (shapely.Polygon([(0, 0), (2, 2), (2, 0), (0, 2)]), "self-intersecting"),
        (shapely.Polygon([(0, 0), (4, 0), (2, 0), (2, 4)]), "self-intersecting"),
        (shapely.Polygon([(0, 0), (1, 0), (1, 1)], [[(5, 5), (6, 5), (6, 6)]]), "inside-out"),
        (shapely.MultiPolygon([shapely.box(0, 0, 9, 9), shapely.box(1, 1, 2, 2)]), "inside-out"),
        (shapely.Polygon([(0, 0), (0, 0), (0, 0), (0, 0)]), "invalid"),
        (shapely.Polygon(), "invalid"),
    ],
)
def test_each_sort_of_flaw_has_its_code(area: shapely.Polygon, code: str) -> None:
    flaw = flaw_of(area)

    assert flaw is not None
    assert flaw.code == code, flaw.reason


def test_rings_drawn_the_wrong_way_round_are_turned_and_told() -> None:
    clockwise = shapely.Polygon(
        [(0, 0), (0, 4), (4, 4), (4, 0)],
        [[(1, 1), (2, 1), (2, 2), (1, 2)]],  # the hole as well
    )

    area, findings = turned("grid-1", clockwise)

    assert area.exterior.is_ccw
    assert not area.interiors[0].is_ccw
    assert shapely.equals(area, clockwise)
    assert [(finding.kind, finding.grids) for finding in findings] == [("ring_turned", ("grid-1",))] * 2
    assert turned("grid-1", area) == (area, [])


@given(st.lists(st.tuples(st.floats(0, 20), st.floats(0, 20), st.floats(0.1, 3)), min_size=1, max_size=8))
def test_overlaps_are_exactly_the_pairs_that_share_an_area(squares: list[tuple[float, float, float]]) -> None:
    areas = [square(*each) for each in squares]
    codes = [f"{number:02}" for number in range(len(areas))]

    found = {finding.grids for finding in survey(codes, areas, least_square_metres=100) if finding.kind == "overlap"}

    slow = {
        (codes[one], codes[other])
        for one in range(len(areas))
        for other in range(one + 1, len(areas))
        if areas[one].intersection(areas[other]).area * 99_600 * 111_320 > 120  # square metres, roughly
    }
    assert slow <= found
    assert all(areas[int(one)].intersects(areas[int(other)]) for one, other in found)
