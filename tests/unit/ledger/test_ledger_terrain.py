"""Counts laid over cells and their neighbours."""

import h3.api.basic_int as h3
import numpy as np

from ledger_service.domain.terrain import Tally, Terrain, cell_of, joined, level_of, surroundings

HERE = cell_of(107.2357, 26.5807)
NEAR = next(cell for cell in h3.grid_disk(HERE, 1) if cell != HERE)
FAR = h3.grid_path_cells(HERE, cell_of(107.3, 26.6))[5]


def test_a_sum_takes_a_cell_and_its_neighbours() -> None:
    terrain = Terrain({"a": Tally([HERE, FAR], [3, 4]), "b": Tally([NEAR], [5])})
    layer = terrain.layer([Tally([HERE, FAR], [3, 4]), Tally([NEAR], [5])])
    places = np.arange(len(terrain.cells))
    sums = dict(zip(terrain.cells.tolist(), terrain.sums(layer, places).tolist(), strict=True))
    assert sums == {HERE: 8, NEAR: 8, FAR: 4}
    assert dict(zip(terrain.cells.tolist(), terrain.inner(layer).tolist(), strict=True)) == {HERE: 3, NEAR: 5, FAR: 4}


def test_what_lies_outside_is_left_out_and_what_lies_beside_is_not() -> None:
    terrain = Terrain({"a": Tally([HERE], [1])})
    layer = terrain.layer([Tally([NEAR, FAR], [2, 7])])
    assert terrain.sums(layer, np.array([0])).tolist() == [2]
    assert terrain.near(np.array([0])) == surroundings([HERE])


def test_an_empty_terrain_has_no_cells() -> None:
    terrain = Terrain({})
    layer = terrain.layer([Tally([HERE], [1])])
    nowhere = np.flatnonzero(terrain.inner(layer))
    assert (terrain.sums(layer, nowhere).tolist(), terrain.near(nowhere)) == ([], set())


def test_a_pentagon_has_five_neighbours() -> None:
    pentagon = min(h3.get_pentagons(10))
    terrain = Terrain({"a": Tally([pentagon], [2])})
    assert terrain.sums(terrain.layer([Tally([pentagon], [2])]), np.array([0])).tolist() == [2]
    assert len(terrain.near(np.array([0]))) == 6


def test_cells_whose_surroundings_touch_are_joined() -> None:
    path = h3.grid_path_cells(HERE, cell_of(107.3, 26.6))
    assert joined([path[0], path[2], path[4]]) == [frozenset([path[0], path[2], path[4]])]
    assert set(joined([path[0], path[3]])) == {frozenset([path[0]]), frozenset([path[3]])}


def test_a_level_is_the_first_parts_of_a_category() -> None:
    assert [level_of("street_order.parking.pavement", level) for level in (1, 2, 3)] == [
        "street_order",
        "street_order.parking",
        "street_order.parking.pavement",
    ]
    assert level_of("noise", 2) is None
