"""The area of a tenant, made of its grids."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import shapely
from shapely.geometry.base import BaseGeometry


class Covering(NamedTuple):
    """The grid that covers a place, and its community."""

    grid: str
    community: str


class Area:
    """Where a tenant is. Its outline is the convex hull of its grids: a gap between two of them is not abroad."""

    def __init__(self, grids: Sequence[tuple[Covering, Any]]) -> None:
        """`grids` in the order of their codes, with the coordinates of a GeoJSON MultiPolygon in WGS84 degrees."""
        self._grids: list[tuple[Covering, BaseGeometry]] = [
            (covering, shapely.multipolygons([shapely.Polygon(outer, holes) for outer, *holes in coordinates]))
            for covering, coordinates in grids
        ]
        shapes = [shape for _, shape in self._grids]
        self._outline = shapely.convex_hull(shapely.geometrycollections(shapes))
        shapely.prepare([self._outline, *shapes])

    def is_outside(self, lon: float | None, lat: float | None) -> bool:
        """Say whether a place is certainly not in the area; nothing is known of one without coordinates or grids."""
        if lon is None or lat is None or not self._grids:
            return False
        return not bool(shapely.intersects_xy(self._outline, lon, lat))

    def at(self, lon: float, lat: float) -> Covering | None:
        """Return the first grid, by code, that covers a place, or None, as dispatch decides it too."""
        return next((covering for covering, shape in self._grids if shapely.intersects_xy(shape, lon, lat)), None)


NOWHERE = Area([])
"""Of a tenant that has no grids."""
