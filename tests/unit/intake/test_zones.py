"""Zones 管控区域 and hours 限报 of triage rules."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from intake_service.domain.triage_judging import Judge, Suspect
from intake_service.domain.triage_rules import TriageRules

SHANGHAI = ZoneInfo("Asia/Shanghai")
SQUARE = [[107.0, 26.0], [107.2, 26.0], [107.2, 26.2], [107.0, 26.2], [107.0, 26.0]]
HOLE = [[107.05, 26.05], [107.1, 26.05], [107.1, 26.1], [107.05, 26.1], [107.05, 26.05]]
RULE = {"code": "works", "zh": "施工管控区", "en": "Works", "reason": "out_of_scope", "kind": "zone"}
SATURDAY = datetime(2026, 11, 28, 12, tzinfo=SHANGHAI)


NO_DAY = {"begins": "09:00", "ends": "10:00", "weekdays": [0]}


def polygon(*rings: list[list[float]]) -> dict[str, Any]:
    return {"type": "Polygon", "coordinates": [*rings]}


def suspects(
    rule: dict[str, Any],
    *,
    at: datetime = SATURDAY,
    category: str | None = None,
    point: tuple[float, float] | None = (107.15, 26.15),
) -> bool:
    rules = TriageRules.model_validate_json(TriageRules.model_validate({"rules": [{**RULE, **rule}]}).model_dump_json())
    return bool(Judge(1, rules, SHANGHAI).suspicions(Suspect("路灯坏了", None, {}, at, category, point)))


@pytest.mark.parametrize(
    ("point", "found"),
    [((107.15, 26.15), True), ((107.2, 26.2), True), ((107.3, 26.1), False), ((107.07, 26.07), False), (None, False)],
)
def test_a_place_lies_in_the_zone_its_border_included_and_not_in_a_hole(
    point: tuple[float, float] | None, found: bool
) -> None:
    assert suspects({"area": polygon(SQUARE, HOLE)}, point=point) is found


@pytest.mark.parametrize(
    ("category", "found"),
    [
        ("street_order", True),
        ("street_order.parking", True),
        ("street_orders", False),
        ("noise_and_fumes.noise", False),
        (None, False),
    ],
)
def test_of_the_categories_with_those_below_them(category: str | None, found: bool) -> None:
    assert suspects({"area": polygon(SQUARE), "categories": ["street_order"]}, category=category) is found


@pytest.mark.parametrize(
    ("hours", "clock", "found"),
    [
        ({"begins": "09:00", "ends": "12:00"}, (28, 9, 0), True),
        ({"begins": "09:00", "ends": "12:00"}, (28, 12, 0), False),
        ({"begins": "18:00", "ends": "00:00"}, (28, 23, 59), True),
        ({"begins": "00:00", "ends": "00:00"}, (28, 3, 0), True),
        ({"begins": "22:00", "ends": "06:00", "weekdays": [6]}, (28, 22, 0), True),
        ({"begins": "22:00", "ends": "06:00", "weekdays": [6]}, (29, 5, 59), True),
        ({"begins": "22:00", "ends": "06:00", "weekdays": [6]}, (28, 5, 59), False),
        ({"begins": "22:00", "ends": "06:00", "weekdays": [6]}, (29, 6, 0), False),
    ],
)
def test_at_the_hours_of_the_countys_clock(hours: dict[str, Any], clock: tuple[int, int, int], found: bool) -> None:
    day, hour, minute = clock
    at = datetime(2026, 11, day, hour, minute, tzinfo=SHANGHAI).astimezone(ZoneInfo("UTC"))

    assert suspects({"area": polygon(SQUARE), "hours": hours}, at=at) is found


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        ({"area": polygon([[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]])}, "zone-invalid"),
        ({"area": polygon(SQUARE[:-1])}, "zone-not-closed"),
        ({"area": polygon(SQUARE), "hours": {"begins": "09:00", "ends": "09:00"}}, "zone-hours-empty"),
        (
            {"area": polygon(SQUARE), "hours": NO_DAY},
            "greater_than_equal",
        ),
        ({"area": polygon(SQUARE), "hours": {"begins": "22:00Z", "ends": "06:00Z"}}, "clock_invalid"),
        ({"area": polygon(SQUARE), "hours": {"begins": "22:00+08:00", "ends": "06:00"}}, "clock_invalid"),
        ({"area": polygon([[200, 0], [201, 0], [201, 1], [200, 0]])}, "less_than_equal"),
        ({"area": {"type": "Point", "coordinates": [107, 26]}}, "literal_error"),
        ({}, "missing"),
    ],
)
def test_what_is_no_zone_is_refused(rule: dict[str, Any], code: str) -> None:
    with pytest.raises(ValidationError) as refused:
        TriageRules.model_validate({"rules": [{**RULE, **rule}]})

    assert code in {each["type"] for each in refused.value.errors()}
