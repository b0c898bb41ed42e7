"""What the limit of a duty item means: the time to resolve of its category, where no category says one."""

from typing import Any

import pytest

from intake_service.domain.configuration.checks import flaws_of
from intake_service.domain.configuration.duty_limits import limits_of_items
from intake_service.domain.configuration.items import Configuration, Limit
from intake_service.domain.configuration.reference import Reference
from intake_service.domain.configuration.shipped import shipped
from intake_service.service.telling import entries_of

HOURS, DAYS = {"amount": 8, "unit": "working_hours"}, {"amount": 2, "unit": "days"}


def configured(*items: dict[str, Any]) -> Configuration:
    named = {"zh": "名", "en": "Name"}
    return Configuration.model_validate(
        {
            "categories": [
                {"code": "street", **named, "limits": {"resolve": HOURS}},
                {"code": "street.stalls", **named},
                {"code": "civility", **named},
                {"code": "civility.dogs", **named},
            ],
            "duty_items": [
                {"code": f"item_{place}", **named, "list": "management", **item} for place, item in enumerate(items)
            ],
            "sources": [{"code": "hotline", **named, "proactive": False, "roles": ["operator"]}],
        }
    )


def test_it_counts_where_no_category_of_the_line_says_one() -> None:
    given = configured({"category": "civility", "limit": DAYS}, {"category": "street.stalls", "limit": HOURS})
    assert limits_of_items(given) == {"civility": Limit.model_validate(DAYS)}
    known = Reference(2, given).categories
    assert known["civility.dogs"].limits.resolve == Limit.model_validate(DAYS), "as one level up"
    assert known["street.stalls"].limits.resolve == Limit.model_validate(HOURS)
    assert not list(flaws_of(given))
    told = {
        code: getattr(entry, "resolve", None)
        for (kind, code), entry in entries_of(given, 2).items()
        if kind == "category"
    }
    assert [code for code, limit in told.items() if limit is not None] == ["street", "civility"]


@pytest.mark.parametrize(
    ("items", "code"),
    [
        ([{"category": "street.stalls", "limit": DAYS}], "duty-limit-differs"),
        ([{"category": "civility", "limit": HOURS}, {"category": "civility", "limit": DAYS}], "duty-limit-differs"),
        ([{"limit": DAYS}], "duty-limit-of-nothing"),
    ],
)
def test_one_that_could_not_count_is_a_flaw(items: list[dict[str, Any]], code: str) -> None:
    [flaw] = flaws_of(configured(*items))
    assert (flaw.pointer, flaw.code) == (f"/duty_items/{len(items) - 1}/limit", code)


def test_what_is_shipped_has_the_limits_of_its_categories() -> None:
    assert limits_of_items(shipped().configuration) == {}
