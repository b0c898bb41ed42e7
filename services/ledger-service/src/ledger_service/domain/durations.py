"""Times of work as counts in steps, so that medians and shares can be had of any sum without the single times."""

from bisect import bisect_left
from collections.abc import Sequence
from enum import IntEnum
from itertools import accumulate

_HOUR, _DAY = 60, 24 * 60
EDGES = (
    *(1, 2, 3, 5, 7, 10, 15, 20, 30, 45),
    *(each * _HOUR for each in (1, 2, 3, 4, 6, 8, 12, 18)),
    *(each * _DAY for each in (1, 2, 3, 4, 5, 7, 10, 14, 21, 30, 60)),
)
"""Where steps end, in minutes, included; behind the last there is one more without an end."""
STEPS = len(EDGES) + 1


class Measure(IntEnum):
    """What is timed."""

    DISPATCH = 0
    """From the reception to the first unit."""
    DISCOVERY = 1
    """第一时间发现: from when it happened to the reception, where the former is known."""
    ON_SITE = 2
    """第一时间处置: from the reception to an officer on site."""
    REMOVAL = 3
    """第一时间消除: from the reception to the result."""
    ANSWER = 4
    """转办: from the transfer to another department to its answer. The only one that is no fact of the complaint."""


def step_of(seconds: float) -> int:
    """Return the step of a time; what seems to have taken less than nothing counts as nothing."""
    return bisect_left(EDGES, seconds / 60)


def quantile(counts: Sequence[int], share: float) -> float | None:
    """Return by how many minutes that share of the times is over, 0 < `share` < 1; None without any.

    Within a step times are taken to be spread evenly, so the answer is exact to the width of its step; in the step
    without an end it is where that begins.
    """
    ends = list(accumulate(counts))
    if ends[-1] <= 0:
        return None
    wanted = share * ends[-1]
    step = bisect_left(ends, wanted)
    if step == len(EDGES):
        return float(EDGES[-1])
    begin = float(EDGES[step - 1]) if step else 0.0
    before = ends[step] - counts[step]
    return begin + (EDGES[step] - begin) * (wanted - before) / counts[step]


def within(counts: Sequence[int], minutes: int) -> int:
    """Return how many times are not longer than `minutes`, which is one of EDGES: exact."""
    return sum(counts[: EDGES.index(minutes) + 1])
