"""Generated boundaries: an irregular tiling without gaps and overlaps, the same at every run.

Neighbours share the vertices of their border exactly, because each border line is drawn once.
"""

import random
from collections.abc import Sequence
from itertools import pairwise

Point = tuple[float, float]
Line = tuple[Point, ...]

WEST, EAST = 107.1757, 107.2957
SOUTH, NORTH = 26.5357, 26.6257
"""About 12 km by 10 km around the county town at 107.2357 E, 26.5807 N."""
COLUMNS, ROWS = 5, 3
_NODE_JITTER = 0.22
"""How far an inner corner may move, as a part of a cell's side."""
_BORDER_JITTER = 0.05
_STEPS = 8
"""Pieces that a border line is broken into."""
_SEED = 522723


def rings() -> list[list[Point]]:
    """Return 15 closed rings, counter-clockwise, row by row from the north-west."""
    rng = random.Random(_SEED)  # noqa: S311 - scenery, not security
    nodes = [[_node(rng, column, row) for column in range(COLUMNS + 1)] for row in range(ROWS + 1)]
    across = [
        [_line(rng, *pair, straight=row in {0, ROWS}) for pair in pairwise(line)] for row, line in enumerate(nodes)
    ]
    down = [
        [_line(rng, nodes[row][column], nodes[row + 1][column], straight=column in {0, COLUMNS}) for row in range(ROWS)]
        for column in range(COLUMNS + 1)
    ]
    return [
        _ring(
            top=across[row][column], bottom=across[row + 1][column], left=down[column][row], right=down[column + 1][row]
        )
        for row in range(ROWS)
        for column in range(COLUMNS)
    ]


def _node(rng: random.Random, column: int, row: int) -> Point:
    """Return a corner of the lattice; inner corners are moved, and those of the outline stay on it."""
    width, height = (EAST - WEST) / COLUMNS, (NORTH - SOUTH) / ROWS
    dx = 0.0 if column in {0, COLUMNS} else rng.uniform(-_NODE_JITTER, _NODE_JITTER)
    dy = 0.0 if row in {0, ROWS} else rng.uniform(-_NODE_JITTER, _NODE_JITTER)
    return _rounded(WEST + (column + dx) * width, NORTH - (row + dy) * height)


def _line(rng: random.Random, start: Point, end: Point, *, straight: bool) -> Line:
    """Return the way from `start` to `end`; unless it is part of the outline, it swerves a little."""
    (x, y), (dx, dy) = start, (end[0] - start[0], end[1] - start[1])
    points = [start]
    for step in range(1, _STEPS):
        swerve = 0.0 if straight else rng.uniform(-_BORDER_JITTER, _BORDER_JITTER)
        along = step / _STEPS
        points.append(_rounded(x + along * dx - swerve * dy, y + along * dy + swerve * dx))
    return (*points, end)


def _ring(*, top: Line, bottom: Line, left: Line, right: Line) -> list[Point]:
    """Join four lines, drawn eastwards and southwards, to a ring: down, right, up, back left."""
    return [*left[:-1], *bottom[:-1], *_reversed(right)[:-1], *_reversed(top)]


def _reversed(line: Sequence[Point]) -> Line:
    return tuple(reversed(line))


def _rounded(lon: float, lat: float) -> Point:
    """Six decimals are ten centimetres."""
    return round(lon, 6), round(lat, 6)
