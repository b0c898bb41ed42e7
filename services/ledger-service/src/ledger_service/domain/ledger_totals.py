"""What the lines of a ledger come to, counted while they pass."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Self


@dataclass(slots=True)
class Totals:
    """Sums of lines: how many, in time, late, and by the facet of the ledger's subject."""

    lines: int = 0
    on_time: int = 0
    late: int = 0
    facets: Counter[str] = field(default_factory=Counter)

    def count_all(self, lines: Sequence[Sequence[Any]]) -> None:
        """Count lines, whose last three values are: whether it was on time, the facet, and what it weighs there.

        Without a promised time a line is neither in time nor late, without a facet it is of none.
        """
        self.lines += len(lines)
        for *_, on_time, facet, weight in lines:
            if on_time is not None:
                self.on_time += on_time
                self.late += not on_time
            if facet is not None:
                self.facets[facet] += weight

    def add(self, other: Self) -> None:
        """Count what another has counted."""
        self.lines += other.lines
        self.on_time += other.on_time
        self.late += other.late
        self.facets.update(other.facets)


def parted(rows: Sequence[Sequence[Any]], place: int) -> list[tuple[Any, Sequence[Sequence[Any]]]]:
    """Return `rows`, which are sorted by the value at `place`, in runs of equal values."""
    runs: list[tuple[Any, Sequence[Sequence[Any]]]] = []
    begin = 0
    for end in range(1, len(rows) + 1):
        if end == len(rows) or rows[end][place] != rows[begin][place]:
            runs.append((rows[begin][place], rows[begin:end]))
            begin = end
    return runs
