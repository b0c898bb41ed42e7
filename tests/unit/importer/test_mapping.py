"""Columns to complaints."""

from typing import Any
from zoneinfo import ZoneInfo

import pytest

from jieban.errors import UserError
from jieban.importer.mapping import ColumnMapping, Unmappable


@pytest.fixture
def mapping() -> ColumnMapping:
    return ColumnMapping(ZoneInfo("Asia/Shanghai"))


def body(mapping: ColumnMapping, **values: Any) -> dict[str, Any]:
    return mapping.body(values)


def test_citizens_messages_need_no_mapping(mapping: ColumnMapping) -> None:
    row = {
        "id": "188006",
        "subject": "路灯不亮",
        "time": "2019/2/28 11:25:05",
        "text": "求修",
        "user": "A1",
        "against": 0,
    }
    assert mapping.body(row) == {
        "source": "hotline",
        "description": "路灯不亮\n求修",
        "location": {"address": "路灯不亮"},
        "occurred_at": "2019-02-28T11:25:05+08:00",
        "external_ref": "188006",
        "attributes": {"user": "A1", "against": 0},
    }


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2019-01-06 09:05:00", "2019-01-06T09:05:00+08:00"),
        ("2019/1/6 9:05", "2019-01-06T09:05:00+08:00"),
        ("2019-01-06T09:05:00Z", "2019-01-06T09:05:00+00:00"),
        ("2019/1/6", "2019-01-06T00:00:00+08:00"),
    ],
)
def test_times_without_offset_are_local(mapping: ColumnMapping, text: str, instant: str) -> None:
    assert body(mapping, text="x", time=text)["occurred_at"] == instant


@pytest.mark.parametrize("bad", [{"time": "yesterday"}, {"lon": "east"}])
def test_what_cannot_be_read_is_named(mapping: ColumnMapping, bad: dict[str, str]) -> None:
    with pytest.raises(Unmappable, match=r"yesterday|east"):
        body(mapping, text="x", **bad)


def test_own_columns_templates_and_constants(mapping: ColumnMapping) -> None:
    mapping.use("description", "{a}: {b}")
    mapping.use("location.lon", "x")
    mapping.fix("source", "grid_patrol")
    result = body(mapping, a="甲", b="乙", x="107.2", lat="26.5", id="1")
    assert result["description"] == "甲: 乙"
    assert result["location"] == {"lon": 107.2, "lat": 26.5}
    assert result["source"] == "grid_patrol"


def test_an_unknown_field_is_refused(mapping: ColumnMapping) -> None:
    with pytest.raises(UserError, match="no field colour"):
        mapping.use("colour", "x")


def test_rows_without_a_reference_get_a_stable_one() -> None:
    rows = [{"text": "a"}, {"text": "b"}, {"text": "a"}]
    first, again = ([ColumnMapping.body(m, row)["external_ref"] for row in rows] for m in (new(), new()))
    assert first == again
    assert len(set(first)) == 3


def new() -> ColumnMapping:
    return ColumnMapping(ZoneInfo("Asia/Shanghai"))
