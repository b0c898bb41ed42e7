"""The page about statistics, as it is printed, on a county where one complaint has been handled."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from e2e.county import County
from e2e.people import People, body, eventually
from e2e.printed import ROOT, documents, examples, prelude, run

pytestmark = pytest.mark.own_county

RESULT = {"handling_mode": "guidance", "result": "已劝离"}


async def test_the_page_works_line_by_line(county: County, people: People, tmp_path: Path) -> None:
    complaint = (await people.report())["id"]
    await people.assigned(complaint)
    for action, content in (("accept", None), ("start", None), ("resolve", RESULT)):
        assert (await people.case(complaint, action, content)).is_success
    today = (datetime.now(UTC) + timedelta(hours=8)).date()

    async def handled() -> Any:
        path = f"/ledger/v1/statistics/indicators?from={today}&to={today}"
        [row] = body(await people.a("analyst").get(path))["rows"]
        return row["counts"]["in_time"] or None

    assert await eventually(handled) == 1
    page = examples((ROOT / "docs" / "statistics.md").read_text("utf-8"))
    printed = await asyncio.to_thread(run, county, prelude(county) + page, tmp_path)

    by_community, _, ranking, *_, yesterday, changed, history = documents(printed)
    assert [row["counts"]["received"] for row in by_community["rows"]] == [1]
    assert [(place["rank"], place["sample"]) for place in ranking["rows"]] == [(1, 1)]
    assert yesterday["rows"][0]["counts"]["received"] == 0
    assert (changed["version"], [each["version"] for each in history["items"]]) == (1, [1])
    lines = (tmp_path / "teams.csv").read_text("utf-8-sig").splitlines()
    assert lines[0].startswith("队伍,受理数,应结案数,结案率,结案率 样本数")
    assert len(lines) == 2
