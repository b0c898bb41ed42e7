"""No count of 1 to k - 1 is told, and none follows from what is told, whatever the table."""

from collections.abc import Iterator, Mapping
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger_service.domain.suppression import NOWHERE, Table, protect, rounded_down, withhold

Cells = frozenset[tuple[str, str]]
ROWS, COLUMNS = ("noise", "order", "safety"), ("fulai", "maixi", NOWHERE)


@st.composite
def tables(draw: st.DrawFn, most_rows: int = 3) -> dict[str, dict[str, int]]:
    """Small tables with many small counts; what is 0 may be left out."""
    counts = st.sampled_from([0, 0, 1, 1, 2, 3, 4, 5, 6, 9, 40])
    found = {row: {column: draw(counts) for column in COLUMNS} for row in ROWS[: draw(st.integers(1, most_rows))]}
    return {row: {name: count for name, count in cells.items() if count} for row, cells in found.items()}


def _published(counts: Mapping[str, Mapping[str, int]], table: Table) -> list[tuple[Cells, int]]:
    """Return all exact sums that are told, each with the cells it is the sum of."""
    everywhere = {row: frozenset((row, column) for column in COLUMNS) for row in ROWS}
    told: list[tuple[Cells, int]] = []
    if table.total is not None:
        told.append((frozenset(cell for row in counts for cell in everywhere[row]), table.total))
    for row, shown in table.rows.items():
        told.append((everywhere[row], shown.total))
        told += [(frozenset({(row, column)}), count) for column, count in shown.cells.items()]
    return told


def _differences(told: list[tuple[Cells, int]]) -> Iterator[tuple[Cells, int]]:
    """Add and subtract published sums in every way that gives a sum of cells."""
    for signs in product((-1, 0, 1), repeat=len(told)):
        weights: dict[tuple[str, str], int] = {}
        value = 0
        for sign, (cells, count) in zip(signs, told, strict=True):
            value += sign * count
            for cell in cells if sign else ():
                weights[cell] = weights.get(cell, 0) + sign
        if set(weights.values()) <= {0, 1} and any(weights.values()):
            yield frozenset(cell for cell, weight in weights.items() if weight), value


@settings(max_examples=150, deadline=None)
@given(tables(most_rows=2), st.integers(2, 6))
def test_no_published_count_and_no_difference_of_them_lies_below_k(counts: dict[str, dict[str, int]], k: int) -> None:
    table = protect(counts, k)
    for cells, value in _differences(_published(counts, table)):
        assert value == sum(counts.get(row, {}).get(column, 0) for row, column in cells)
        assert value == 0 or value >= k, (sorted(cells), value)


@settings(max_examples=300, deadline=None)
@given(tables(), st.integers(2, 6))
def test_what_is_withheld_of_a_row_or_in_rows_is_nothing_or_k(counts: dict[str, dict[str, int]], k: int) -> None:
    table = protect(counts, k)
    totals = {row: sum(cells.values()) for row, cells in counts.items()}
    if table.total is None:
        assert sum(totals.values()) < k
        assert table.rows == {}
        return
    rest = table.total - sum(row.total for row in table.rows.values())
    assert rest == 0 or rest >= k
    for name, row in table.rows.items():
        rest = row.total - sum(row.cells.values())
        assert rest == 0 or rest >= k
        assert row.cells.items() <= counts[name].items()
        assert min([row.total, *row.cells.values()]) >= k
        assert NOWHERE not in row.cells


@settings(max_examples=300, deadline=None)
@given(tables(), st.integers(2, 6))
def test_a_withheld_cell_is_never_pinned_to_a_small_count(counts: dict[str, dict[str, int]], k: int) -> None:
    """It is alone in its group only with k or more; otherwise any of the group may hold all of it."""
    table = protect(counts, k)
    for name, row in table.rows.items():
        hidden = [count for column, count in counts[name].items() if column not in row.cells]
        assert len(hidden) != 1 or hidden[0] >= k


def test_a_small_count_takes_the_next_smallest_with_it() -> None:
    table = protect(
        {"noise": {"fulai": 2, "maixi": 7, "xingui": 30}, "order": {"fulai": 12}, "safety": {"fulai": 3}}, 5
    )
    assert table.total == 54
    assert {name: (row.total, dict(row.cells)) for name, row in table.rows.items()} == {
        "noise": (39, {"xingui": 30})
    }  # safety alone would be told by the total: order goes with it
    assert table.columns == {"xingui": 30}


def test_large_counts_are_all_told() -> None:
    counts = {"noise": {"fulai": 20, "maixi": 7}, "order": {"fulai": 12}}
    table = protect(counts, 5)
    assert {name: row.cells for name, row in table.rows.items()} == counts
    assert table.columns == {"fulai": 32, "maixi": 7}


@pytest.mark.parametrize(
    ("chain", "told"),
    [
        ([("closed", 50), ("in_time", 40)], {"closed": 50, "in_time": 40}),
        ([("closed", 98), ("in_time", 40)], {"closed": None, "in_time": 40}),
        ([("closed", 60), ("in_time", 57)], {"closed": 60, "in_time": None}),
        ([("closed", 3), ("in_time", 0)], {"closed": None, "in_time": 0}),
        ([("closed", 100), ("in_time", 100)], {"closed": 100, "in_time": 100}),
    ],
)
def test_a_part_is_told_only_with_what_it_leaves(chain: list[tuple[str, int]], told: dict[str, int | None]) -> None:
    assert withhold(100, chain, 5) == told
    assert set(withhold(None, chain, 5).values()) == {None}


@given(st.integers(1, 1000), st.integers(3, 50))
def test_rounding_down_never_tells_more_than_there_is(count: int, k: int) -> None:
    assert count - k < rounded_down(count, k) <= count
    assert rounded_down(count, k) % k == 0
