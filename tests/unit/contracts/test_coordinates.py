"""Chinese datums to WGS84."""

from collections.abc import Callable
from math import cos, hypot, radians

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.coordinates import Crs, to_bd09, to_gcj02, to_wgs84

Moved = Callable[[float, float], tuple[float, float]]
METRES_PER_DEGREE = 111_320.0
in_china = {"lon": st.floats(80, 130), "lat": st.floats(20, 50)}


def metres(a: tuple[float, float], b: tuple[float, float]) -> float:
    return hypot((a[0] - b[0]) * cos(radians(a[1])), a[1] - b[1]) * METRES_PER_DEGREE


@given(**in_china)
def test_gcj02_comes_back_to_within_two_centimetres(lon: float, lat: float) -> None:
    assert metres(to_wgs84(*to_gcj02(lon, lat), "GCJ02"), (lon, lat)) < 0.02


@given(**in_china)
def test_bd09_comes_back_to_within_two_centimetres(lon: float, lat: float) -> None:
    assert metres(to_wgs84(*to_bd09(*to_gcj02(lon, lat)), "BD09"), (lon, lat)) < 0.02


def slowly(moved: Moved, target: tuple[float, float]) -> tuple[float, float]:
    """Return what `moved` brings to `target`, by looking around in ever smaller steps: slow, and with no formula."""
    best, step = target, 0.01
    while step > 1e-10:
        around = [(best[0] + i * step, best[1] + j * step) for i in (-1, 0, 1) for j in (-1, 0, 1)]
        nearest = min(around, key=lambda point: metres(moved(*point), target))
        best, step = (nearest, step) if nearest != best else (best, step / 2)
    return best


@settings(max_examples=25)
@given(**in_china)
def test_inverses_agree_with_a_slow_search(lon: float, lat: float) -> None:
    assert metres(to_wgs84(lon, lat, "GCJ02"), slowly(to_gcj02, (lon, lat))) < 0.02
    there = slowly(to_gcj02, slowly(to_bd09, (lon, lat)))
    assert metres(to_wgs84(lon, lat, "BD09"), there) < 0.02


@given(**in_china)
def test_gcj02_lies_tens_to_a_thousand_metres_off(lon: float, lat: float) -> None:
    assert 20 < metres(to_gcj02(lon, lat), (lon, lat)) < 1100


def test_gcj02_of_a_known_place() -> None:
    # Tiananmen, whose offset is published by several map services
    assert to_gcj02(116.3912757, 39.9065850) == pytest.approx((116.3975, 39.9080), abs=2e-4)


@pytest.mark.parametrize("point", [(2.35, 48.85), (-74.0, 40.7), (151.2, -33.9)])
def test_nothing_is_moved_outside_china(point: tuple[float, float]) -> None:
    assert to_wgs84(*point, "GCJ02") == point


@pytest.mark.parametrize("crs", ["WGS84", "CGCS2000"])
def test_wgs84_and_cgcs2000_stay_as_they_are(crs: Crs) -> None:
    assert to_wgs84(107.2357, 26.5807, crs) == (107.2357, 26.5807)


@given(st.floats(-180, 180), st.floats(-90, 90), st.sampled_from(["GCJ02", "BD09"]))
def test_every_point_of_the_globe_has_an_answer(lon: float, lat: float, crs: Crs) -> None:
    assert all(-200 < degree < 200 for degree in to_wgs84(lon, lat, crs))
