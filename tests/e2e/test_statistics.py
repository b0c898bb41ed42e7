"""The page about statistics, as it is printed, on a county where one complaint has been handled."""

import asyncio
import json
from pathlib import Path
from typing import Any

from e2e.county import County
from e2e.people import People, body, eventually
from e2e.printed import ROOT, examples, prelude, run

RESULT = {"handling_mode": "guidance", "result": "已劝离"}


async def test_the_page_works_line_by_line(county: County, people: People, tmp_path: Path) -> None:
    complaint = (await people.report())["id"]
    await people.assigned(complaint)
    for action, content in (("accept", None), ("start", None), ("resolve", RESULT)):
        assert (await people.case(complaint, action, content)).is_success

    async def handled() -> Any:
        query = "from=2026-01-01&to=2099-12-31".replace("2099", "2030")
        [row] = body(await people.a("analyst").get(f"/ledger/v1/statistics/indicators?{query}"))["rows"]
        return row["counts"] if row["counts"]["in_time"] else None

    counts = await eventually(handled)
    page = examples((ROOT / "docs" / "statistics.md").read_text("utf-8"))
    printed = await asyncio.to_thread(run, county, prelude(county) + page, tmp_path)

    assert (counts["received"], counts["in_time"], counts["missed"]) == (1, 1, 0)
    answers = [json.loads(line) for line in printed.splitlines() if line.startswith("{")] or [
        json.loads(printed[printed.index("{") :])
    ]
    assert answers
    table = (tmp_path / "teams.csv").read_text("utf-8-sig").splitlines()
    assert table[0].startswith("队伍,受理数,应结案数,结案率,结案率 样本数")
    assert len(table) == 2
