"""Working time, against a reference that counts minute by minute."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dispatch_service.domain.calendars import OFFICE_HOURS, Calendar, are_office_hours
from dispatch_service.domain.working_time import SHANGHAI, WHOLE_DAY, Span, WorkingTime
from dispatch_service.service import holidays

MINUTE = timedelta(minutes=1)
BEGIN = datetime(2026, 9, 20, tzinfo=SHANGHAI)
"""Before Mid-autumn and National Day, with a make-up workday on a Sunday."""
NEVER_CLOSED: Sequence[Span] = ((time(0), time(12)), (time(12), time(0)))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def office(spans: Sequence[Span] = OFFICE_HOURS, **days: bool) -> WorkingTime:
    own = {date.fromisoformat(day.strip("_").replace("_", "-")): working for day, working in days.items()}
    return Calendar(holidays.official, own, spans).office()


def counts(spans: Sequence[Span], calendar: Calendar, minute: datetime) -> bool:
    """Whether the minute that begins then is worked."""
    local = minute.astimezone(SHANGHAI)
    clock = local.time()
    inside = any(start <= clock and (clock < stop or stop == time(0)) for start, stop in spans)
    return inside and calendar.is_working(local.date())


def slow_add(spans: Sequence[Span], calendar: Calendar, moment: datetime, minutes: int) -> datetime:
    while minutes:
        minutes -= counts(spans, calendar, moment)
        moment += MINUTE
    return moment


def slow_between(spans: Sequence[Span], calendar: Calendar, begin: datetime, end: datetime) -> int:
    total = 0
    while begin < end:
        total += counts(spans, calendar, begin)
        begin += MINUTE
    return total


def spans_from(cuts: Sequence[int]) -> Sequence[Span]:
    clocks = [time(cut // 60 % 24, cut % 60) for cut in sorted(cuts)]
    return list(zip(clocks[::2], clocks[1::2], strict=True))


SPANS = st.one_of(
    st.sampled_from([OFFICE_HOURS, WHOLE_DAY, NEVER_CLOSED]),
    st.sets(st.integers(0, 24 * 60), min_size=2, max_size=2).map(sorted).map(spans_from),
    st.sets(st.integers(0, 24 * 60), min_size=4, max_size=4).map(sorted).map(spans_from),
)
OWN = st.dictionaries(st.dates(date(2026, 9, 18), date(2026, 10, 20)), st.booleans(), max_size=4)
MINUTES = st.integers(0, 20 * 24 * 60)


@settings(max_examples=60, deadline=None)
@given(SPANS, OWN, MINUTES, st.integers(0, 2_000))
def test_adding_gives_what_counting_minutes_gives(
    spans: Sequence[Span], own: dict[date, bool], start: int, amount: int
) -> None:
    calendar = Calendar(holidays.official, own, spans)
    begin = BEGIN + start * MINUTE

    assert calendar.office().add(begin, amount * MINUTE) == slow_add(spans, calendar, begin, amount)


@settings(max_examples=60, deadline=None)
@given(SPANS, OWN, MINUTES, MINUTES)
def test_measuring_gives_what_counting_minutes_gives(
    spans: Sequence[Span], own: dict[date, bool], first: int, second: int
) -> None:
    calendar = Calendar(holidays.official, own, spans)
    begin, end = sorted(BEGIN + minutes * MINUTE for minutes in (first, second))
    counting = calendar.office()

    assert counting.between(begin, end) == slow_between(spans, calendar, begin, end) * MINUTE
    assert counting.between(end, begin) == -counting.between(begin, end)


@settings(max_examples=100, deadline=None)
@given(
    SPANS,
    st.integers(0, 4 * 365 * 24 * 3600),
    st.timedeltas(timedelta(days=-90), timedelta(days=90)),
)
def test_what_was_added_is_measured_again(spans: Sequence[Span], seconds: int, amount: timedelta) -> None:
    counting = Calendar(holidays.official, {}, spans).office()
    moment = datetime(2024, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)

    assert counting.between(moment, counting.add(moment, amount)) == amount


@settings(max_examples=100, deadline=None)
@given(SPANS, MINUTES, st.integers(1, 2_000))
def test_an_end_is_the_earliest_moment_by_which_so_much_has_passed(
    spans: Sequence[Span], start: int, amount: int
) -> None:
    counting = Calendar(holidays.official, {}, spans).office()
    begin = BEGIN + start * MINUTE
    end = counting.add(begin, amount * MINUTE)

    assert counting.between(begin, end - timedelta(microseconds=1)) < amount * MINUTE


def test_an_afternoon_before_the_holidays_goes_on_after_them() -> None:
    assert office().add(at("2026-09-30T16:00"), timedelta(hours=4)) == at("2026-10-08T11:00")


def test_a_make_up_workday_counts_and_a_tenants_own_day_goes_before_all() -> None:
    assert office().add(at("2026-10-10T09:00"), timedelta(hours=3)) == at("2026-10-10T12:00")  # a Saturday
    assert office(_2026_10_10=False).add(at("2026-10-10T09:00"), timedelta(hours=3)) == at("2026-10-12T12:00")


def test_working_days_are_whole_days() -> None:
    days = Calendar(holidays.official).days()
    assert days.add(at("2026-11-06T15:00"), timedelta(days=3)) == at("2026-11-11T15:00")  # from a Friday
    assert days.add(at("2026-11-07T10:00"), timedelta(days=1)) == at("2026-11-10T00:00")  # from a Saturday


def test_years_without_a_notice_have_no_holidays_but_weekends() -> None:
    assert holidays.is_known(2026)
    assert not holidays.is_known(2091)
    assert not holidays.is_known(1999)
    assert Calendar(holidays.official).is_working(date(2091, 10, 1))  # a Monday
    assert not Calendar(holidays.official).is_working(date(2091, 10, 6))  # a Saturday
    assert holidays.name_of(date(2026, 10, 1)) == "国庆节"
    assert holidays.name_of(date(2091, 10, 1)) is None


def test_times_far_away_are_laid_out_when_they_are_asked_for() -> None:
    counting = office()
    assert counting.between(at("2026-11-02T09:00"), at("2026-11-02T18:00")) == timedelta(hours=8)
    assert counting.between(at("2011-11-02T09:00"), at("2011-11-02T18:00")) == timedelta(hours=8)
    there = counting.add(at("2026-11-02T09:00"), timedelta(hours=8 * 2_000))
    assert counting.add(there, -timedelta(hours=8 * 2_000)) == at("2026-11-02T09:00")


def test_a_place_that_never_works_gets_no_time_at_all() -> None:
    with pytest.raises(OverflowError):
        WorkingTime(WHOLE_DAY, lambda _: False).add(at("2026-11-02T09:00"), timedelta(hours=1))


@pytest.mark.parametrize(
    ("spans", "are_good"),
    [
        ([(time(9), time(12)), (time(13), time(18))], True),
        ([(time(9), time(12)), (time(12), time(0))], True),
        ([], False),
        ([(time(9), time(9))], False),
        ([(time(12), time(9))], False),
        ([(time(9), time(12)), (time(11), time(18))], False),
        ([(time(13), time(18)), (time(9), time(12))], False),
        ([(time(9), time(0)), (time(13), time(18))], False),
    ],
)
def test_office_hours_are_in_order_and_apart(spans: Sequence[Span], *, are_good: bool) -> None:
    assert are_office_hours(spans) == are_good
