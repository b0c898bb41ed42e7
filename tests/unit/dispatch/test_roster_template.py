"""Templates of rosters on the calendar of 2026: the National Day, with its make-up workdays."""

from datetime import date, timedelta

import pytest

from dispatch_service.domain.calendars import Calendar
from dispatch_service.domain.roster import Place
from dispatch_service.domain.roster_template import (
    CountyDays,
    OnHoliday,
    OnMakeUpWorkday,
    Template,
    expand,
    expand_week,
)
from dispatch_service.service import holidays

THURSDAY, TUESDAY, COMMON = date(2026, 10, 1), date(2026, 10, 6), date(2026, 9, 22)
"""Two days off of the National Day, and a Tuesday."""
MONDAY = date(2026, 3, 2)
MADE_UP, MADE_UP_TOO = date(2026, 9, 20), date(2026, 10, 10)
"""A Sunday for the Tuesday, a Saturday for the Wednesday after it."""
WEEK = {weekday: [Place("morning", f"officer-{weekday}")] for weekday in range(1, 8)}
COUNTY = CountyDays(Calendar(holidays.official, name_of=holidays.name_of, replaced=holidays.replaced))


def worked(template: Template, day: date, county: CountyDays = COUNTY) -> tuple[int | None, str | None]:
    [found] = expand(template, day, day, county)
    assert [place.subject for place in found.places] == ([f"officer-{found.worked_as}"] if found.worked_as else [])
    is_usual = found.worked_as == day.isoweekday()
    assert [place.subject for place in found.left_out] == ([] if is_usual else [f"officer-{day.isoweekday()}"])
    return found.worked_as, found.why


@pytest.mark.parametrize(("way", "as_weekday"), [("skip", None), ("as_sunday", 7), ("as_usual", 4)])
def test_a_holiday_does_what_the_template_says(way: str, as_weekday: int | None) -> None:
    template = Template(weeks=[WEEK], turns_from=COMMON, holiday=OnHoliday(way))

    assert worked(template, THURSDAY) == (as_weekday, "holiday")
    assert worked(template, COMMON) == (2, None)
    assert worked(template, date(2026, 9, 19)) == (6, None)  # a common Saturday is no holiday


@pytest.mark.parametrize(("way", "first", "second"), [("as_replaced", 2, 3), ("as_monday", 1, 1), ("as_usual", 7, 6)])
def test_a_make_up_workday_does_what_the_template_says(way: str, first: int, second: int) -> None:
    template = Template(weeks=[WEEK], turns_from=COMMON, make_up_workday=OnMakeUpWorkday(way))

    assert worked(template, MADE_UP) == (first, "make_up_workday")
    assert worked(template, MADE_UP_TOO) == (second, "make_up_workday")


def test_the_tenant_has_its_own_days_and_the_planner_the_last_word() -> None:
    own = Calendar(
        holidays.official,
        {COMMON: False, THURSDAY: True, date(2026, 9, 26): True},
        name_of=holidays.name_of,
        replaced=holidays.replaced,
    )
    template = Template(weeks=[WEEK], turns_from=COMMON)
    said = CountyDays(own, frozenset({MADE_UP}), {TUESDAY: 5})

    assert worked(template, COMMON, said) == (None, "holiday")
    assert worked(template, THURSDAY, said) == (4, None)
    assert worked(template, date(2026, 9, 26), said) == (1, "make_up_workday")  # nobody knows for which day
    assert worked(template, MADE_UP, said) == (None, "day_off")
    assert worked(template, TUESDAY, said) == (5, "as_weekday")


def test_weeks_are_worked_in_turn_from_the_one_that_is_named() -> None:
    weeks = [{1: [Place("morning", name)]} for name in "abc"]
    template = Template(weeks=weeks, turns_from=date(2026, 3, 5))
    monday = date(2026, 3, 2)

    days = expand(template, monday - timedelta(days=7), monday + timedelta(days=21), COUNTY)

    assert [place.subject for each in days for place in each.places] == ["c", "a", "b", "c", "a"]


def test_a_week_repeats_but_on_days_off_and_with_days_worked_as_others() -> None:
    early, late = Place("morning", "a"), Place("evening", "b", "post-1")
    saturday, tuesday = MONDAY + timedelta(days=5), MONDAY + timedelta(days=1)
    week, last = {1: [early], 2: [early, late]}, MONDAY + timedelta(days=8)

    days = list(expand_week(week, MONDAY, last, days_off=frozenset({tuesday}), as_weekday={saturday: 2}))

    assert days == [
        (MONDAY, early),
        (saturday, early),
        (saturday, late),
        (MONDAY + timedelta(days=7), early),
        (MONDAY + timedelta(days=8), early),
        (MONDAY + timedelta(days=8), late),
    ]
