"""The walk of docs/reporting.md, as it is printed."""

import asyncio
from datetime import datetime
from pathlib import Path
from typing import Any

from e2e.county import County
from e2e.people import People, body, eventually
from e2e.printed import prelude, run, section

WAIT = """
for _ in $(seq 100); do
  curl -sS -f -o seen.json $URL/dispatch/v1/cases/{case} -H "$(as officer)" 2> not-yet.txt && break
  sleep 0.1
done
"""
"""A machine that is busy needs more than the second that the document speaks of."""


async def test_reports_of_many_sources(county: County, people: People, tmp_path: Path) -> None:
    first, second, third = section("docs/reporting.md", "A walk").split("sleep 1\n", 2)
    waits = [WAIT.replace("{case}", case) for case in ("$ORDERED", "$ADDRESS")]
    ids = 'echo; echo "$HELP $CALL $SENSED $ORDERED $ADDRESS $BY"'
    script = f"{prelude(county)}{first}{waits[0]}{second}{waits[1]}{third}\n{ids}"
    printed = await asyncio.to_thread(run, county, script, tmp_path)
    *complaints, by = printed.split()[-6:]
    helped, call, sensed, ordered, address = complaints

    citizen, supervisor = people.a("citizen"), people.a("supervisor")
    assert body(await citizen.get(f"/intake/v1/complaints/{helped}"))["kind"] == "help"
    assert "王先生" not in printed
    assert body(await supervisor.get(f"/intake/v1/complaints/{call}"))["reporter"]["name"] == "王先生"
    view = body(await people.a("partner").get(f"/intake/v1/complaints/{sensed}"))
    assert (view["device"]["confidence"], view["proactive"]) == (0.93, True)
    case = body(await supervisor.get(f"/dispatch/v1/cases/{ordered}"))
    assert datetime.fromisoformat(case["promised_at"]) == datetime.fromisoformat(by)

    async def placed() -> Any:
        case = body(await supervisor.get(f"/dispatch/v1/cases/{address}"))
        story = body(await supervisor.get(f"/ledger/v1/complaints/{address}"))
        types = [each["type"] for each in story["timeline"]]
        return (case, story) if types.count("complaint.assigned") == 2 else None

    case, story = await eventually(placed)
    assert case["team"] != "duty-desk"
    assert story["community"] == case["community"] is not None
    types = [each["type"].removeprefix("complaint.") for each in story["timeline"]]
    assert types == ["received", "assigned", "located", "assigned"]

    async def outside() -> bool:
        far = {"lon": 116.4, "lat": 39.9, "crs": "WGS84"}
        given = {"source": "resident_app", "description": "很远的地方", "location": far}
        filed = body(await citizen.post("/intake/v1/complaints", json=given))
        return bool(body(await citizen.get(f"/intake/v1/complaints/{filed['id']}"))["outside_area"])

    assert await eventually(outside)
