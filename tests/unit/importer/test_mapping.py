"""Columns to complaints."""

import json
import tracemalloc
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from operations.importing.document import Document, load, parsed
from operations.importing.errors import ImportRefused
from operations.importing.mapping import ColumnMapping, Skipped, Unmappable


def made(name: str = "usual", **changes: Any) -> ColumnMapping:
    """A shipped mapping, changed as a file that extends it does."""
    return ColumnMapping(Document.model_validate(changes).over(load(name)), ZoneInfo("Asia/Shanghai"))


@pytest.fixture
def mapping() -> ColumnMapping:
    return made()


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
    ("name", "phone", "email"),
    [("姓名", "联系电话", "电子邮箱"), ("来电人", "手机号", "邮箱"), ("reporter_name", "mobile", "reporter_email")],
)
def test_who_reports_becomes_no_attribute(mapping: ColumnMapping, name: str, phone: str, email: str) -> None:
    row = {
        "描述": "路灯不亮",
        "地址": "三号路",
        name: "王某",
        phone: 13800000000,
        email: "w@example.org",
        "渠道": "来电",
    }
    made_of_it = mapping.body(row)
    assert made_of_it["reporter"] == {"name": "王某", "phone": "13800000000", "email": "w@example.org"}
    assert made_of_it["attributes"] == {"渠道": "来电"}
    assert "reporter" not in mapping.body({"描述": "路灯不亮", "地址": "三号路", name: " ", phone: ""})


def test_of_two_phones_the_one_that_is_not_kept_becomes_no_attribute(mapping: ColumnMapping) -> None:
    result = body(mapping, text="x", 联系电话="13800000000", 手机="13900000000", 联系人="王某", 投诉人="李某")
    assert result["reporter"] == {"name": "李某", "phone": "13800000000"}
    assert "attributes" not in result


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


def test_all_flaws_of_a_row_are_told_with_what_would_be_right(mapping: ColumnMapping) -> None:
    with pytest.raises(Unmappable) as caught:
        body(mapping, text="x", time="昨天", lon="east", lat="26.5")
    told = [(flaw.column, flaw.field, flaw.expected) for flaw in caught.value.flaws]
    assert [each[:2] for each in told] == [("lon", "location.lon"), ("time", "occurred_at")]
    assert all(each[2].zh and each[2].en for each in told)


def test_what_is_wrong_with_a_row_is_told_in_both_languages() -> None:
    mapping = made(map={"category": "类"}, tables={"category": {"路灯": "facilities.lamps"}}, times=["%d.%m.%Y"])
    with pytest.raises(Unmappable) as caught:
        body(mapping, text="x", lon="东", lat="26.5", time="昨天", 类="水电")
    assert [(flaw.field, flaw.problem.zh, flaw.expected.zh) for flaw in caught.value.flaws] == [
        ("category", "“水电”不在映射的 category 对照表中", "以下之一：路灯"),
        ("location.lon", "“东”不是数字", "经度，-180 至 180，并有纬度"),
        ("occurred_at", "“昨天”不是时间", "早于现在的时间，如 2024-02-28 11:25:05，或 %d.%m.%Y"),
    ]
    assert [(flaw.problem.en, flaw.expected.en) for flaw in caught.value.flaws] == [
        ("'水电' is not in the mapping's table of category", "one of 路灯"),
        ("'东' is not a number", "degrees from -180 to 180, with a latitude"),
        ("'昨天' is not a time", "a time in the past such as 2024-02-28 11:25:05 or %d.%m.%Y"),
    ]
    with pytest.raises(Skipped) as skipped:
        body(made(skip={"状态": {"已办结": "已有结果"}}), text="x", 状态="已办结")
    assert list(skipped.value.flaw.told("zh-CN").values()) == ["状态", None, "未导入：已有结果", "未办结的诉求"]
    assert list(skipped.value.flaw.told("en").values()) == [
        "状态", None, "not imported: 已有结果", "an open complaint",
    ]  # fmt: skip


def test_own_columns_templates_and_constants() -> None:
    mapping = made(map={"description": "{a}: {b}", "location.lon": "x"}, set={"source": "grid_patrol"})
    result = body(mapping, a="甲", b="乙", x="107.2", lat="26.5", id="1")
    assert result["description"] == "甲: 乙"
    assert result["location"] == {"lon": 107.2, "lat": 26.5}
    assert result["source"] == "grid_patrol"


@pytest.mark.parametrize("blank", ["", "  ", "\u3000\u200b"])
def test_a_blank_cell_holds_nothing(blank: str) -> None:
    mapping = made(map={"location.address": ["地点", "路段"]}, set={"category": "facilities.lamps"})
    row = {"text": "x", "id": "1", "lon": "107.2", "lat": "26.5", "category": blank, "more": blank}
    assert mapping.body({**row, "地点": blank, "路段": "三号路"}) == {
        "source": "hotline",
        "category": "facilities.lamps",
        "description": "x",
        "location": {"lon": 107.2, "lat": 26.5, "address": "三号路"},
        "external_ref": "1",
    }
    assert "address" not in mapping.body({**row, "地点": blank, "路段": blank})["location"]


def test_tables_translate_and_refuse_what_they_do_not_know() -> None:
    tables = {"category": {"路灯": "facilities.lamps", "咨询": None}}
    mapping = made(map={"category": "类"}, tables=tables)
    assert body(mapping, text="x", 类="路灯")["category"] == "facilities.lamps"
    assert "category" not in body(mapping, text="x", 类="咨询")
    with pytest.raises(Unmappable, match="水电"):
        body(mapping, text="x", 类="水电")
    assert "category" not in body(made(map={"category": "类"}, tables={"category": {"*": None}}), text="x", 类="水电")


@pytest.mark.parametrize(
    ("layouts", "text", "instant"),
    [
        (["excel"], "45350.5", "2024-02-28T12:00:00+08:00"),
        (["%d.%m.%Y %H:%M"], "28.02.2024 11:25", "2024-02-28T11:25:00+08:00"),
        (["%d/%m/%Y"], "2024-02-28", "2024-02-28T00:00:00+08:00"),
        (["%d/%m/%Y %H:%M %z", "%d/%m/%Y %Z"], "28/02/2024 00:00 +0900", "2024-02-28T00:00:00+09:00"),
    ],
)
def test_layouts_of_times(layouts: list[str], text: str, instant: str) -> None:
    assert body(made(times=layouts), text="x", time=text)["occurred_at"] == instant


def test_a_zone_of_the_mapping_goes_before_the_tenants() -> None:
    assert body(made(timezone="UTC"), text="x", time="2024-02-28")["occurred_at"] == "2024-02-28T00:00:00+00:00"


def test_what_is_closed_elsewhere_is_left_out() -> None:
    row = {"service_request_id": "1", "requested_datetime": "2024-02-28T11:00:00Z", "service_name": "Noise"}
    with pytest.raises(Skipped, match="closed where it comes from"):
        made("open311").body({**row, "status_description": "Closed"})
    result = made("open311").body({**row, "status_description": "open", "agency_responsible": "DPW", "phone": "1"})
    assert result["category"] == "noise_and_fumes.noise"
    assert result["attributes"] == {"origin_status": "open", "origin_service": "Noise", "origin_agency": "DPW"}


def test_a_header_that_lacks_a_column_is_refused() -> None:
    made("open311").check(["service_request_id", "requested_datetime", "service_name", "lat", "long"], "a.csv")
    with pytest.raises(ImportRefused, match=r"external_ref from .service_request_id"):
        made("open311").check(["requested_datetime", "service_name", "lat", "long"], "a.csv")
    with pytest.raises(ImportRefused, match=r"category from .类"):
        made(map={"category": "类"}).check(["text", "address"], "a.csv")
    with pytest.raises(ImportRefused, match="where it is"):
        made().check(["text", "id"], "a.csv")


def test_what_a_header_lacks_is_told_in_both_languages() -> None:
    with pytest.raises(ImportRefused) as lacking:
        made(map={"category": ["类", "{大类}{小类}"]}).check(["text", "address"], "a.csv")
    assert lacking.value.said.zh == "a.csv 缺少列：category 应取自 {类} 或 {大类}{小类}。现有列：text、address。"
    assert str(lacking.value) == "a.csv lacks columns: category from {类} or {大类}{小类}. It has: text, address."
    with pytest.raises(ImportRefused) as placeless:
        made("hotline-12345", map={"location.address": "地点"}, optional=["location.address"]).check(
            ["工单编号", "来电时间", "诉求标题"], "a.csv"
        )
    assert "没有说明地点的列：location.lon 应取自 {经度}；" in placeless.value.said.zh


@pytest.mark.parametrize(
    ("text", "zh", "en"),
    [
        (
            "map: {nothing: x}",
            "映射有误：map.nothing.[key]：没有字段 nothing；可用字段：source、",
            "map.nothing.[key]: ",
        ),
        ("timezone: Mars", "映射有误：timezone：没有时区 Mars。", "there is no time zone Mars."),
        ("times: ['%Q']", "映射有误：times.0：无法按 %Q 读取时间。", "no time can be read as %Q."),
        ("header_row: 0", "映射有误：header_row：不得小于 1。", "The mapping is wrong: header_row: "),
        ("encoding: big5", "映射有误：encoding：应为以下之一：'auto', 'utf-8', 'gb18030'。", "encoding: "),
        ("extends: none", "映射的 extends 为 none，应为以下之一：hotline-12345、", "The mapping extends none, which "),
        ("none", "映射既不是 hotline-12345、open311、usual 之一，也不是", "The mapping is neither one of "),
        ("a: &a [*a]", "映射不是普通的 YAML（第 1 行第 8 列附近）：", "The mapping is no plain YAML: "),
    ],
)
def test_a_wrong_mapping_is_told_in_both_languages(text: str, zh: str, en: str) -> None:
    with pytest.raises(ImportRefused) as caught:
        parsed(text)
    assert zh in caught.value.said.zh
    assert en in str(caught.value)


@pytest.mark.parametrize(
    "bad",
    [
        {"map": {"colour": "x"}},
        {"map": {"description": "{a}" * 11}},
        {"timezone": "Mars"},
        {"times": ["%d%d"]},
        {"times": ["%Q"]},
        {"shape": 1},
        {"header_row": 0},
    ],
)
def test_a_wrong_mapping_is_one_clear_sentence(tmp_path: Path, bad: dict[str, Any]) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(json.dumps(bad))
    with pytest.raises(ImportRefused, match=r"mine[.]yaml is wrong: "):
        load(str(file))


@pytest.mark.parametrize("text", ["map: [", "extends: nothing", "- 1", "a: &a [*a]"])
def test_a_file_that_is_no_mapping_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(text)
    with pytest.raises(ImportRefused, match="mine"):
        load(str(file))


def test_a_mapping_that_stands_for_much_more_than_it_says_is_refused_at_once() -> None:
    levels = [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 7)]
    text = "\n".join(["set:", "  source: &a0 xxxxxxxxxx", *(f"  {each}" for each in levels)])
    tracemalloc.start()
    with pytest.raises(ImportRefused, match="an alias"):
        parsed(text)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 4 << 20


def test_a_mapping_that_does_not_exist_names_those_that_do() -> None:
    with pytest.raises(ImportRefused, match="hotline-12345, open311, usual"):
        load("none")
    with pytest.raises(ImportRefused, match="hotline-12345, open311, usual"):
        parsed("none")


def test_rows_without_a_reference_get_a_stable_one() -> None:
    rows = [{"text": "a"}, {"text": "b"}, {"text": "a"}]
    first, again = ([mapping.body(row)["external_ref"] for row in rows] for mapping in (made(), made()))
    assert first == again
    assert len(set(first)) == 3
