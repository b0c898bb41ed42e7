"""The course of a day, and that places which count at other times are put together rightly."""

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from dispatch_service.api.coverage_schemas import Course
from dispatch_service.domain.calendars import Calendar
from dispatch_service.domain.coverage import Ground, Walk
from dispatch_service.domain.coverage_day import course, hours_of, shifts_of
from dispatch_service.domain.opening_hours import opening_hours
from dispatch_service.domain.roster import Hours
from dispatch_service.domain.routing import Point
from dispatch_service.domain.spots import Setting, Spot

SHANGHAI, BERLIN = ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/Berlin")
DAY = date(2031, 10, 6)
CALENDAR = Calendar(lambda _: None)
HOURS = st.sampled_from(["24/7", "08:00-12:00", "22:00-03:00", "Mo off", "06:00-18:00"])
PLACES = st.tuples(st.floats(107.2, 107.3), st.floats(26.5, 26.6))
GROUND = Ground(
    [("west", shapely.box(107.2, 26.5, 107.25, 26.6)), ("east", shapely.box(107.25, 26.5, 107.3, 26.6))],
    [("west", (107.21, 26.55)), ("east", (107.26, 26.55)), (None, (107.25, 26.58)), ("gone", (107.4, 26.55))],
)
WALK = Walk(15, 4.5, 1.3)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(PLACES, HOURS), max_size=8), st.lists(PLACES, max_size=2))
def test_each_hour_is_what_the_places_that_count_cover_together(
    places: list[tuple[Point, str]], added: list[Point]
) -> None:
    spots = [Spot(str(number), "kiosk", at, opening_hours(text)) for number, (at, text) in enumerate(places)]
    setting = Setting(spots, added, CALENDAR, on_duty=True)

    for stretch, count, coverage in course(GROUND, setting, WALK, list(hours_of(DAY, SHANGHAI))):
        counting = setting.counting(stretch.middle)
        alone = GROUND.cover([GROUND.reach(counting, WALK)])
        assert count == len(counting)
        assert coverage.whole.cases_covered == alone.whole.cases_covered
        assert abs(coverage.whole.square_metres_covered - alone.whole.square_metres_covered) < 1


def test_a_day_has_as_many_hours_as_its_clock_says() -> None:
    assert [len(list(hours_of(day, BERLIN))) for day in (date(2026, 3, 29), DAY, date(2026, 10, 25))] == [23, 24, 25]


def test_a_shift_that_ends_on_the_next_day_has_its_middle_in_the_night() -> None:
    [night] = shifts_of(DAY, SHANGHAI, {"night": Hours(time(22), time(6))})
    assert (night.shift, night.middle) == ("night", datetime(2031, 10, 7, 2, tzinfo=SHANGHAI))


def test_the_answer_of_a_county_of_a_thousand_grids_stays_within_a_megabyte() -> None:
    boxes = [(f"community-{x:02}{y:02}", 107 + x / 100, 26 + y / 100) for x in range(40) for y in range(25)]
    ground = Ground([(code, shapely.box(lon, lat, lon + 0.01, lat + 0.01)) for code, lon, lat in boxes])
    hours = ("24/7", "08:00-12:00", "08:00-18:00", "22:00-03:00")
    spots = [
        Spot(code, "kiosk", (lon, lat), opening_hours(hours[place % 4])) for place, (code, lon, lat) in enumerate(boxes)
    ]

    shown = Course.of(course(ground, Setting(spots, [], CALENDAR, on_duty=True), WALK, list(hours_of(DAY, SHANGHAI))))

    assert (len(shown.slices), len(shown.communities)) == (24, 1000)
    assert len(shown.model_dump_json()) < 1_000_000
