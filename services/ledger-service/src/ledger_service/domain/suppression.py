"""What of a table of counts may be public: no count of 1 to k - 1, and none that follows from what is shown.

Rows have exact totals, columns do not: a table with both, and with holes, gives some of its holes away by subtraction
(the disclosure problem of linked tables). What is withheld falls into groups that have no cell in common: the cells
withheld of each row, and the rows withheld as a whole. The difference of published sums is a sum of whole groups, so it
is enough that each group comes to 0 or to k at least. Zeros are withheld like other small counts, or ones would be
told by their number.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

Counts = Mapping[str, Mapping[str, int]]
"""By row and column."""
NOWHERE = ""
"""The column of what has no place: never shown."""


@dataclass(frozen=True)
class Row:
    """One row: its total, and the cells that are shown."""

    total: int
    cells: Mapping[str, int]


@dataclass(frozen=True)
class Table:
    """What may be public; a `total` of None is a count below k, and rows that are not there are withheld."""

    total: int | None
    rows: Mapping[str, Row] = field(default_factory=dict)

    @property
    def columns(self) -> dict[str, int]:
        """What is shown of each column, summed up: at least so many."""
        names = {name for row in self.rows.values() for name in row.cells}
        return {name: sum(row.cells.get(name, 0) for row in self.rows.values()) for name in sorted(names)}


def protect(counts: Counts, k: int) -> Table:
    """Return what of `counts` may be public: every row, every cell and the total are k at least, or withheld."""
    totals = {row: sum(cells.values()) for row, cells in counts.items()}
    total = sum(totals.values())
    if total < k:
        return Table(None)
    shown = _shown(totals, k)
    return Table(total, {row: Row(totals[row], _shown(_places(counts[row]), k, counts[row])) for row in sorted(shown)})


def _places(cells: Mapping[str, int]) -> Mapping[str, int]:
    return {name: count for name, count in cells.items() if name != NOWHERE}


def _shown(counts: Mapping[str, int], k: int, among: Mapping[str, int] | None = None) -> dict[str, int]:
    """Return the counts of k and more, without the smallest of them while the rest comes to 1 … k - 1."""
    shown = {name: count for name, count in counts.items() if count >= k}
    rest = sum((among or counts).values()) - sum(shown.values())
    for name in sorted(shown, key=lambda each: (shown[each], each)):
        if rest == 0 or rest >= k:
            break
        rest += shown.pop(name)
    return shown


def withhold(total: int | None, chain: Sequence[tuple[str, int]], k: int) -> dict[str, int | None]:
    """Return the counts of a `chain`, each a part of the one before it and the first of `total`; None for withheld.

    A part is shown where it, and what it leaves of the last shown one, is 0 or k at least.
    """
    found: dict[str, int | None] = dict.fromkeys((name for name, _ in chain), None)
    above = total
    for name, count in chain:
        if above is not None and _is_safe(count, k) and _is_safe(above - count, k):
            found[name] = above = count
    return found


def _is_safe(count: int, k: int) -> bool:
    return count == 0 or count >= k


def rounded_down(count: int, k: int) -> int:
    """Return the multiple of `k` that is reached: for counts of areas that overlap with others."""
    return count - count % k
