"""The areas that rules name, ready to be asked for many points at once."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from dispatch_service.domain.attendance import metres_between
from dispatch_service.domain.plane import METRES_PER_DEGREE
from dispatch_service.domain.routing import Point
from dispatch_service.domain.rules import Circle

Shape: TypeAlias = BaseGeometry | Circle
_MARGIN = 1.01
"""Boxes around circles are drawn somewhat larger, so that rounding leaves no point out."""


def shape_of(geometry: Mapping[str, Any]) -> BaseGeometry:
    """Return a GeoJSON geometry as shapely has it, whatever it is."""
    return shapely.geometry.shape(geometry)


def area_of(geometry: Mapping[str, Any]) -> BaseGeometry:
    """Return a GeoJSON area as shapely has it.

    Raises ValueError where it is none that a point can lie in.
    """
    area = shape_of(geometry)
    if area.geom_type not in {"Polygon", "MultiPolygon"} or area.is_empty or not area.is_valid:
        raise ValueError("no area that a point can lie in")
    return area


def within(circle: Circle, point: Point) -> bool:
    """Say whether a point lies in a circle or on its edge."""
    return metres_between((circle.lon, circle.lat), point) <= circle.metres


class Areas:
    """All areas of a rule set, with the bits of the rules that name them."""

    def __init__(self, areas: Sequence[tuple[Shape, int]]) -> None:
        """Each comes with the bit of its rule."""
        self._circles = {place: shape for place, (shape, _) in enumerate(areas) if isinstance(shape, Circle)}
        shapes = [_box(shape) if isinstance(shape, Circle) else shape for shape, _ in areas]
        self._rules = [bit for _, bit in areas]
        self._shapes = np.array(shapes, dtype=object)
        shapely.prepare(self._shapes)
        self._tree = shapely.STRtree(self._shapes)

    def around(self, points: Sequence[Point | None]) -> list[int]:
        """Return for each point the bits of the rules one of whose areas it lies in, or on the border of."""
        found = [0] * len(points)
        located = [index for index, point in enumerate(points) if point is not None]
        if not (located and self._rules):
            return found
        coordinates = np.array([points[index] for index in located], dtype=float)
        near, areas = self._tree.query(shapely.points(coordinates))
        covered = shapely.intersects_xy(self._shapes[areas], coordinates[near, 0], coordinates[near, 1])
        for place, area in zip(near[covered].tolist(), areas[covered].tolist(), strict=True):
            circle = self._circles.get(area)
            if circle is None or within(circle, coordinates[place]):
                found[located[place]] |= self._rules[area]
        return found


def _box(circle: Circle) -> BaseGeometry:
    """Return a rectangle in degrees that holds a circle; near a pole, or across the date line, the whole world."""
    high = circle.metres * _MARGIN / METRES_PER_DEGREE
    shrinking = np.cos(np.radians(min(abs(circle.lat) + high, 90.0)))
    wide = high / shrinking if shrinking > 1e-6 else 360.0
    if abs(circle.lat) + high >= 90 or abs(circle.lon) + wide >= 180:
        return shapely.box(-180, -90, 180, 90)
    return shapely.box(circle.lon - wide, circle.lat - high, circle.lon + wide, circle.lat + high)
