"""Limits, and what becomes of a case's times."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.lifecycle import Status
from dispatch_service.domain.calendars import Calendar
from dispatch_service.domain.clocks import Clock, Clockwork
from dispatch_service.domain.errors import LimitMissing, LimitTwice
from dispatch_service.domain.limits import Allowance, Grade, Limit, LimitTable, Stage, Unit
from dispatch_service.domain.stage_times import DUE, LEVELS, WARNING
from dispatch_service.domain.standing import light_at, standing_of
from dispatch_service.domain.working_time import SHANGHAI
from dispatch_service.service.clockworks import default_limits, limits_of
from dispatch_service.service.holidays import official

MONDAY = datetime(2026, 11, 2, 9, tzinfo=SHANGHAI)
HOUR = timedelta(hours=1)
FOR_ALL = [Limit(None, None, stage, Allowance(2, Unit.HOURS)) for stage in (Stage.ACCEPT, Stage.ON_SITE)]


def clockwork(amount: int = 10, unit: Unit = Unit.HOURS, *more: Limit) -> Clockwork:
    calendar = Calendar(official)
    table = LimitTable([*FOR_ALL, Limit(None, None, Stage.RESOLVE, Allowance(amount, unit)), *more])
    return Clockwork(1, table, calendar.office(), calendar.days())


def started(work: Clockwork, category: str | None = None, grade: Grade = Grade.ORDINARY) -> Clock:
    return work.start(category, grade, begun_at=MONDAY, assigned_at=MONDAY)


def moments(clock: Clock) -> list[datetime]:
    times = clock.resolve
    return [moment for moment in (times.warn_at, times.due_at, times.twice_at) if moment is not None]


def test_levels_are_reached_at_eighty_a_hundred_and_two_hundred_per_cent() -> None:
    clock = started(clockwork(10, Unit.WORKING_HOURS))

    assert clock.warn_at == MONDAY + 9 * HOUR  # with an hour of lunch
    assert clock.promised_at == datetime(2026, 11, 3, 11, tzinfo=SHANGHAI)
    assert clock.resolve.twice_at == datetime(2026, 11, 4, 14, tzinfo=SHANGHAI)
    assert (clock.accept_by, clock.on_site_by) == (MONDAY + 2 * HOUR, MONDAY + 2 * HOUR)


def test_no_stage_is_due_after_the_whole() -> None:
    assert started(clockwork(1)).on_site_by == MONDAY + HOUR


def test_each_level_is_announced_once_and_in_order() -> None:
    times = started(clockwork()).resolve
    seen = []
    while times.next_level is not None:
        seen.append((times.next_level, times.timer_at))
        times = times.announced(times.next_level, MONDAY)

    assert [level for level, _ in seen] == list(LEVELS)
    assert [moment for _, moment in seen] == [times.warn_at, times.due_at, times.twice_at]
    assert times.timer_at is None


def test_the_lowest_category_counts_then_the_grade() -> None:
    def line(category: str | None, grade: Grade | None, amount: int) -> Limit:
        return Limit(category, grade, Stage.RESOLVE, Allowance(amount, Unit.DAYS))

    work = clockwork(
        10,
        Unit.DAYS,
        line(None, Grade.URGENT, 9),
        line("a", None, 8),
        line("a.b", Grade.URGENT, 7),
        line("a.b.c", None, 6),
    )
    days = {
        (category, grade): (started(work, category, grade).promised_at - MONDAY).days
        for category in (None, "z", "a", "a.z", "a.b", "a.b.c.d", "ab")
        for grade in (Grade.ORDINARY, Grade.URGENT)
    }

    assert {category: (days[category, Grade.ORDINARY], days[category, Grade.URGENT]) for category, _ in days} == {
        None: (10, 9),
        "z": (10, 9),
        "a": (8, 8),
        "a.z": (8, 8),
        "a.b": (8, 7),
        "a.b.c.d": (6, 6),
        "ab": (10, 9),
    }


def test_a_table_of_limits_is_whole_and_names_nothing_twice() -> None:
    twice = Limit("a", None, Stage.ACCEPT, Allowance(1, Unit.HOURS))
    with pytest.raises(LimitMissing, match="resolve"):
        LimitTable(FOR_ALL)
    with pytest.raises(LimitTwice) as refusal:
        LimitTable([*FOR_ALL, twice, twice])
    assert refusal.value.place == 3


def test_what_is_shipped_is_a_table_of_limits_and_more_urgent_is_never_slower() -> None:
    table = limits_of(default_limits())
    calendar = Calendar(official)
    work = Clockwork(1, table, calendar.office(), calendar.days())
    for category in {row["category"] for row in default_limits()}:
        ends = [started(work, category, grade).promised_at for grade in Grade]
        assert ends == sorted(ends, reverse=True), category


def test_another_team_gets_time_to_accept_it_but_the_promise_stands() -> None:
    work = clockwork()
    clock = work.reassign(started(work), None, Grade.ORDINARY, MONDAY + 3 * HOUR)

    assert clock.accept_by == MONDAY + 5 * HOUR
    assert clock == replace(started(work), accept=clock.accept, on_site=clock.on_site)


@pytest.mark.parametrize("unit", Unit)
def test_an_extension_moves_the_levels_along(unit: Unit) -> None:
    work = clockwork(5, unit)
    until = datetime(2026, 11, 30, 10, tzinfo=SHANGHAI)
    clock = work.extend(started(work), until, MONDAY)
    whole = work.extend(started(work), until, MONDAY).budget

    assert clock.promised_at == until
    spent = [work._countings[unit].between(MONDAY, moment) for moment in moments(clock)]
    assert spent == [whole * 0.8, whole, whole * 2]


def test_after_an_extension_the_levels_ahead_are_told_again() -> None:
    work = clockwork(5, Unit.DAYS)
    clock = started(work)
    told_at = clock.resolve.warn_at
    assert told_at is not None
    warned = replace(clock, resolve=clock.resolve.announced(WARNING, told_at))
    longer = work.extend(warned, clock.promised_at + timedelta(days=5), told_at)
    assert (longer.resolve.next_level, longer.resolve.escalated_at) == (WARNING, None)
    late = clock.promised_at - HOUR
    bit_longer = work.extend(warned, clock.promised_at + HOUR, late)
    assert (bit_longer.resolve.next_level, bit_longer.resolve.escalated_at) == (DUE, told_at)


@given(st.sampled_from(Unit), st.integers(0, 30_000), st.integers(0, 30_000))
def test_what_was_left_when_it_was_laid_aside_is_left_when_it_goes_on(unit: Unit, worked: int, aside: int) -> None:
    work = clockwork(40, unit)
    clock = started(work)
    suspended_at = MONDAY + timedelta(minutes=worked)
    resumed_at = suspended_at + timedelta(minutes=aside)
    later = work.resume(clock, None, Grade.ORDINARY, suspended_at, resumed_at, assigned_at=MONDAY)
    between = work._countings[unit].between

    for before, after in zip(moments(clock), moments(later), strict=True):
        if before <= suspended_at:
            assert after == before
        else:
            assert between(resumed_at, after) == between(suspended_at, before)
    assert moments(later) == sorted(moments(later))


def test_the_light_is_green_to_eighty_per_cent_yellow_to_all_and_red_beyond() -> None:
    warn_at, promised_at = MONDAY + 8 * HOUR, MONDAY + 10 * HOUR
    moments = [MONDAY, warn_at, warn_at + HOUR, promised_at, promised_at + timedelta(microseconds=1)]
    assert [light_at(moment, warn_at, promised_at) for moment in moments] == [
        "green", "green", "yellow", "yellow", "red",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("status", "light", "hours_left"),
    [
        (Status.ASSIGNED, "red", -2),
        (Status.IN_PROGRESS, "red", -2),
        (Status.SUSPENDED, "green", 5),
        (Status.RESOLVED, "yellow", None),
        (Status.CLOSED, "yellow", None),
        (Status.WITHDRAWN, None, None),
    ],
)
def test_a_clock_stands_still_while_suspended_and_stops_with_the_resolution(
    status: Status, light: str | None, hours_left: int | None
) -> None:
    case = {
        "status": status.value,
        "warn_at": MONDAY + 8 * HOUR,
        "promised_at": MONDAY + 10 * HOUR,
        "suspended_at": MONDAY + 5 * HOUR,
        "waiting_since": None,
        "resolved_at": MONDAY + 9 * HOUR,
    }
    standing = standing_of(case, MONDAY + 12 * HOUR)

    assert standing.light == light
    assert standing.remaining == (None if hours_left is None else hours_left * HOUR)


def test_a_case_without_a_clock_has_no_light() -> None:
    unset = ("promised_at", "warn_at", "suspended_at", "waiting_since", "resolved_at")
    case = {"status": "assigned", **dict.fromkeys(unset)}
    assert standing_of(case, datetime(2026, 1, 1, tzinfo=UTC)).light is None


def test_own_days_are_of_their_year() -> None:
    assert Calendar(official, {date(2026, 11, 7): True}).is_working(date(2026, 11, 7))
