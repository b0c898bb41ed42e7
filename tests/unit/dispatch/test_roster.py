"""Shifts on days, weeks that repeat, and officers who would be in two places."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch_service.domain.attendance import metres_between, minutes_early, minutes_late
from dispatch_service.domain.roster import Hours, Stint, clashes

SHANGHAI = ZoneInfo("Asia/Shanghai")
MONDAY = date(2026, 3, 2)
BEGIN = datetime(2026, 3, 2, 8, tzinfo=UTC)


def test_a_shift_is_on_the_clock_of_the_county() -> None:
    begins, ends = Hours(time(6, 30), time(11, 30)).on(MONDAY, SHANGHAI)

    assert begins.astimezone(UTC) == datetime(2026, 3, 1, 22, 30, tzinfo=UTC)
    assert ends - begins == timedelta(hours=5)


@pytest.mark.parametrize(("ends", "length"), [(time(6), 8), (time(22), 24)])
def test_a_shift_that_does_not_end_later_ends_on_the_next_day(ends: time, length: int) -> None:
    begins, end = Hours(time(22), ends).on(MONDAY, SHANGHAI)

    assert end - begins == timedelta(hours=length)
    assert end.date() == MONDAY + timedelta(days=1)


def stint(subject: str, first: int, last: int) -> Stint:
    return Stint(subject, BEGIN + timedelta(hours=first), BEGIN + timedelta(hours=last), (first, last))


def test_one_that_begins_as_another_ends_does_not_clash() -> None:
    assert clashes([stint("a", 0, 4), stint("a", 4, 8), stint("b", 2, 6)]) == []
    assert clashes([stint("a", 3, 8), stint("a", 0, 4)]) == [(stint("a", 0, 4), stint("a", 3, 8))]


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 30), st.integers(1, 8)), max_size=12))
def test_there_is_a_clash_exactly_where_somebody_is_needed_twice_in_an_hour(given: list[tuple[str, int, int]]) -> None:
    stints = [stint(subject, first, first + length) for subject, first, length in given]

    hours = [(subject, hour) for subject, first, length in given for hour in range(first, first + length)]
    assert bool(clashes(stints)) == (len(hours) > len(set(hours)))


def test_distances_agree_with_known_ones() -> None:
    assert metres_between((0, 0), (1, 0)) == pytest.approx(111_195, rel=0.001)
    assert metres_between((107.2357, 26.5807), (107.2357, 26.5897)) == pytest.approx(1_001, rel=0.01)
    assert metres_between((116.39, 39.9), (121.47, 31.23)) == pytest.approx(1_067_000, rel=0.01)


def test_late_and_early_are_whole_minutes_and_never_negative() -> None:
    assert minutes_late(BEGIN, BEGIN - timedelta(minutes=30)) == 0
    assert minutes_late(BEGIN, BEGIN + timedelta(seconds=119)) == 1
    assert minutes_early(BEGIN, BEGIN - timedelta(minutes=5, seconds=59)) == 5
    assert minutes_early(BEGIN, BEGIN + timedelta(hours=1)) == 0
