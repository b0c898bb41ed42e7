"""The walk of docs/search.md, as it is printed."""

import asyncio
import json
from pathlib import Path

import openpyxl

from e2e.county import County
from e2e.printed import prelude, run, section

WAIT = """
for _ in $(seq 200); do
  curl -sS -G $URL/intake/v1/complaints -H "$(as operator)" --data-urlencode 'q=麻雀巷' | grep -q excerpt && break
  sleep 0.1
done
"""
"""A machine that is busy needs more than the two seconds that the document waits."""


async def test_an_operator_finds_what_they_took(county: County, tmp_path: Path) -> None:
    walk = section("docs/search.md", "A walk").replace("sleep 2\n", WAIT)
    printed = await asyncio.to_thread(run, county, prelude(county) + walk, tmp_path)

    receipt = json.loads((tmp_path / "receipt.json").read_text("utf-8"))
    assert printed.count(receipt["id"]) >= 4
    assert '"marks":[[0,3],[9,11]]' in printed
    assert '"more":false' in printed
    mapped = json.loads((tmp_path / "map.geojson").read_text("utf-8"))
    assert receipt["id"] in [each["id"] for each in mapped["features"]]
    sheet = openpyxl.load_workbook(tmp_path / "complaints.xlsx").active
    assert sheet["A1"].value == "诉求清单"
    assert receipt["number"] in [row[0].value for row in sheet.iter_rows()]
    assert '"phone":"…4321"' in printed
    assert '"kind":"export"' in printed


async def test_a_file_is_made_in_the_background(county: County, tmp_path: Path) -> None:
    taken = section("docs/search.md", "A walk").partition("sleep 2\n")[0]
    asked = section("docs/search.md", "Files")
    printed = await asyncio.to_thread(run, county, prelude(county) + taken + asked, tmp_path)
    receipt = json.loads((tmp_path / "receipt.json").read_text("utf-8"))
    assert receipt["number"] in (tmp_path / "complaints.csv").read_text("utf-8-sig")
    assert '"format":"csv","filters":{"status":["open"],"category":["street_order"]},"reporters":false' in printed
