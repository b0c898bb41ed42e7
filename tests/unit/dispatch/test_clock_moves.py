"""Clocks with pauses, extensions and another calendar meanwhile, against a reference that walks minute by minute."""

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from functools import cache

from hypothesis import given, settings
from hypothesis import strategies as st

from dispatch_service.domain.calendars import Calendar
from dispatch_service.domain.clock_moves import Course, Extension, Move, Pause, reckon
from dispatch_service.domain.clocks import Clock, Clockwork
from dispatch_service.domain.limits import Allowance, Grade, Limit, LimitTable, Stage, Unit
from dispatch_service.domain.working_time import SHANGHAI
from dispatch_service.service import holidays

MINUTE = timedelta(minutes=1)
BEGIN = datetime(2026, 9, 20, tzinfo=SHANGHAI)
"""Before Mid-autumn and National Day, with a make-up workday on a Sunday."""
Counts = Callable[[datetime], bool]

UNITS = st.sampled_from([Unit.HOURS, Unit.WORKING_HOURS, Unit.WORKING_DAYS])
AMOUNTS = st.integers(1, 3)
official = cache(holidays.official)
CALENDARS = st.dictionaries(st.dates(date(2026, 9, 18), date(2026, 10, 20)), st.booleans(), max_size=4).map(
    lambda own: Calendar(official, own)
)
STEPS = st.lists(
    st.tuples(st.sampled_from(["pause", "extension", "assignment"]), st.integers(1, 1_500), st.integers(1, 2_000)),
    max_size=3,
)
"""What happens, so long after what was before, for so long."""


def clockwork(calendar: Calendar, amount: int, unit: Unit) -> Clockwork:
    early = [Limit(None, None, stage, Allowance(1, Unit.HOURS)) for stage in (Stage.ACCEPT, Stage.ON_SITE)]
    table = LimitTable([*early, Limit(None, None, Stage.RESOLVE, Allowance(amount, unit))])
    return Clockwork(1, table, calendar.office(), calendar.days())


def counting(calendar: Calendar, unit: Unit) -> Counts:
    """Return what says whether the minute that begins then counts."""

    def counts(minute: datetime) -> bool:
        if unit is Unit.HOURS:
            return True
        local = minute.astimezone(SHANGHAI)
        return is_working(local.date()) and any(start <= local.hour < stop for start, stop in hours)

    hours = [(0, 24)] if unit is Unit.WORKING_DAYS else [(9, 12), (13, 18)]
    is_working = cache(calendar.is_working)
    return counts


def due(counts: Counts, minutes: int, moves: Sequence[Move], begin: datetime) -> datetime:
    """Walk until all of the time has passed. None passes in a pause; what was agreed takes the place of all before."""
    moment, left, agreed = begin, minutes, begin
    extensions = [move for move in moves if isinstance(move, Extension)]
    if extensions:
        moment, agreed = extensions[-1].agreed_at, extensions[-1].until
        left = sum(counts(moment + number * MINUTE) for number in range((agreed - moment) // MINUTE))
    pauses = {move.begin: move.end for move in moves if isinstance(move, Pause) and move.begin >= moment}
    while left or moment < agreed:
        if moment in pauses:
            moment = pauses[moment]
        else:
            left -= bool(left) and counts(moment)
            moment += MINUTE
    return moment


def course(moves: Sequence[Move], begin: datetime, assigned_at: datetime | None = None) -> Course:
    at = assigned_at or begin
    return Course(category=None, grade=Grade.ORDINARY, begun_at=begin, assigned_at=at, deadline=None, moves=moves)


def resumed(work: Clockwork, clock: Clock, pause: Pause, assigned_at: datetime = BEGIN) -> Clock:
    return work.resume(clock, None, Grade.ORDINARY, pause.begin, pause.end, assigned_at=assigned_at)


def moved(work: Clockwork, clock: Clock, move: Move, assigned_at: datetime) -> Clock:
    if isinstance(move, Pause):
        return resumed(work, clock, move, assigned_at)
    return work.extend(clock, move.until, move.agreed_at)


def next_move(clock: Clock, kind: str, at: datetime, length: int) -> Move:
    if kind == "pause":
        return Pause(at, at + length * MINUTE)
    return Extension(at, max(clock.promised_at, at) + length * MINUTE)


@settings(max_examples=40, deadline=None)
@given(UNITS, AMOUNTS, CALENDARS, CALENDARS, st.integers(0, 14_000), STEPS, st.integers(0, 3))
def test_the_promised_time_is_what_walking_gives_by_the_calendar_of_the_day(
    unit: Unit,
    amount: int,
    first: Calendar,
    second: Calendar,
    start: int,
    steps: Sequence[tuple[str, int, int]],
    changed_after: int,
) -> None:
    begin = BEGIN + start * MINUTE
    work, calendar = clockwork(first, amount, unit), first
    clock = reckon(work, course([], begin))
    moves: list[Move] = []
    now = assigned_at = begin
    for number, (kind, gap, length) in enumerate([*steps, ("", 0, 0)]):
        if number == changed_after:
            work, calendar = clockwork(second, amount, unit), second
            clock = reckon(work, course(moves, begin, assigned_at))
        if kind == "assignment":
            now = assigned_at = now + gap * MINUTE
            clock = work.reassign(clock, None, Grade.ORDINARY, now)
        elif kind:
            move = next_move(clock, kind, now + gap * MINUTE, length)
            moves.append(move)
            clock = moved(work, clock, move, assigned_at)
            now = move.counts_from

    minutes = amount * unit.length // MINUTE
    assert clock.promised_at == due(counting(calendar, unit), minutes, moves, begin)
    assert clock == reckon(work, course(moves, begin, assigned_at))
    levels = [clock.resolve.warn_at or begin, clock.promised_at, clock.resolve.twice_at or begin]
    assert levels == sorted(levels)
    if not any(isinstance(move, Extension) for move in moves):
        assert clock.warn_at == due(counting(calendar, unit), minutes * 4 // 5, moves, begin)
        assert clock.resolve.twice_at == due(counting(calendar, unit), minutes * 2, moves, begin)


@settings(max_examples=20, deadline=None)
@given(UNITS, CALENDARS, st.integers(0, 14_000), st.integers(0, 3_000), st.integers(1, 3_000), st.integers(1, 3_000))
def test_a_pause_in_two_parts_is_one(
    unit: Unit, calendar: Calendar, start: int, gap: int, first: int, second: int
) -> None:
    begin, work = BEGIN + start * MINUTE, clockwork(calendar, 3, unit)
    stopped, between = begin + gap * MINUTE, begin + (gap + first) * MINUTE
    end = between + second * MINUTE
    whole = reckon(work, course([Pause(stopped, end)], begin))

    assert reckon(work, course([Pause(between, end), Pause(stopped, between)], begin)) == whole


def test_a_pause_after_office_hours_takes_nothing_from_what_was_agreed_until_the_evening() -> None:
    work = clockwork(Calendar(holidays.official), 1, Unit.WORKING_HOURS)
    begin = datetime(2026, 11, 2, 9, tzinfo=SHANGHAI)
    evening = begin.replace(hour=20)
    agreed = work.extend(reckon(work, course([], begin)), evening, begin)

    pause = Pause(begin.replace(hour=18, minute=30), begin.replace(hour=19))
    assert resumed(work, agreed, pause).promised_at == evening


@settings(max_examples=20, deadline=None)
@given(UNITS, CALENDARS, st.integers(0, 14_000), st.integers(1, 3_000), st.integers(1, 3_000), st.integers(1, 9_000))
def test_of_a_pause_in_which_something_was_agreed_only_the_rest_moves_it(
    unit: Unit, calendar: Calendar, start: int, first: int, second: int, length: int
) -> None:
    begin, work = BEGIN + start * MINUTE, clockwork(calendar, 3, unit)
    stopped = begin + 30 * MINUTE
    agreed_at, end = stopped + first * MINUTE, stopped + (first + second) * MINUTE
    so_far = reckon(work, course([Pause(stopped, agreed_at)], begin))
    agreement = Extension(agreed_at, max(so_far.promised_at, agreed_at) + length * MINUTE)

    whole = reckon(work, course([Pause(stopped, end), agreement], begin))

    assert whole == resumed(work, work.extend(so_far, agreement.until, agreed_at), Pause(agreed_at, end), begin)
    rest = due(counting(calendar, unit), 0, [agreement, Pause(agreed_at, end)], begin)
    assert whole.promised_at == rest
