"""What has moved the clock of a case since its round began, and the clock that follows from all of it.

So a clock can be reckoned anew from its beginning whenever limits or calendar change: the limit, then each pause and
each extension in the order in which they came to count. An extension is an agreement on a moment, so it stays as it
was agreed; a pause gives back what was left when it began, as the calendar of the day counts it, and of one in which
something was agreed, what was left then.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from dispatch_service.domain.clocks import Clock, Clockwork
from dispatch_service.domain.limits import Grade


@dataclass(frozen=True, slots=True)
class Pause:
    """The clock stood still: the case was suspended, or waited for the reporter."""

    begin: datetime
    end: datetime

    @property
    def counts_from(self) -> datetime:
        """When the clock goes on."""
        return self.end


@dataclass(frozen=True, slots=True)
class Extension:
    """It was agreed that there is time `until` a moment."""

    agreed_at: datetime
    until: datetime

    @property
    def counts_from(self) -> datetime:
        """When the clock goes by it."""
        return self.agreed_at


Move = Pause | Extension


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """What the clock of a case goes by; `assigned_at` is when its present team got it."""

    category: str | None
    grade: Grade
    begun_at: datetime
    assigned_at: datetime
    deadline: datetime | None
    moves: Sequence[Move] = ()


def reckon(work: Clockwork, course: Course) -> Clock:
    """Return the clock of a case from the beginning of its round; nothing of it was announced yet."""
    category, grade = course.category, course.grade
    clock = work.start(category, grade, begun_at=course.begun_at, assigned_at=course.begun_at, deadline=course.deadline)
    moves = _in_order(course.moves, course.begun_at)
    for move in moves:
        if move.counts_from <= course.assigned_at:
            clock = _moved(work, clock, move, course)
    clock = work.reassign(clock, category, grade, course.assigned_at)
    for move in moves:
        if move.counts_from > course.assigned_at:
            clock = _moved(work, clock, move, course)
    return clock


def _moved(work: Clockwork, clock: Clock, move: Move, course: Course) -> Clock:
    if isinstance(move, Extension):
        return work.extend(clock, move.until, move.agreed_at)
    return work.resume(clock, course.category, course.grade, move.begin, move.end, assigned_at=course.assigned_at)


def _in_order(moves: Iterable[Move], begun_at: datetime) -> list[Move]:
    """Return the moves in the order in which they count, none from before `begun_at`.

    Pauses that touch are one. One in which something was agreed is two: only what comes after the agreement moves it.
    """
    pauses: list[Pause] = []
    for pause in sorted((move for move in moves if isinstance(move, Pause)), key=lambda pause: pause.begin):
        begin = max(pause.begin, begun_at)
        if pauses and begin <= pauses[-1].end:
            begin = pauses.pop().begin
        if pause.end > begin:
            pauses.append(Pause(begin, pause.end))
    extensions = [move for move in moves if isinstance(move, Extension) and move.agreed_at >= begun_at]
    parts = [part for pause in pauses for part in _cut(pause, [extension.agreed_at for extension in extensions])]
    return sorted([*parts, *extensions], key=lambda move: move.counts_from)  # stable: a pause before its agreement


def _cut(pause: Pause, moments: Iterable[datetime]) -> Iterator[Pause]:
    begin = pause.begin
    for moment in sorted(moments):
        if begin < moment < pause.end:
            yield Pause(begin, moment)
            begin = moment
    yield Pause(begin, pause.end)
