"""The page about classified ledgers, as it is printed."""

import asyncio
from pathlib import Path

import openpyxl

from e2e.county import County
from e2e.people import People, body
from e2e.printed import ROOT, examples, prelude, run


async def test_the_page_works_line_by_line(county: County, people: People, tmp_path: Path) -> None:
    page = examples((ROOT / "docs" / "ledgers.md").read_text("utf-8"))
    printed = await asyncio.to_thread(run, county, prelude(county) + page, tmp_path)

    assert '"name":"parking"' in printed
    [sheet] = openpyxl.load_workbook(tmp_path / "activities.xlsx").worksheets
    assert sheet["A1"].value == "活动台账"
    assert sheet["A2"].value == "统计期间：2024-01-01 至 2024-10-14（按活动时间）"
    lines = [row[0].value for row in sheet.iter_rows()]
    assert any(str(line).startswith("小计 清理小广告") for line in lines), lines[-12:]
    written = (tmp_path / "activities.csv").read_bytes()
    assert written.startswith(b"\xef\xbb\xbf")
    entries = body(await people.a("analyst").get("/ledger/v1/entries?type=export.made"))["items"]
    told = {(each["actor"], each["data"]["format"]): each["data"]["lines"] for each in entries}
    assert told["analyst-demo", "csv"] == written.count(b"\n") - 1
    assert told["supervisor-demo", "xlsx"] > 0
