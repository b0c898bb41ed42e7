"""The compiled rule set says what a slow and obvious reading of the rules says."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, cast

import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from dispatch_service.domain.attendance import metres_between
from dispatch_service.domain.limits import Grade
from dispatch_service.domain.routing import Decision, Team
from dispatch_service.domain.rule_matching import RuleSet
from dispatch_service.domain.rules import (
    AttributeTest,
    Circle,
    Facts,
    Interval,
    Rule,
    RuleName,
    Ruling,
    Scalar,
    Then,
    TimeWindow,
    When,
)
from dispatch_service.domain.working_time import SHANGHAI

MONDAY = date(2026, 11, 2)
SATURDAY = datetime(2026, 10, 31, tzinfo=UTC)
HOLIDAYS = {MONDAY + timedelta(days=2)}
TEAM = Team("team-of-grid", "网格队")


class SomeDays:
    """Monday to Friday are worked, but for Wednesday, which is a holiday."""

    def is_working(self, day: date) -> bool:
        return day.weekday() < 5 and day not in HOLIDAYS

    def is_holiday(self, day: date) -> bool:
        return day in HOLIDAYS


def a_rule(code: str, when: When | None = None, then: Then | None = None, *, enabled: bool = True) -> Rule:
    return Rule(code, RuleName("规则", "Rule"), when or When(), then or Then(team="lead"), enabled)


def facts(**given: Any) -> Facts:
    usual: dict[str, Any] = {
        "category": "street_order.parking",
        "source": "hotline",
        "proactive": False,
        "description": "Cars on the pavement",
        "point": (0.5, 0.5),
        "received_at": datetime(2026, 11, 2, 9, tzinfo=SHANGHAI),
    }
    return Facts(**{**usual, **given})


def a_place(grid: str | None = "g-1", community: str | None = "c-1") -> Decision:
    if grid is None:
        return Decision("duty_desk", TEAM)
    return Decision("grid", TEAM, grid, 1, community)


def judged(rules: Sequence[Rule], complaint: Facts, place: Decision | None = None) -> Ruling:
    (ruling,) = RuleSet(1, rules, SomeDays()).judge([complaint], [place or a_place()])
    return ruling


# The reference: one field after the other, as the documentation says it.


def obviously_fits(when: When, complaint: Facts, place: Decision) -> bool:
    category = complaint.category
    return all(
        [
            not when.categories
            or any(category == each or (category or "").startswith(f"{each}.") for each in when.categories),
            not when.sources or complaint.source in when.sources,
            when.proactive is None or when.proactive is complaint.proactive,
            not when.communities or place.community in when.communities,
            not when.grids or place.grid in when.grids,
            not (when.areas or when.circles) or obviously_inside(when, complaint),
            not when.times or any(obviously_open(window, complaint.received_at) for window in when.times),
            all(obviously_passes(test, complaint.attributes) for test in when.attributes),
            when.confidence is None or obviously_between(complaint.confidence, when.confidence),
            not when.words or any(word.lower() in complaint.description.lower() for word in when.words),
        ]
    )


def obviously_inside(when: When, complaint: Facts) -> bool:
    point = complaint.point
    if point is None:
        return False
    areas = [shapely.geometry.shape(area) for area in when.areas]
    return any(area.covers(shapely.Point(point)) for area in areas) or any(
        metres_between((circle.lon, circle.lat), point) <= circle.metres for circle in when.circles
    )


def obviously_open(window: TimeWindow, moment: datetime) -> bool:
    """Go back minute by minute to where the window has begun, if it has."""
    local = moment.astimezone(SHANGHAI).replace(second=0, microsecond=0)
    begun = local
    if window.begins is not None and window.ends is not None:
        while begun.time() != window.begins:
            begun -= timedelta(minutes=1)
        length = (window.ends.hour * 60 + window.ends.minute) - (window.begins.hour * 60 + window.begins.minute)
        if local >= begun + timedelta(minutes=length % (24 * 60)):
            return False
    day, days = begun.date(), SomeDays()
    kinds = {None: True, "working": days.is_working(day), "off": not days.is_working(day)}
    kinds["holiday"] = days.is_holiday(day)
    return (not window.weekdays or day.weekday() + 1 in window.weekdays) and kinds[window.days]


def obviously_passes(test: AttributeTest, attributes: Any) -> bool:
    if test.exists is False:
        return test.name not in attributes
    if test.name not in attributes:
        return False
    value = attributes[test.name]
    if test.among and (type(value), value) not in [(type(each), each) for each in test.among]:
        return False
    if test.at_least is not None or test.at_most is not None:
        return obviously_between(value, Interval(test.at_least, test.at_most))
    return True


def obviously_between(value: object, interval: Interval) -> bool:
    if type(value) is not float:
        return False
    return (interval.at_least is None or value >= interval.at_least) and (
        interval.at_most is None or value <= interval.at_most
    )


def obviously_applied(rules: Sequence[Rule], complaint: Facts, place: Decision) -> list[str]:
    applied = []
    for rule in rules:
        if rule.enabled and obviously_fits(rule.when, complaint, place):
            applied.append(rule.code)
            if rule.then.stop:
                break
    return applied


def few(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """None, mostly: a rule that asks for all at once never fits."""
    return st.one_of(st.just(()), st.just(()), st.lists(strategy, min_size=1, max_size=2, unique_by=repr).map(tuple))


clocks = st.builds(time, st.integers(0, 23), st.sampled_from([0, 30]))
numbers = st.integers(0, 3).map(float)
scalars: st.SearchStrategy[Scalar] = st.one_of(st.booleans(), numbers, st.sampled_from(["0", "1", "red"]))
corners = st.integers(-2, 2).map(float)
windows = st.builds(
    lambda weekdays, days, hours: TimeWindow(weekdays, days, *hours),
    few(st.integers(1, 7)),
    st.sampled_from([None, None, "working", "off", "holiday"]),
    st.one_of(st.just((None, None)), st.tuples(clocks, clocks).filter(lambda pair: pair[0] != pair[1])),
)
whens = st.builds(
    When,
    categories=few(st.sampled_from(["a", "a.b", "a.b.c", "b", "ab"])),
    sources=few(st.sampled_from(["hotline", "media"])),
    proactive=st.sampled_from([None, None, None, True, False]),
    communities=few(st.sampled_from(["c-1", "c-2"])),
    grids=few(st.sampled_from(["g-1", "g-2"])),
    areas=few(
        st.tuples(corners, corners).map(lambda at: shapely.geometry.mapping(shapely.box(*at, at[0] + 2, at[1] + 2)))
    ),
    circles=few(st.builds(Circle, corners, corners, st.sampled_from([1.0, 60_000.0, 157_000.0]))),
    times=few(windows),
    attributes=few(
        st.builds(
            AttributeTest,
            st.sampled_from(["x", "y"]),
            st.sampled_from([None, True, False]),
            few(scalars),
            st.one_of(st.none(), numbers),
            st.one_of(st.none(), numbers),
        )
    ),
    confidence=st.one_of(st.none(), st.none(), st.builds(Interval, st.just(0.5), st.sampled_from([None, 0.8]))),
    words=few(st.sampled_from(["GAS", "gas leak", "燃气"])),
)
rule_lists = st.lists(st.tuples(whens, st.booleans(), st.sampled_from([True, True, True, False])), max_size=12).map(
    lambda made: [a_rule(f"r{i}", when, Then(stop=s), enabled=e) for i, (when, s, e) in enumerate(made)]
)
complaints = st.builds(
    Facts,
    category=st.sampled_from([None, "a", "a.b", "a.b.c", "a.bc", "b.c", "abc"]),
    source=st.sampled_from(["hotline", "media", "video_sensor"]),
    proactive=st.booleans(),
    description=st.sampled_from(["A gas leak", "smells of GAS", "闻到燃气味", "nothing"]),
    point=st.one_of(st.none(), st.tuples(corners, corners), st.tuples(st.floats(-3, 3), st.floats(-3, 3))),
    received_at=st.integers(0, 9 * 24 * 60).map(lambda minutes: SATURDAY + timedelta(minutes=minutes)),
    attributes=st.dictionaries(st.sampled_from(["x", "y", "z"]), scalars),
    confidence=st.one_of(st.none(), st.sampled_from([0.3, 0.5, 0.7, 0.9])),
)
places = st.sampled_from([a_place(), a_place("g-2", "c-1"), a_place("g-3", "c-2"), a_place(None)])


@settings(max_examples=200)
@given(rule_lists, st.lists(st.tuples(complaints, places), min_size=1, max_size=8))
def test_many_complaints_at_once_are_judged_as_each_alone_by_plain_reading(
    rules: list[Rule], cases: list[tuple[Facts, Decision]]
) -> None:
    compiled = RuleSet(1, rules, SomeDays())

    rulings = compiled.judge([each for each, _ in cases], [place for _, place in cases])

    assert [list(ruling.applied) for ruling in rulings] == [
        obviously_applied(rules, complaint, place) for complaint, place in cases
    ]
    assert compiled.faults == {}


def test_the_first_rule_that_fits_ends_the_search() -> None:
    rules = [
        a_rule("off", enabled=False),
        a_rule("elsewhere", When(sources=("media",))),
        a_rule("ours", When(categories=("street_order",)), Then(team="cars", grade=Grade.URGENT, skill="towing")),
        a_rule("rest", then=Then(team="others")),
    ]

    assert judged(rules, facts()) == Ruling(("ours",), "ours", "cars", grade=Grade.URGENT, skill="towing")
    assert judged(rules, facts(category="noise")).team == "others"


def test_rules_that_go_on_add_up_and_the_first_word_stands() -> None:
    rules = [
        a_rule("urgent", then=Then(grade=Grade.URGENT, supporting=("a", "b"), stop=False)),
        a_rule("lead", then=Then(team="lead", supporting=("b", "c"), grid_supports=True, stop=False)),
        a_rule("too late", then=Then(team="other", grade=Grade.EMERGENCY, skill="electric", stop=False)),
    ]

    ruling = judged(rules, facts())

    assert ruling == Ruling(
        ("urgent", "lead", "too late"),
        "lead",
        "lead",
        {"a": "urgent", "b": "urgent", "c": "lead"},
        "lead",
        Grade.URGENT,
        "electric",
    )
    assert list(ruling.supporting) == ["a", "b", "c"]


def test_a_rule_that_ends_the_search_without_a_team_leaves_it_to_the_grid() -> None:
    ruling = judged([a_rule("stay", then=Then()), a_rule("desk", then=Then(team="duty-desk"))], facts())

    assert (ruling.decided_by, ruling.team) == ("stay", None)


class Broken(str):
    """A value that nothing can be compared with."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        raise RuntimeError("cannot be compared")

    __hash__ = str.__hash__


def test_a_rule_that_raises_is_switched_off_and_the_others_go_on() -> None:
    asking = a_rule("asking", When(attributes=(AttributeTest("x", among=("y",)),)))
    rules = RuleSet(1, [asking, a_rule("rest", then=Then(team="others"))], SomeDays())
    odd, plain = facts(attributes={"x": Broken("x")}), facts(attributes={"x": "y"})

    (first,) = rules.judge([odd], [a_place()])
    (second,) = rules.judge([plain], [a_place()])

    assert (first.team, second.team) == ("others", "others")
    assert rules.faults == {"asking": "raised: RuntimeError"}


@pytest.mark.parametrize("area", [{"type": "Polygon", "coordinates": []}, {"type": "Point", "coordinates": [0, 0]}, {}])
def test_a_rule_with_an_area_that_is_none_is_switched_off(area: dict[str, object]) -> None:
    rules = RuleSet(1, [a_rule("nowhere", When(areas=(cast(Any, area),)))], SomeDays())

    assert rules.judge([facts()], [a_place()]) == [Ruling()]
    assert rules.faults == {"nowhere": "area-invalid"}


def test_rules_that_were_switched_off_before_stay_off() -> None:
    rules = RuleSet(1, [a_rule("one"), a_rule("two", then=Then(team="others"))], SomeDays(), off={"one"})

    assert [ruling.team for ruling in rules.judge([facts()], [a_place()])] == ["others"]
