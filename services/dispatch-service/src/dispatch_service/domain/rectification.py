"""Rectification within a time limit 限期整改: ordered, inspected again, and what may follow."""

from enum import StrEnum

from contracts.events import HandlingMode
from dispatch_service.domain.life_errors import (
    NoRectification,
    RectificationOpen,
    ReinspectionFailed,
    ReinspectionMissing,
    TooManyRectifications,
)

MOST_RECTIFICATIONS = 2
"""In one round of a case."""


class Reinspection(StrEnum):
    """Where the last order of rectification of a case stands."""

    ORDERED = "ordered"
    """There is time left to set it right."""
    DUE = "due"
    """That time is over: the unit has to look again."""
    PASSED = "passed"
    FAILED = "failed"


WAITING = frozenset({Reinspection.ORDERED, Reinspection.DUE})
"""Nobody has looked again yet."""


def check_order(last: Reinspection | None, ordered: int) -> None:
    """Raise unless rectification may be ordered, which it was `ordered` times in this round.

    RectificationOpen, TooManyRectifications.
    """
    if last in WAITING:
        raise RectificationOpen
    if ordered >= MOST_RECTIFICATIONS:
        raise TooManyRectifications(MOST_RECTIFICATIONS)


def inspected(last: Reinspection | None, *, passed: bool) -> Reinspection:
    """Return where the order stands after somebody has looked again, which may be early; raise NoRectification."""
    if last not in WAITING:
        raise NoRectification
    return Reinspection.PASSED if passed else Reinspection.FAILED


def check_resolution(mode: HandlingMode, last: Reinspection | None) -> None:
    """Raise unless a case whose last order stands like that may be resolved in `mode`.

    Whatever was ordered has to be looked at; what was not set right can only be filed for penalty 立案查处.
    NoRectification, ReinspectionMissing, ReinspectionFailed.
    """
    if last in WAITING:
        raise ReinspectionMissing
    if last is Reinspection.FAILED and mode != "case_filed":
        raise ReinspectionFailed
    if last is None and mode == "rectification_within_limit":
        raise NoRectification
