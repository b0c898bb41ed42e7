"""How it is written down that something counts: under what, for what, and when.

A count is a byte: up to 31 a `domain.tally.Counter`, then the steps of times of work, then `domain.deeds.Deed`.
"""

from datetime import UTC, datetime
from typing import NamedTuple

from ledger_service.domain.durations import Measure, step_of

FIRST_DURATION = 32
"""Codes from this number on are steps of durations, DURATION_WIDTH a measure."""
DURATION_WIDTH = 32
FIRST_DEED = FIRST_DURATION + len(Measure) * DURATION_WIDTH
"""Codes from this number on are deeds."""
FIRST_TOLD = FIRST_DURATION + Measure.ANSWER * DURATION_WIDTH
"""Codes from this number on count what only entries tell of: deeds, and before them the time to an answer."""
QUARTER_HOUR = 900
"""Seconds: no time zone begins its days between two of them."""
EPOCH = datetime(2000, 1, 1, tzinfo=UTC)


class Cell(NamedTuple):
    """Under what something counts; '' for none."""

    tenant: str
    community: str
    grid: str
    team: str
    officer: str
    category: str
    source: str
    handling_mode: str
    exclusions: int
    department: str


class Tally(NamedTuple):
    """Under what and for what something counts; marks are made by `mark`."""

    cell: Cell
    marks: tuple[int, ...]


def mark(code: int, at: datetime) -> int:
    """Return a count at a moment: quarters of an hour since 2000 times 256, plus the code of what is counted.

    Which day that is, only the time zone says in which the figures are read.
    """
    return int((at - EPOCH).total_seconds()) // QUARTER_HOUR << 8 | code


def code_of(made: int) -> int:
    """Return what a mark counts."""
    return made & 255


def duration(measure: int, begin: datetime, end: datetime) -> int:
    """Return the code under which a time from `begin` to `end` is counted."""
    return FIRST_DURATION + measure * DURATION_WIDTH + step_of((end - begin).total_seconds())
