"""The walk of docs/categories.md, as it is printed."""

import asyncio
import json
from datetime import datetime, timedelta
from pathlib import Path

from e2e.county import County
from e2e.people import People
from e2e.printed import prelude, run, section


async def test_an_administrator_walks_from_a_file_to_a_promise(county: County, people: People, tmp_path: Path) -> None:
    printed = run(county, prelude(county) + section("docs/categories.md", "An administrator's walk"), tmp_path)

    decoder = json.JSONDecoder()
    answers, rest = [], printed.strip()
    while rest:
        answer, end = decoder.raw_decode(rest)
        answers.append(answer)
        rest = rest[end:].strip()
    tried, differs, published, snow, complaint, sheet, versions = answers
    assert tried["dry_run"]
    assert [(each["code"], each["change"]) for each in tried["changes"]] == [
        ("facilities.greenery", "changed"),
        ("snow", "added"),
    ]
    assert differs == tried["changes"]
    assert (published["version"], published["note"]) == (2, "冬季")
    assert snow["questions"][0]["stops"][0]["en"] == "For motorways ring 12122."
    assert (complaint["configuration_version"], complaint["category_name"]["zh"]) == (2, "积雪结冰")
    assert sheet["changes"] == []
    assert [each["version"] for each in versions["items"]] == [2, 1]
    await _promised(people, complaint["id"], timedelta(hours=6))


async def _promised(people: People, complaint: str, budget: timedelta) -> None:
    """Wait until the clock of the case goes by the new limit."""
    async with asyncio.timeout(30):
        while True:
            case = (await people.a("dispatcher").get(f"/dispatch/v1/cases/{complaint}")).json()
            promised, begun = (datetime.fromisoformat(case[name]) for name in ("promised_at", "assigned_at"))
            if abs(promised - begun - budget) < timedelta(seconds=5):
                return
            await asyncio.sleep(0.5)
