"""The page about closing, as it is printed."""

import asyncio
import json
from pathlib import Path
from typing import Any

from e2e.county import County
from e2e.people import People, body, eventually
from e2e.printed import ROOT, examples, prelude, run


async def test_the_walks_work_line_by_line_and_end_where_they_say(
    county: County, people: People, tmp_path: Path
) -> None:
    page = examples((ROOT / "docs" / "closing.md").read_text("utf-8"))
    printed = await asyncio.to_thread(run, county, prelude(county) + page, tmp_path)

    assert printed.count('"status":"verified"') >= 2
    assert '"claimed_by":"operator-demo"' in printed
    assert '"result":"车主已挪车"' in printed
    complaint = json.loads((tmp_path / "receipt.json").read_text())["id"]
    story = await people.ledger(complaint)
    assert (story["status"], story["round"], story["closing_version"]) == ("assigned", 2, 2)
    tasks = body(await people.a("operator").get(f"/ledger/v1/complaints/{complaint}/follow-ups"))["items"]
    assert [(task["kind"], task["state"], task["decision"]) for task in tasks] == [("review", "done", "reopen")]

    async def with_its_unit() -> dict[str, Any] | None:
        case = await people.assigned(complaint)
        return case if case["round"] == 2 else None

    case = await eventually(with_its_unit)
    assert (case["status"], case["explanation"]["rule"]) == ("assigned", "reopening")
