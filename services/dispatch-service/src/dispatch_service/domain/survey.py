"""Looks at the shapes of grids before they come into force: which cannot be routed by, and where they do not fit."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, Literal

import shapely
from shapely.geometry.base import BaseGeometry

from dispatch_service.domain.plane import Plane
from dispatch_service.domain.routing import Point

_CODES = {
    "Self-intersection": "self-intersecting",
    "Ring Self-intersection": "self-intersecting",
    "Hole lies outside shell": "inside-out",
    "Holes are nested": "inside-out",
    "Nested holes": "inside-out",
    "Nested shells": "inside-out",
}
_PLACE = re.compile(r"\[(\S+) (\S+)\]")


@dataclass(frozen=True, slots=True)
class Flaw:
    """Why a shape is no area that a point can lie in, and where."""

    reason: str
    at: Point | None

    @property
    def code(self) -> str:
        """The sort of flaw: `self-intersecting`, `inside-out`, or `invalid` for all others."""
        return _CODES.get(self.reason, "invalid")


@dataclass(frozen=True, slots=True)
class Finding:
    """Where grids do not fit together, or how one was taken otherwise than it was given.

    `grids` has the codes: two of an overlap, one of a turned ring, none of a gap.
    """

    kind: Literal["overlap", "gap", "ring_turned"]
    grids: tuple[str, ...]
    at: Point
    square_metres: float | None = None


def flaw_of(area: BaseGeometry) -> Flaw | None:
    """Return what is wrong with a polygon or several, by the rules of OGC Simple Features; None where nothing is."""
    if area.is_empty:
        return Flaw("Empty", None)
    if area.is_valid:
        return None
    reason = str(shapely.is_valid_reason(area))
    place = _PLACE.search(reason)
    return Flaw(_PLACE.sub("", reason).strip(), (float(place[1]), float(place[2])) if place else None)


def turned(code: str, area: BaseGeometry) -> tuple[BaseGeometry, list[Finding]]:
    """Return `area` with its rings as RFC 7946 wants them, the outer counter-clockwise, and what had to be turned."""
    outer = [part.exterior for part in _polygons(area)]
    inner = [ring for part in _polygons(area) for ring in part.interiors]
    wrong = [ring for ring in outer if not ring.is_ccw] + [ring for ring in inner if ring.is_ccw]
    findings = [Finding("ring_turned", (code,), _first_point(ring)) for ring in wrong]
    return (shapely.orient_polygons(area) if wrong else area), findings


def survey(codes: Sequence[str], areas: Sequence[BaseGeometry], *, least_square_metres: float) -> list[Finding]:
    """Return overlaps and enclosed gaps of at least that size, the largest first; `areas` must have no flaw."""
    if not areas:
        return []
    plane = Plane(areas)
    flat = plane.flat(areas)
    found = chain(_overlaps(codes, plane, flat, least_square_metres), _gaps(plane, flat, least_square_metres))
    return sorted(found, key=lambda finding: -(finding.square_metres or 0))


def _overlaps(codes: Sequence[str], plane: Plane, areas: Any, least: float) -> Iterator[Finding]:
    tree = shapely.STRtree(areas)
    left, right = tree.query(areas, predicate="intersects")
    pairs = [(one, other) for one, other in zip(left.tolist(), right.tolist(), strict=True) if one < other]
    for one, other in pairs:
        common = shapely.intersection(areas[one], areas[other])
        if common.area >= least:
            yield Finding("overlap", tuple(sorted((codes[one], codes[other]))), plane.place(common), round(common.area))


def _gaps(plane: Plane, areas: Any, least: float) -> Iterator[Finding]:
    """Holes of a single grid count as well: their points reach the duty desk."""
    for part in _polygons(shapely.union_all(areas)):
        for ring in part.interiors:
            hole = shapely.Polygon(ring)
            if hole.area >= least:
                yield Finding("gap", (), plane.place(hole), round(hole.area))


def _polygons(area: BaseGeometry) -> list[Any]:
    return [part for part in shapely.get_parts(area) if part.geom_type == "Polygon"]


def _first_point(ring: Any) -> Point:
    lon, lat = ring.coords[0]
    return lon, lat
