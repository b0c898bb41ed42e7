"""When places are open, by weekly hours and the county's calendar."""

from datetime import date, datetime

import pytest

from dispatch_service.domain.calendars import Calendar
from dispatch_service.domain.opening_hours import OpeningHours, OpeningHoursInvalid
from dispatch_service.service import holidays

CALENDAR = Calendar(holidays.official, name_of=holidays.name_of)


def is_open(text: str, moment: str, calendar: Calendar = CALENDAR) -> bool:
    return OpeningHours.parse(text).is_open(datetime.fromisoformat(moment), calendar)


@pytest.mark.parametrize(
    ("text", "opens", "closed"),
    [
        ("Mo-Fr 08:00-12:00,14:00-18:00", "2026-03-02T08:00", "2026-03-02T12:00"),
        ("Mo-Fr 08:00-12:00,14:00-18:00", "2026-03-06T17:59", "2026-03-07T09:00"),
        ("Fr-Mo 09:00-17:00", "2026-03-08T09:00", "2026-03-10T09:00"),
        ("Mo,We 09:00-17:00", "2026-03-04T09:00", "2026-03-03T09:00"),
        ("08:00-20:00; Su off", "2026-03-07T09:00", "2026-03-08T09:00"),
        ("Fr 18:00-02:00", "2026-03-07T01:59", "2026-03-07T02:00"),
        ("Su 18:00-02:00", "2026-03-09T01:00", "2026-03-08T01:00"),
        ("09:00-24:00", "2026-03-02T23:59", "2026-03-02T00:00"),
    ],
)
def test_a_place_is_open_within_its_hours_and_an_end_that_is_not_later_is_on_the_next_day(
    text: str, opens: str, closed: str
) -> None:
    assert (is_open(text, opens), is_open(text, closed)) == (True, False)


def test_around_the_clock_is_always_open() -> None:
    assert all(is_open("24/7", f"2026-10-0{day}T0{hour}:00") for day in range(1, 9) for hour in range(9))


def test_a_holiday_has_hours_of_its_own_where_it_is_named_and_else_those_of_its_weekday() -> None:
    thursday = "2026-10-01T{}:00"  # National Day
    for text, at_ten, at_three in (
        ("Mo-Su 08:00-18:00", True, True),
        ("Mo-Su 08:00-18:00; PH off", False, False),
        ("Mo-Su 08:00-18:00; PH 09:00-12:00", True, False),
    ):
        assert (is_open(text, thursday.format("10")), is_open(text, thursday.format("15"))) == (at_ten, at_three)
    own = Calendar(holidays.official, {date(2026, 3, 3): False}, name_of=holidays.name_of)
    assert not is_open("Mo-Su 08:00-18:00; PH off", "2026-03-03T10:00", own)


def test_a_make_up_workday_has_the_hours_of_the_weekday_that_it_stands_for_or_of_a_monday() -> None:
    calendar = Calendar(lambda _: True, replaced={date(2026, 10, 10): 3}.get)
    for day, open_on in (("10", "We"), ("11", "Mo")):
        saturday_or_sunday = f"2026-10-{day}T10:00"
        assert is_open(f"{open_on} 08:00-18:00", saturday_or_sunday, calendar)
        assert not is_open(f"08:00-18:00; {open_on} off", saturday_or_sunday, calendar)
    assert is_open("Mo-Fr 08:00-18:00; PH off", "2026-10-10T10:00")


def test_the_night_before_a_holiday_goes_on_into_it() -> None:
    text = "Mo-Su 18:00-02:00; PH off"
    assert is_open(text, "2026-10-01T01:00")
    assert not is_open(text, "2026-10-01T19:00")


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("  mo-fr  08:00-12:00, 14:00-18:00 ;ph OFF; ", "Mo-Fr 08:00-12:00,14:00-18:00; PH off"),
        ("Mo－Fr 08：00-12：00，14:00-18:00；PH off", "Mo-Fr 08:00-12:00,14:00-18:00; PH off"),
        ("24/7", "24/7"),
    ],
)
def test_hours_are_kept_in_one_way_of_writing(given: str, kept: str) -> None:
    assert OpeningHours.parse(given).text == kept == OpeningHours.parse(kept).text


@pytest.mark.parametrize(
    "text",
    [
        "",
        ";",
        "Mo",
        "Xx 08:00-09:00",
        "Mo-PH 08:00-09:00",
        "PH-Mo 08:00-09:00",
        "Mo 8-9",
        "Mo 24:00-25:00",
        "Mo 08:60-09:00",
        "Mo 08:00-24:01",
        "Mo 08:00",
        "Mo off 08:00-09:00",
        "Mo-We-Fr 08:00-09:00",
    ],
)
def test_other_texts_are_none(text: str) -> None:
    with pytest.raises(OpeningHoursInvalid):
        OpeningHours.parse(text)
