"""Who is within a walk of a post or station: the 15-minute circle 15分钟社区生活圈.

A way on foot is taken to be a straight line times a detour factor, so a walk of some minutes reaches a circle of
`minutes × speed / detour` around each spot.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from dispatch_service.domain.plane import Plane
from dispatch_service.domain.routing import Point

DETOUR = 1.3
"""Length of a way on foot by that of the straight line, where nothing else is said."""
_QUARTER_SEGMENTS = 16
"""Of a circle: its area is then exact to a quarter of a percent."""


@dataclass(frozen=True, slots=True)
class Walk:
    """How far people go on foot."""

    minutes: float
    kilometres_per_hour: float
    detour: float
    """Length of a way by that of the straight line, at least 1."""

    @property
    def metres(self) -> float:
        """The reach in a straight line."""
        return self.minutes / 60 * self.kilometres_per_hour * 1000 / self.detour


@dataclass(frozen=True, slots=True)
class Share:
    """How much of an area, and how many of its cases, are within reach."""

    square_metres: float
    square_metres_covered: float
    cases: int
    cases_covered: int


@dataclass(frozen=True, slots=True)
class Coverage:
    """What is within reach of the spots, by community, and the areas that are not; shapes are in degrees."""

    whole: Share
    communities: Mapping[str, Share]
    gaps: Mapping[str, BaseGeometry]


class Reach(NamedTuple):
    """What is within a walk of some places: the shape, in metres, and of each case whether it is."""

    shape: BaseGeometry
    cases: Any


class Ground:
    """The communities of a county and its cases in metres, laid out once for any number of questions."""

    def __init__(
        self, grids: Sequence[tuple[str, BaseGeometry]], cases: Sequence[tuple[str | None, Point]] = ()
    ) -> None:
        """Grids and cases come with their community; `grids` must not be empty.

        A case without a community counts in the whole only.
        """
        areas = [area for _, area in grids]
        self._plane = Plane(areas)
        parts: dict[str, list[Any]] = defaultdict(list)
        for (community, _), area in zip(grids, self._plane.flat(areas), strict=True):
            parts[community].append(area)
        self._areas = {community: shapely.union_all(parts[community]) for community in sorted(parts)}
        self._tiles = _tiles(list(self._areas.values()))
        self._points = self._plane.points([point for _, point in cases])
        self._nowhere = np.zeros(len(cases), dtype=bool)
        self._names = list({community: None for community, _ in cases})
        places = {name: place for place, name in enumerate(self._names)}
        self._owners = np.array([places[community] for community, _ in cases], dtype=int)
        self._cases = self._count(~self._nowhere)

    @property
    def square_metres(self) -> float:
        """The area of all communities."""
        return float(sum(area.area for area in self._areas.values()))

    def reach(self, spots: Sequence[Point], walk: Walk) -> Reach:
        """Return what is within reach of one of the `spots`."""
        shape = shapely.union_all(_circles(self._plane.points(spots), walk.metres))
        shapely.prepare(shape)
        return Reach(shape, shapely.intersects_xy(shape, self._points[:, 0], self._points[:, 1]))

    def cover(self, reaches: Sequence[Reach]) -> Coverage:
        """Return what of the communities and of the cases is within one of the `reaches`."""
        shape = shapely.union_all([each.shape for each in reaches])
        near_cases = self._count(np.logical_or.reduce([each.cases for each in reaches] or [self._nowhere]))
        shares, gaps = {}, {}
        for (community, area), rest in zip(self._areas.items(), self._rests(shape), strict=True):
            near = area.area - rest.area
            shares[community] = Share(area.area, near, self._cases[community], near_cases[community])
            if not rest.is_empty:
                gaps[community] = self._plane.degrees(rest)
        return Coverage(_sum(shares, self._cases, near_cases), shares, gaps)

    def _rests(self, reach: BaseGeometry) -> list[Any]:
        """Return what of each community is not within reach; each is looked at beside what is near it alone."""
        areas = list(self._areas.values())
        pieces = shapely.get_parts(shapely.intersection(self._tiles, reach))
        pieces = pieces[shapely.area(pieces) > 0]
        for community, piece in shapely.STRtree(pieces).query(areas, predicate="intersects").T:
            areas[community] = areas[community].difference(pieces[piece])
        return areas

    def _count(self, chosen: Any) -> Counter[str | None]:
        """Count the cases that are chosen, by community."""
        counts = np.bincount(self._owners[chosen], minlength=len(self._names)).tolist()
        return Counter(dict(zip(self._names, counts, strict=True)))


def _tiles(areas: Sequence[BaseGeometry]) -> Any:
    """Return boxes that lie side by side over the areas, about one for sixteen of them."""
    west, south, east, north = shapely.total_bounds(np.array(areas, dtype=object))
    side = max(1, math.isqrt(len(areas)) // 4)
    x, y = np.linspace(west, east, side + 1), np.linspace(south, north, side + 1)
    return np.concatenate([shapely.box(x[:-1], low, x[1:], high) for low, high in pairwise(y)])


def _circles(points: Any, metres: float) -> Any:
    return shapely.buffer(shapely.points(points), metres, quad_segs=_QUARTER_SEGMENTS)


def _sum(shares: Mapping[str, Share], cases: Counter[str | None], near: Counter[str | None]) -> Share:
    return Share(
        sum(share.square_metres for share in shares.values()),
        sum(share.square_metres_covered for share in shares.values()),
        cases.total(),
        near.total(),
    )
