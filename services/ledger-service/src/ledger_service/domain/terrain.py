"""Cells of H3 (https://h3geo.org) with their neighbours, and counts laid over them.

A cell has 0.015 km² (edge 76 m); with its six neighbours it is about 400 m across.
"""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import NamedTuple

import h3.api.basic_int as h3
import numpy as np
import numpy.typing as npt

RESOLUTION = 10
_AROUND = 7
_NO_CELL = -1
"""In the place of the seventh where a cell is a pentagon, of which there are twelve, all at sea."""

Cells = npt.NDArray[np.int64]
Places = npt.NDArray[np.intp]


class Tally(NamedTuple):
    """How many complaints of a category there are in each of some cells."""

    cells: list[int]
    counts: list[int]


Counts = Mapping[str, Tally]
"""By category."""


def cell_of(lon: float, lat: float) -> int:
    """Return the cell of a WGS84 point; it fits a bigint."""
    return cell_at(lon, lat, RESOLUTION)


def cell_at(lon: float, lat: float, resolution: int) -> int:
    """Return the cell of another resolution: a lower one is coarser."""
    cell: int = h3.latlng_to_cell(lat, lon, resolution)
    return cell


def outline(cell: int) -> list[tuple[float, float]]:
    """Return the corners of a cell as (lon, lat), counter-clockwise, the first once more at the end."""
    corners = [(lon, lat) for lat, lon in h3.cell_to_boundary(cell)]
    return [*corners, corners[0]]


def name_of(cell: int) -> str:
    """Return the cell's name as H3 writes it."""
    return f"{cell:x}"


def around(cell: int) -> list[int]:
    """Return a cell and its neighbours."""
    cells: list[int] = h3.grid_disk(cell, 1)
    return cells


def surroundings(cells: Iterable[int]) -> frozenset[int]:
    """Return these cells and all their neighbours."""
    return frozenset(near for cell in cells for near in around(cell))


def joined(cells: Iterable[int]) -> list[frozenset[int]]:
    """Return groups of cells whose surroundings touch, in the order of their lowest cells."""
    waiting, groups = set(cells), []
    for first in sorted(waiting):
        if first not in waiting:
            continue
        waiting.remove(first)
        group, edge = {first}, [first]
        while edge:
            near = waiting.intersection(h3.grid_disk(edge.pop(), 2))
            waiting -= near
            group |= near
            edge += near
        groups.append(frozenset(group))
    return groups


@lru_cache(maxsize=10_000)
def level_of(category: str, level: int) -> str | None:
    """Return the first `level` parts of a category; None where it has fewer."""
    parts = category.split(".")
    return ".".join(parts[:level]) if len(parts) >= level else None


class Terrain:
    """The cells in which there are complaints, and all their neighbours."""

    def __init__(self, counts: Counts) -> None:
        parts = [np.asarray(tally.cells, np.int64) for tally in counts.values()]
        self.cells: Cells = np.unique(np.concatenate(parts)) if parts else np.empty(0, np.int64)
        near = np.full((len(self.cells), _AROUND), _NO_CELL, np.int64)
        for place, cell in enumerate(self.cells.tolist()):
            found = around(cell)
            near[place, : len(found)] = found
        self._all: Cells = np.unique(near)
        """The neighbours, too."""
        self._near: Places = np.searchsorted(self._all, near)

    def layer(self, tallies: Iterable[Tally]) -> npt.NDArray[np.int64]:
        """Return the sum of tallies; what lies outside is left out."""
        layer = np.zeros(len(self._all), np.int64)
        if not len(self._all):
            return layer
        for tally in tallies:
            cells = np.asarray(tally.cells, np.int64)
            places = np.searchsorted(self._all, cells).clip(max=len(self._all) - 1)
            inside = self._all[places] == cells
            np.add.at(layer, places[inside], np.asarray(tally.counts, np.int64)[inside])
        return layer

    def inner(self, layer: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Return a layer's values in `cells`."""
        return layer[np.searchsorted(self._all, self.cells)]

    def sums(self, layer: npt.NDArray[np.int64], places: Places) -> npt.NDArray[np.int64]:
        """Return for some of `cells`, by their places there, the sum of a layer over each and its neighbours."""
        sums: npt.NDArray[np.int64] = layer[self._near[places]].sum(axis=1)
        return sums

    def near(self, places: Places) -> set[int]:
        """Return some of `cells`, by their places there, with their neighbours."""
        return set(np.unique(self._all[self._near[places]]).tolist()) - {_NO_CELL}
