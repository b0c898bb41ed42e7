"""The page about the live view, as it is printed, with a team on duty."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from e2e.county import County
from e2e.people import CENTRE, People, body, eventually
from e2e.printed import ROOT, examples, prelude, run

pytestmark = pytest.mark.own_county

HERE = {"lon": CENTRE["lon"], "lat": CENTRE["lat"]}


async def on_duty(people: People) -> None:
    """Plan a duty that has begun for one of a team, and clock them in."""
    begins = datetime.now(UTC) + timedelta(hours=7)  # an hour ago by the county's clock
    hours = {"name": "临时", "begins": f"{begins:%H:%M}", "ends": f"{begins + timedelta(hours=8):%H:%M}"}
    body(await people.a("admin").put("/dispatch/v1/shifts/now", json=hours))
    duty = {"day": str(begins.date()), "shift": "now", "subject": "officer-demo"}
    days = f"from={begins.date()}&to={begins.date()}"
    body(await people.a("dispatcher").put(f"/dispatch/v1/rosters/team-08?{days}", json={"duties": [duty]}))
    body(await people.a("officer").post("/dispatch/v1/attendance", json={"way": "in", "position": HERE}))


async def test_the_page_works_line_by_line_on_what_other_services_tell(
    county: County, people: People, tmp_path: Path
) -> None:
    await on_duty(people)
    complaint = {"source": "resident_app", "category": "street_order.parking", "description": "盲道停满了车"}
    body(await people.a("citizen").post("/intake/v1/complaints", json={**complaint, "location": HERE}))

    async def told() -> Any:
        seen = body(await people.a("analyst").get("/ledger/v1/overview"))
        return seen if seen["flow"]["assigned"] and seen["duty"]["on_duty"] else None

    seen = await eventually(told)
    page = examples((ROOT / "docs" / "live.md").read_text("utf-8"))
    printed = await asyncio.to_thread(run, county, prelude(county) + page, tmp_path)

    assert seen["open"]["lights"]["green"] == 1
    [team] = [each for each in seen["teams"] if each["on_duty"]]
    assert (team["team"], team["planned"]) == ("team-08", 1)
    assert len(seen["communities"]) == 15
    assert all(each["community"]["name"] for each in seen["communities"])
    assert "event: complaint.assigned" in (tmp_path / "events.txt").read_text("utf-8")
    [case] = json.loads((tmp_path / "map.geojson").read_text("utf-8"))["features"]
    assert (case["properties"]["light"], case["properties"]["team"]["code"]) == ("green", "team-08")
    assert printed.count("retry: 2000") == 2
