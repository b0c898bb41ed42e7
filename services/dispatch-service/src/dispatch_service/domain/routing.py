"""Which unit answers for a place: the team of the grid that covers it or, where none does, the duty desk."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

DUTY_DESK = "duty-desk"
"""Code of the team 值班台 that every tenant has: it gets what no grid answers for, so nothing is lost."""

Point = tuple[float, float]
"""Longitude and latitude, WGS84 degrees."""


@dataclass(frozen=True, slots=True)
class Team:
    """A unit that cases are assigned to."""

    code: str
    name: str


@dataclass(frozen=True, slots=True)
class Grid:
    """An area and the team that answers for it."""

    code: str
    version: int
    community: str
    team: Team
    area: BaseGeometry


@dataclass(frozen=True, slots=True)
class Decision:
    """Who answers, and why."""

    rule: Literal["grid", "duty_desk"]
    team: Team
    grid: str | None = None
    grid_version: int | None = None
    community: str | None = None

    def explanation(self) -> Mapping[str, object]:
        """Return what is kept with the case, so that anybody can see later why this unit got it."""
        return {"rule": self.rule, "grid": self.grid, "grid_version": self.grid_version, "team": self.team.code}


class GridMap:
    """The grids of one tenant, ready to be asked for many points at once."""

    def __init__(self, grids: Sequence[Grid], desk: Team) -> None:
        """`grids` must be valid polygons; `desk` answers where none of them covers the point."""
        ordered = sorted(grids, key=lambda grid: grid.code)
        self.desk = Decision(rule="duty_desk", team=desk)
        self._decisions = [Decision("grid", grid.team, grid.code, grid.version, grid.community) for grid in ordered]
        self._areas = np.array([grid.area for grid in ordered], dtype=object)
        shapely.prepare(self._areas)
        self._tree = shapely.STRtree(self._areas)

    def decide(self, points: Sequence[Point | None]) -> list[Decision]:
        """Return a decision for each point, in order.

        A point on a border or in an overlap goes to the grid with the lowest code, whatever the order of loading.
        None (no coordinates are known) goes to the duty desk, as does a point outside every grid or in a hole.
        """
        decisions = [self.desk] * len(points)
        located = [index for index, point in enumerate(points) if point is not None]
        if located and self._decisions:
            coordinates = np.array([points[index] for index in located], dtype=float)
            for index, grid in zip(located, self._first_covering(coordinates), strict=True):
                if grid >= 0:
                    decisions[index] = self._decisions[grid]
        return decisions

    def _first_covering(self, coordinates: np.ndarray) -> list[int]:
        """Return the place of the first grid, in code order, that covers each point; -1 where none does."""
        near, grids = self._tree.query(shapely.points(coordinates))
        covered = shapely.intersects_xy(self._areas[grids], coordinates[near, 0], coordinates[near, 1])
        nobody = len(self._decisions)
        first = np.full(len(coordinates), nobody)
        np.minimum.at(first, near[covered], grids[covered])
        first[first == nobody] = -1
        places: list[int] = first.tolist()
        return places
