"""Who is within a walk of a post or station: the 15-minute circle 15分钟社区生活圈.

A way on foot is taken to be a straight line times a detour factor, so a walk of some minutes reaches a circle of
`minutes × speed / detour` around each spot.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

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


def cover(
    grids: Sequence[tuple[str, BaseGeometry]],
    spots: Sequence[Point],
    cases: Sequence[tuple[str | None, Point]],
    walk: Walk,
) -> Coverage:
    """Return what the `spots` cover of the communities' grids and of the cases; `grids` must not be empty.

    Grids and cases come with their community. A case without one counts in the whole only.
    """
    areas = [area for _, area in grids]
    plane = Plane(areas)
    reach = shapely.union_all(_circles(plane.points(spots), walk.metres))
    parts: dict[str, list[Any]] = defaultdict(list)
    for (community, _), area in zip(grids, plane.flat(areas), strict=True):
        parts[community].append(area)
    all_cases, near_cases = _count(cases, plane, reach)
    shares, gaps = {}, {}
    for community in sorted(parts):
        area = shapely.union_all(parts[community])
        rest = area.difference(reach)
        near = area.area - rest.area
        shares[community] = Share(area.area, near, all_cases[community], near_cases[community])
        if not rest.is_empty:
            gaps[community] = plane.degrees(rest)
    return Coverage(_sum(shares, all_cases, near_cases), shares, gaps)


def _circles(points: Any, metres: float) -> Any:
    return shapely.buffer(shapely.points(points), metres, quad_segs=_QUARTER_SEGMENTS)


def _count(
    cases: Sequence[tuple[str | None, Point]], plane: Plane, reach: BaseGeometry
) -> tuple[Counter[str | None], Counter[str | None]]:
    communities = [community for community, _ in cases]
    points = plane.points([point for _, point in cases])
    shapely.prepare(reach)
    is_near = np.asarray(shapely.intersects_xy(reach, points[:, 0], points[:, 1])).tolist()
    near = [community for community, within in zip(communities, is_near, strict=True) if within]
    return Counter(communities), Counter(near)


def _sum(shares: Mapping[str, Share], cases: Counter[str | None], near: Counter[str | None]) -> Share:
    return Share(
        sum(share.square_metres for share in shares.values()),
        sum(share.square_metres_covered for share in shares.values()),
        cases.total(),
        near.total(),
    )
