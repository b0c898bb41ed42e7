"""The rules a report must keep."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from intake_service.domain.complaint import QUERY_CODE_LENGTH, Location, Reporter, new_query_code
from intake_service.domain.configuration.shipped import shipped
from intake_service.domain.origin import Device, Origin
from intake_service.domain.report import Report, flaws
from intake_service.domain.source_rules import DETAILS

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
REPORT = Report(
    "resident_app", "street_order.parking", "车停在盲道上", Location(107.2, 26.5), Reporter(), None, None, {}
)
CITIZEN = frozenset({"citizen"})
OPERATOR = frozenset({"operator"})


def found(report: Report, roles: frozenset[str] = CITIZEN) -> list[tuple[str, str]]:
    return [(flaw.pointer, flaw.code) for flaw in flaws(report, roles, NOW, shipped())]


def test_a_good_report_has_no_flaw() -> None:
    assert found(REPORT) == []


@pytest.mark.parametrize(
    ("change", "flaw"),
    [
        ({"source": "telepathy"}, ("/source", "unknown-source")),
        ({"source": "hotline"}, ("/source", "source-not-yours")),
        ({"category": "street_order.ufo"}, ("/category", "unknown-category")),
        ({"occurred_at": NOW + timedelta(minutes=6)}, ("/occurred_at", "in-the-future")),
        ({"external_ref": "A-1"}, ("/external_ref", "external-ref-not-yours")),
    ],
)
def test_each_broken_rule_is_named(change: dict[str, Any], flaw: tuple[str, str]) -> None:
    assert found(replace(REPORT, **change)) == [flaw]


def test_all_flaws_are_told_at_once() -> None:
    assert len(found(replace(REPORT, source="x", category="y", external_ref="z"))) == 3


def test_a_clock_that_is_a_little_fast_is_forgiven() -> None:
    assert found(replace(REPORT, occurred_at=NOW + timedelta(minutes=4))) == []


def test_an_operator_may_name_every_source() -> None:
    assert len(shipped().sources) == 9
    for code, source in shipped().sources.items():
        demanded = Origin(device=Device("camera-7")) if "device" in source.demands else Origin()
        assert not found(replace(REPORT, source=code, origin=demanded), OPERATOR), code


def test_what_sources_take_and_demand_is_known() -> None:
    for source in shipped().sources.values():
        assert source.demands <= source.takes <= DETAILS, source.code


def test_the_first_three_sources_are_on_complaint_and_the_others_proactive() -> None:
    assert [source.proactive for source in shipped().sources.values()] == [False] * 3 + [True] * 6


def test_every_category_has_its_parent() -> None:
    categories = shipped().categories
    assert all(category.parent is None or category.parent in categories for category in categories.values())


def test_query_codes_are_long_and_never_the_same() -> None:
    codes = {new_query_code() for _ in range(1000)}
    assert len(codes) == 1000
    assert {len(code) for code in codes} == {QUERY_CODE_LENGTH}
