"""Days of a plan, against a slow reference that looks at every day."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch_service.domain.recurrence import Recurrence

START = date(2026, 1, 1)
DAYS = st.integers(-40, 120).map(lambda offset: START + timedelta(days=offset))
RULES: st.SearchStrategy[dict[str, Any]] = st.one_of(
    st.just({}),
    st.builds(lambda found: {"weekdays": found}, st.frozensets(st.integers(1, 7), min_size=1)),
    st.builds(lambda found: {"every_days": found}, st.integers(1, 40)),
    st.builds(lambda found: {"dates": found}, st.frozensets(DAYS, min_size=1, max_size=10)),
)


def is_working(day: date) -> bool:
    """Three days worked, two not: no rule of a week."""
    return day.toordinal() % 5 < 3


def wants(rule: Recurrence, day: date) -> bool:
    """The reference: what the words say of one day."""
    if day < rule.first or (rule.last is not None and day > rule.last):
        return False
    if rule.working_days_only and not is_working(day):
        return False
    if rule.dates:
        return day in rule.dates
    if rule.weekdays:
        return day.isoweekday() in rule.weekdays
    return (day - rule.first).days % rule.every_days == 0


@given(RULES, DAYS, st.none() | DAYS, st.booleans(), DAYS, DAYS)
def test_days_are_those_that_the_reference_finds_one_by_one(
    rules: dict[str, Any], first: date, last: date | None, working: bool, begin: date, end: date
) -> None:
    rule = Recurrence(first=first, last=last, working_days_only=working, **rules)
    every = [begin + timedelta(days=offset) for offset in range(max((end - begin).days + 1, 0))]

    assert list(rule.days(begin, end, is_working)) == [day for day in every if wants(rule, day)]


@given(RULES, DAYS, st.none() | DAYS, st.booleans(), DAYS)
def test_the_next_day_is_the_first_that_the_reference_finds(
    rules: dict[str, Any], first: date, last: date | None, working: bool, begin: date
) -> None:
    rule = Recurrence(first=first, last=last, working_days_only=working, **rules)
    every = (begin + timedelta(days=offset) for offset in range(600))

    assert rule.next_day(begin, is_working) == next((day for day in every if wants(rule, day)), None)


@pytest.mark.parametrize("rules", [{}, {"weekdays": frozenset({1})}, {"every_days": 366}])
def test_a_rule_that_only_names_days_off_never_happens(rules: dict[str, Any]) -> None:
    rule = Recurrence(first=START, working_days_only=True, **rules)

    assert rule.next_day(START, lambda _: False) is None


def test_the_ends_of_time_are_no_ends_of_the_program() -> None:
    assert Recurrence(first=date.min).next_day(date.max, is_working) == date.max
    assert Recurrence(first=date.max).next_day(date.min, is_working) == date.max
    assert list(Recurrence(first=date.min, every_days=7).days(date.max, date.max, is_working)) in ([], [date.max])
