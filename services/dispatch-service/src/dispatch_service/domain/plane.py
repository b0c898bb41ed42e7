"""A county in metres: exact to half a percent over a hundred kilometres, which is enough for gaps and ways on foot."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

METRES_PER_DEGREE = 111_320.0
"""Of latitude, and of longitude at the equator."""


class Plane:
    """WGS84 degrees to metres and back, around the middle latitude of some areas."""

    def __init__(self, areas: Sequence[BaseGeometry]) -> None:
        """`areas` must not be empty."""
        _, south, _, north = shapely.total_bounds(np.array(areas, dtype=object))
        self._scale = np.array([METRES_PER_DEGREE * math.cos(math.radians((south + north) / 2)), METRES_PER_DEGREE])

    def flat(self, shapes: Sequence[BaseGeometry]) -> Any:
        """Return an array of `shapes` in metres."""
        return shapely.transform(np.array(shapes, dtype=object), lambda points: points * self._scale)

    def points(self, coordinates: Sequence[tuple[float, float]]) -> Any:
        """Return points, rows of longitude and latitude, as rows of metres."""
        return np.array(coordinates, dtype=float).reshape(-1, 2) * self._scale

    def degrees(self, shape: BaseGeometry) -> Any:
        """Return a shape in degrees, to a tenth of a metre."""
        return shapely.transform(shape, lambda points: np.round(points / self._scale, 6))

    def place(self, area: BaseGeometry) -> tuple[float, float]:
        """Return a point inside of an area that is in metres, in degrees to a tenth of a metre."""
        point = self.degrees(area.representative_point())
        return float(point.x), float(point.y)
