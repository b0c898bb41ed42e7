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
        self._points = self._plane.points([point for _, point in cases])
        self._communities = [community for community, _ in cases]
        self._cases = Counter(self._communities)

    def cover(self, spots: Sequence[Point], walk: Walk) -> Coverage:
        """Return what the `spots` cover of the communities and of the cases."""
        reach = shapely.union_all(_circles(self._plane.points(spots), walk.metres))
        near_cases = self._near(reach)
        shares, gaps = {}, {}
        for community, area in self._areas.items():
            rest = area.difference(reach)
            near = area.area - rest.area
            shares[community] = Share(area.area, near, self._cases[community], near_cases[community])
            if not rest.is_empty:
                gaps[community] = self._plane.degrees(rest)
        return Coverage(_sum(shares, self._cases, near_cases), shares, gaps)

    def _near(self, reach: BaseGeometry) -> Counter[str | None]:
        """Count the cases within reach, by community."""
        shapely.prepare(reach)
        is_near = np.asarray(shapely.intersects_xy(reach, self._points[:, 0], self._points[:, 1])).tolist()
        return Counter(community for community, within in zip(self._communities, is_near, strict=True) if within)


def _circles(points: Any, metres: float) -> Any:
    return shapely.buffer(shapely.points(points), metres, quad_segs=_QUARTER_SEGMENTS)


def _sum(shares: Mapping[str, Share], cases: Counter[str | None], near: Counter[str | None]) -> Share:
    return Share(
        sum(share.square_metres for share in shares.values()),
        sum(share.square_metres_covered for share in shares.values()),
        cases.total(),
        near.total(),
    )
