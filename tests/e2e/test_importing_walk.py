"""The walk of docs/importing.md, as it is printed, and a hotline's workbook."""

import asyncio
import csv
from datetime import datetime
from pathlib import Path
from typing import Any

import openpyxl

from e2e.county import County
from e2e.people import People, body
from e2e.printed import prelude, run, section
from e2e.test_import import counted, run_import

COMPLAINTS = "SELECT count(*) FROM complaint"


def told(county: County, file: str, which: str = "rejected") -> list[dict[str, str]]:
    with (county.directory / f"{file}.{which}.csv").open(encoding="utf-8-sig", newline="") as lines:
        return list(csv.DictReader(lines))


async def found(people: People, external_ref: str) -> list[dict[str, Any]]:
    answer = await people.a("operator").get("/intake/v1/complaints", params={"external_ref": external_ref})
    items: list[dict[str, Any]] = body(answer)["items"]
    return items


async def test_the_walk(county: County, people: People, tmp_path: Path) -> None:
    printed = run(county, prelude(county) + section("docs/importing.md", "A walk"), tmp_path)
    over_rest = run(county, prelude(county) + section("docs/importing.md", "Over REST"), tmp_path)
    assert '"accepted":1' in over_rest
    assert "3,R-2," in over_rest
    assert "would be created" in printed
    assert "3,2024-0002,status_description,,not imported: 在来源系统已办结 closed where it comes from" in printed
    assert "4,2024-0003,requested_datetime,occurred_at,'yesterday' is not a time" in printed
    assert "5,2024-0004,lat,location.lat," in printed
    assert [len(await found(people, f"2024-000{n}")) for n in range(1, 5)] == [1, 0, 1, 1]
    (lamp,) = await found(people, "B-1")
    assert (lamp["category"], lamp["source"]) == ("facilities.lamps", "grid_patrol")
    assert lamp["occurred_at"] == "2024-02-28T12:15:00Z"
    assert lamp["location"]["given"]["crs"] == "GCJ02"
    assert lamp["attributes"] == {"origin_status": "处置中"}


async def test_a_hotlines_workbook_is_imported_once(county: County, people: People) -> None:
    book = openpyxl.Workbook()
    headings = [
        "工单编号",
        "来电时间",
        "来电人",
        "联系电话",
        "诉求类型",
        "诉求标题",
        "诉求内容",
        "事发地址",
        "经度",
        "纬度",
    ]
    book.active.append([*headings, "诉求分类", "工单状态"])
    moment = datetime(2024, 2, 28, 11, 25)  # noqa: DTZ001 - cells have no zone
    place = ["福来社区三号路", 107.2391, 26.5774]
    for number, text, state in [("W1", "路灯不亮", "处理中"), ("W2", "=1+1", "处理中"), ("W3", "已修好", "已办结")]:
        row = [number, moment, "王某", "13800000000", "投诉", text, "三号杆", *place, "路灯", state]
        book.active.append(row)
    book.save(county.directory / "orders.xlsx")
    before = await counted(county, "intake", COMPLAINTS)
    code, output = await run_import(county, county.directory / "orders.xlsx", "--mapping", "hotline-12345", "--dry-run")
    assert code == 2, output
    assert await counted(county, "intake", COMPLAINTS) == before
    for _ in range(2):
        code, output = await run_import(county, county.directory / "orders.xlsx", "--mapping", "hotline-12345")
        assert code == 2, output
        assert [(line["row"], line["column"]) for line in told(county, "orders.xlsx")] == [
            ("3", "诉求标题"),
            ("4", "工单状态"),
        ]
        assert await counted(county, "intake", COMPLAINTS) == before + 1
    (order,) = await found(people, "W1")
    assert order["category"] == "facilities.lamps"
    assert order["reporter"]["phone"] == "13800000000"
    assert order["occurred_at"] == "2024-02-28T03:25:00Z"
    assert order["kind"] == "complaint"
    assert order["attributes"]["origin_kind"] == "投诉"


async def test_rows_of_a_station_that_nobody_knows_are_imported_and_told(county: County, people: People) -> None:
    stations = "SELECT count(*) FROM known_place WHERE kind <> 'post'"
    for _ in range(600):
        if await counted(county, "intake", stations):
            break
        await asyncio.sleep(0.1)
    (county.directory / "desk.csv").write_text("id,text,address,station\nS-1,占道,麦溪路,nowhere-1\nS-2,占道,麦溪路,\n")
    options = ("--map", "station=station", "--set", "source=liaison_station")
    for more in (("--dry-run",), ()):
        code, output = await run_import(county, county.directory / "desk.csv", *options, *more)
        assert code == 0, output
        [line] = told(county, "desk.csv", "warnings")
        assert (line["row"], line["external_ref"], line["column"]) == ("2", "S-1", "station")
        assert "There is no station with the code nowhere-1" in line["problem"]
    assert len(await found(people, "S-1")) == 1


async def test_a_mapping_with_a_missing_column_imports_nothing(county: County) -> None:
    before = await counted(county, "intake", COMPLAINTS)
    (county.directory / "short.csv").write_text(
        "requested_datetime,service_name,lat,long\n2024-01-01,Noise,26.5,107.2\n"
    )
    code, output = await run_import(county, county.directory / "short.csv", "--mapping", "open311")
    assert code == 1
    assert "lacks columns: external_ref from {service_request_id}" in " ".join(output.split())
    assert await counted(county, "intake", COMPLAINTS) == before
