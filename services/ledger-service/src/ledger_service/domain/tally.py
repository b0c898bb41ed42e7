"""What a complaint counts for in the figures, and on which days: a function of its facts alone.

So any event, late, repeated or correcting, changes the figures by the difference of two tallies. The formulas are made
of these counts in `domain.indicators`; docs/statistics.md says where they come from.
"""

from collections.abc import Iterator
from datetime import datetime
from enum import IntEnum

from contracts.lifecycle import UNCOUNTED, Status
from ledger_service.domain.complaint import Complaint
from ledger_service.domain.deeds import Deed
from ledger_service.domain.durations import Measure
from ledger_service.domain.marks import DURATION_WIDTH, FIRST_DEED, FIRST_DURATION, Cell, Tally, duration, mark

_ANSWERED = frozenset({"reached", "refused"})


class Counter(IntEnum):
    """What is counted; every complaint once at most, and its last round decides."""

    RECEIVED = 0
    """Each complaint, on the day of its reception; 立案 unless it was rejected or merged."""
    VOIDED = 1
    """作废: on the day of its reception."""
    TO_DISPATCH = 2
    """应派遣: received, unless it ended before any unit had it; on the day of its reception."""
    IN_TIME = 3
    """Handled by the promised time, or without one; on the day it was handled."""
    IN_TIME_CLOSED = 4
    """Of these, closed the regular way 按期结案."""
    IN_TIME_FORCED = 5
    """Of these, closed by force 强制结案, which is no closing in time."""
    IN_TIME_REWORKED = 6
    """Of these, sent back for rework 返工 at least once."""
    MISSED = 7
    """Not handled by the promised time; on the promised day, once that is over."""
    MISSED_CLOSED = 8
    """Of these, closed since, by whatever way."""
    MISSED_REWORKED = 9
    CLOSED = 10
    """Closed at least once; on the day of the first closing."""
    REOPENED = 11
    """Of these, reopened 重办 at least once."""
    FOLLOWED_UP = 12
    """有效回访: the reporter has given the word, or the calls are over; on that day. Wrong numbers do not count."""
    CONTACTED = 13
    SOLVED = 14
    SATISFIED = 15
    BASICALLY_SATISFIED = 16
    REJECTED = 17
    """不予受理: on the day of its reception."""
    MERGED = 18
    """并案: another complaint stands for it; on the day of its reception."""


# As plain numbers: this module is where a slice of entries spends its time, and an IntEnum costs as much as a sum.
_RECEIVED, _VOIDED, _TO_DISPATCH = (int(each) for each in (Counter.RECEIVED, Counter.VOIDED, Counter.TO_DISPATCH))
_SUCCESSES = (
    int(Counter.IN_TIME),
    int(Counter.IN_TIME_CLOSED),
    int(Counter.IN_TIME_FORCED),
    int(Counter.IN_TIME_REWORKED),
)
_MISSES = (int(Counter.MISSED), int(Counter.MISSED_CLOSED), int(Counter.MISSED_CLOSED), int(Counter.MISSED_REWORKED))
_NOT_FILED = {
    Status.VOIDED: _VOIDED,
    Status.REJECTED: int(Counter.REJECTED),
    Status.MERGED: int(Counter.MERGED),
}
_CLOSED, _REOPENED = int(Counter.CLOSED), int(Counter.REOPENED)
_FOLLOWED_UP, _CONTACTED, _SOLVED = int(Counter.FOLLOWED_UP), int(Counter.CONTACTED), int(Counter.SOLVED)
_SATISFIED = {
    "satisfied": int(Counter.SATISFIED),
    "basically_satisfied": int(Counter.BASICALLY_SATISFIED),
}
_DISPATCH, _DISCOVERY, _ON_SITE, _REMOVAL = (
    int(each) for each in (Measure.DISPATCH, Measure.DISCOVERY, Measure.ON_SITE, Measure.REMOVAL)
)


def tally(complaint: Complaint) -> Tally | None:
    """Return what `complaint` counts for; None where an older release has seen to some of its events.

    None as well where nothing of it is known.
    """
    if complaint.received_at is None or complaint.facts_version != complaint.version:
        return None
    cell = Cell(
        complaint.tenant,
        complaint.community or "",
        complaint.grid or "",
        complaint.team or "",
        complaint.officer or "",
        complaint.category or "",
        complaint.source or "",
        complaint.handling_mode or "",
        complaint.exclusions,
        complaint.department or "",
    )
    return Tally(cell, tuple(_marks(complaint, complaint.received_at)))


def name_of(code: int) -> str:
    """Return what the counts of a code are called: a counter, a step of a time of work, or a deed."""
    if code < FIRST_DURATION:
        return Counter(code).name.lower()
    if code >= FIRST_DEED:
        return Deed(code - FIRST_DEED).name.lower()
    measure, step = divmod(code - FIRST_DURATION, DURATION_WIDTH)
    return f"{Measure(measure).name.lower()} {step}"


def difference(before: Tally | None, after: Tally | None) -> Iterator[tuple[int, Tally]]:
    """Yield what is to be added to the figures, times 1 or -1, so that they hold `after` in the place of `before`."""
    if before == after:
        return
    if before is not None and after is not None and before.cell == after.cell:
        gone, come = set(before.marks) - set(after.marks), set(after.marks) - set(before.marks)
        before, after = Tally(before.cell, tuple(gone)), Tally(after.cell, tuple(come))
    if before is not None and before.marks:
        yield -1, before
    if after is not None and after.marks:
        yield 1, after


def _marks(complaint: Complaint, received_at: datetime) -> list[int]:
    """Return the marks; those of one moment are made of one, for the moment is what costs."""
    received = mark(0, received_at)
    if complaint.status in _NOT_FILED:
        return [received | _RECEIVED, received | _NOT_FILED[complaint.status]]
    marks = [received | _RECEIVED]
    _add_dispatching(marks, complaint, received_at, received)
    if complaint.status not in UNCOUNTED:
        _add_timeliness(marks, complaint)
    if complaint.started_at is not None:
        marks.append(mark(duration(_ON_SITE, received_at, complaint.started_at), complaint.started_at))
    if complaint.resolved_at is not None:
        marks.append(mark(duration(_REMOVAL, received_at, complaint.resolved_at), complaint.resolved_at))
    if complaint.first_closed_at is not None:
        marks.append(mark(_CLOSED, complaint.first_closed_at))
        if complaint.reopenings:
            marks.append(mark(_REOPENED, complaint.first_closed_at))
    if complaint.asked_at is not None and not complaint.is_struck:
        _add_satisfaction(marks, complaint, mark(0, complaint.asked_at))
    return marks


def _add_dispatching(marks: list[int], complaint: Complaint, received_at: datetime, received: int) -> None:
    """Add what counts at the reception, `received` being that moment's mark for nothing."""
    assigned_at = complaint.first_assigned_at
    if assigned_at is not None:
        marks.append(received | _TO_DISPATCH)
        marks.append(received | duration(_DISPATCH, received_at, assigned_at))
    elif complaint.closed_at is None and complaint.status not in UNCOUNTED:
        marks.append(received | _TO_DISPATCH)
    if complaint.occurred_at is not None:
        marks.append(received | duration(_DISCOVERY, complaint.occurred_at, received_at))


def _add_timeliness(marks: list[int], complaint: Complaint) -> None:
    handled_at, promised_at = complaint.resolved_at, complaint.promised_at
    if complaint.is_forced:
        handled_at = handled_at or complaint.closed_at
    stopped_at = complaint.suspended_at or complaint.waiting_since or handled_at
    if stopped_at is not None and handled_at is not None and handled_at < stopped_at:
        stopped_at = handled_at  # the reporter was asked before a device that was offline could tell
    if promised_at is not None and (stopped_at is None or stopped_at > promised_at):
        at, kinds = mark(0, promised_at), _MISSES
    elif handled_at is not None:
        at, kinds = mark(0, handled_at), _SUCCESSES
    else:
        return
    due, closed, forced, reworked = kinds
    marks.append(at | due)
    if complaint.closed_at is not None:
        marks.append(at | (forced if complaint.is_forced else closed))
    if complaint.reworks:
        marks.append(at | reworked)


def _add_satisfaction(marks: list[int], complaint: Complaint, at: int) -> None:
    """Add what counts when the reporter had the word, `at` being that moment's mark for nothing."""
    has_word = complaint.rating is not None
    if not has_word and complaint.follow_up == "wrong_number":
        return
    marks.append(at | _FOLLOWED_UP)
    if has_word or complaint.follow_up in _ANSWERED:
        marks.append(at | _CONTACTED)
    if complaint.solved:
        marks.append(at | _SOLVED)
    if complaint.satisfaction in _SATISFIED:
        marks.append(at | _SATISFIED[complaint.satisfaction])
